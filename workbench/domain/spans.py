"""Spans of text: Unicode code points, `[start, end)`, with the covered slice kept beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled stretch of a text; `text[start:end] == covered` holds for the text it belongs to."""

    start: int
    end: int
    label: str
    covered: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InputError(f"A span must have 0 <= start < end, not [{self.start}, {self.end}).")
        if len(self.covered) != self.end - self.start:
            raise InputError(
                f"The span [{self.start}, {self.end}) covers {self.end - self.start} characters, "
                f"but its text {self.covered!r} has {len(self.covered)}."
            )

    @classmethod
    def of(cls, text: str, start: int, end: int, label: str) -> Span:
        """Cut a span out of `text`. Raises InputError when it does not lie inside the text."""
        if end > len(text):
            raise InputError(f"The span [{start}, {end}) ends behind the text ({len(text)} characters).")
        return cls(start, end, label, text[start:end])

    def fits(self, text: str) -> bool:
        """Tell whether the text still says what it said when the span was made."""
        return text[self.start : self.end] == self.covered

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share a character."""
        return self.start < other.end and other.start < self.end


def first_overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Return the first pair (by start) of spans that share a character, or None.

    >>> first_overlap([Span(0, 3, "A", "abc"), Span(3, 4, "A", "d")]) is None
    True
    """
    last: Span | None = None
    for span in sorted(spans):
        if last is not None and span.start < last.end:
            return last, span
        if last is None or span.end > last.end:
            last = span
    return None
