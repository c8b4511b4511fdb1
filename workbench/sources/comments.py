"""The two comments that carry a document: `# id = …` and `# text = …`.

A value is written as it is, unless a reader could not tell it from the line around it: one that begins
with a quotation mark, has white space at an end, or holds a tab, a line break or another control
character is written as a JSON string. A quoted value is read as such a string, except a text whose
tokens spell out the quotation marks as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

VALUE = re.compile(r"#[ \t]*(id|text)[ \t]*=[ \t]?(.*)", re.DOTALL)
PLAIN = re.compile(r'(?!["\s])[^\x00-\x1f\x7f]*(?<!\s)')


def comment(name: str, value: str) -> str:
    """Return the comment line that carries a value.

    >>> comment("text", "two\\nlines")
    '# text = "two\\\\nlines"'
    """
    written = value if PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return f"# {name} = {written}"


def values_in(comments: Iterable[str]) -> dict[str, list[str]]:
    """Return the values, as written, of the comments that carry `id` and `text`."""
    found: dict[str, list[str]] = {}
    for line in comments:
        match = VALUE.fullmatch(line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def unquoted(written: str) -> str:
    """Return what a value says: a JSON string is read, anything else stands for itself."""
    if len(written) > 1 and written[0] == written[-1] == '"':
        try:
            value = json.loads(written)
        except ValueError:
            return written
        return value if isinstance(value, str) and value else written
    return written


def text_with_tokens(written: str, tokens: list[str]) -> tuple[str, list[int]] | None:
    """Return the text that a value says and the flat bounds of the tokens in it.

    None when the tokens cannot be found in it, in order, with white space alone between them.
    """
    said = unquoted(written)
    if said != written and sum(map(len, tokens)) == len(re.sub(r"\s", "", written)):
        said = written
    bounds = bounds_of(said, tokens)
    return None if bounds is None else (said, bounds)


def bounds_of(text: str, tokens: list[str]) -> list[int] | None:
    """Return where the tokens stand in the text as flat bounds, or None: see `text_with_tokens`."""
    bounds: list[int] = []
    place = 0
    for token in tokens:
        # The gap is looked at after the token was found: a failed search ends it all, so this is linear.
        start = text.find(token, place)
        if start < 0 or (start > place and not text[place:start].isspace()):
            return None
        place = start + len(token)
        bounds += (start, place)
    return bounds if not text[place:].strip() else None
