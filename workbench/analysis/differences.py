"""Where a text differs from one that is nearly the same."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

WORD = re.compile(r"\w+|[^\w\s]")
MOST_WORDS = 400  # beyond, comparing takes too long for a page


def new_stretches(first: str, other: str) -> list[tuple[int, int]]:
    """Return the stretches of `other` (characters, [start, end)) whose words do not stand in `first` there.

    Case does not count. Of a long text only the first words are compared.

    >>> new_stretches("My parcel is late", "My big parcel is late, please")
    [(3, 6), (21, 29)]
    """
    words = [list(WORD.finditer(text))[:MOST_WORDS] for text in (first, other)]
    said = [[word[0].casefold() for word in found] for found in words]
    matcher = SequenceMatcher(None, said[0], said[1], autojunk=False)
    return [
        (words[1][start].start(), words[1][end - 1].end())
        for kind, _, _, start, end in matcher.get_opcodes()
        if kind in ("replace", "insert")
    ]
