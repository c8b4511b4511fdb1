"""Offsets that others counted: as code points, and as JavaScript counts when those do not fit."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from itertools import accumulate
from typing import Any, NamedTuple

JOINER = "\u200d"
SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
REGIONAL = ("\U0001f1e6", "\U0001f1ff")
MOST_FLAGS = 200  # halves of flags that are counted back, so that a text of flags costs no minutes


class Bounds(NamedTuple):
    """A stretch `[start, end)` in code points; `converted` when it was counted in UTF-16 units."""

    start: int
    end: int
    converted: bool = False


class CountedText:
    """A text, and its offsets in UTF-16 units, which are worked out when they are first needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._units: list[int] | None = None

    def from_utf16(self, offset: int) -> int | None:
        """Return the code point that begins at a UTF-16 offset, None inside a pair or behind the text."""
        if self._units is None:
            self._units = [0, *accumulate(1 + (character > "\uffff") for character in self.text)]
        place = bisect_left(self._units, offset)
        return place if place < len(self._units) and self._units[place] == offset else None

    def bounds(self, start: int, end: int, said: str | None) -> Bounds | str:
        """Return where the span `[start, end)` lies, or say why it lies nowhere.

        `said` is the text that the region itself gives, None when it gives none. It decides: when the
        slice in code points is another one, but that in UTF-16 units is the same, those were meant.
        Label Studio's page writes each carriage return and line feed of a span as a backslash and an n.
        """
        if not 0 <= start < end:
            return f"start {start} and end {end} are no stretch of text"
        found = self.text[start:end] if end <= len(self.text) else None
        if found is not None and (said is None or _page_writes(said, found)):
            return Bounds(start, end)
        if said is not None:
            first, last = self.from_utf16(start), self.from_utf16(end)
            if first is not None and last is not None and _page_writes(said, self.text[first:last]):
                return Bounds(first, last, converted=True)
        if found is None:
            return f"it ends at {end}, behind the text ({len(self.text)} characters)"
        splits = [at for at in (start, end) if self.from_utf16(at) is None and at <= _utf16_length(self.text)]
        pair = f"; in UTF-16 units {splits[0]} splits a surrogate pair" if splits else ""
        return f"it says {_short(said)}, but [{start}, {end}) of the text is {_short(found)}{pair}"


def _page_writes(said: str, text: str) -> bool:
    """Tell whether a region's text stands for a stretch of the document."""
    return said == text or said == text.replace("\r", "\\n").replace("\n", "\\n")


def _utf16_length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _short(text: str | None) -> str:
    return repr(text) if text is None or len(text) <= 80 else f"{text[:80]!r}…"


def whole_number(value: Any) -> int | None:
    """Return an offset: an integer or an integral float, None for anything else (also True and "3")."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


def splits_grapheme(text: str, place: int) -> bool:
    """Tell whether what people see as one character lies on both sides of a place.

    Combining marks, joined emoji, skin tones, flags and CR LF are known.
    """
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before + after == "\r\n" or JOINER in (before, after):
        return True
    if unicodedata.category(after).startswith("M") or SKIN_TONES[0] <= after <= SKIN_TONES[1]:
        return True
    n_flags = 0
    while n_flags < min(place, MOST_FLAGS) and REGIONAL[0] <= text[place - 1 - n_flags] <= REGIONAL[1]:
        n_flags += 1
    return REGIONAL[0] <= after <= REGIONAL[1] and n_flags % 2 == 1
