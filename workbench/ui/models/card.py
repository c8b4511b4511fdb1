"""A model card as HTML: the few signs of Markdown that cards are written in, everything else is text.

Cards hold names of labels, which are foreign text: as Markdown they could show pictures of other hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

CODE = re.compile(r"`([^`]+)`")
RULE = re.compile(r"\|[-| :]+\|")


def card_html(text: str) -> Markup:
    """Return the HTML of a card: headings, lists, tables, code and paragraphs.

    >>> str(card_html("# A <b>"))
    '<div class="wb-card-of-model"><h4>A &lt;b&gt;</h4></div>'
    """
    blocks = groupby(text.splitlines(), key=_kind)
    parts = [_block(kind, list(lines)) for kind, lines in blocks]
    return Markup('<div class="wb-card-of-model">{}</div>').format(Markup("").join(parts))


def _kind(line: str) -> str:
    if not line.strip():
        return "nothing"
    for start, kind in (("#", "heading"), ("    ", "code"), ("- ", "list"), ("|", "table"), ("  ", "list")):
        if line.startswith(start):
            return kind
    return "text"


def _block(kind: str, lines: list[str]) -> Markup:
    if kind == "heading":
        return Markup("").join(Markup("<h4>{}</h4>").format(line.lstrip("# ")) for line in lines)
    if kind == "code":
        return Markup("<pre>{}</pre>").format("\n".join(line[4:] for line in lines))
    if kind == "list":
        items = Markup("").join(Markup("<li>{}</li>").format(_inline(item)) for item in _items(lines))
        return Markup("<ul>{}</ul>").format(items)
    if kind == "table":
        return _table(lines)
    return Markup("<p>{}</p>").format(_inline(" ".join(lines))) if kind == "text" else Markup("")


def _items(lines: list[str]) -> Iterator[str]:
    """Yield the items of a list; a line that is set in goes on with the one before."""
    item = ""
    for line in lines:
        if line.startswith("- ") and item:
            yield item
            item = ""
        item = f"{item} {line.removeprefix('- ').strip()}".strip()
    yield item


def _table(lines: list[str]) -> Markup:
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if not RULE.fullmatch(line)]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(cell) for cell in rows[0])
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row))
        for row in rows[1:]
    )
    return Markup(
        '<table class="wb-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(head, body)


def _inline(text: str) -> Markup:
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped before)
