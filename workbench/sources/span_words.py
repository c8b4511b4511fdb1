"""Words that carry spans: cut where a span begins or ends, so that tags can say every span exactly."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from workbench.domain.spans import Span
from workbench.sources.iob_schemes import Entity


class Word(NamedTuple):
    """The characters [start, end) and the number of the word they were cut from."""

    start: int
    end: int
    origin: int


def whole_words(text: str, bounds: Iterable[tuple[int, int]], breakers: re.Pattern[str]) -> list[Word]:
    """Return words of these bounds without the characters that a token cannot hold."""
    words = []
    for number, (start, end) in enumerate(bounds):
        place = start
        for found in breakers.finditer(text, start, end):
            if found.start() > place:
                words.append(Word(place, found.start(), number))
            place = found.end()
        if end > place:
            words.append(Word(place, end, number))
    return words


def without_overlaps(spans: Iterable[Span]) -> tuple[list[Span], list[Span]]:
    """Part spans into those to keep, in order, and those that overlap a longer one.

    Of two equally long spans the one that begins first stays, then the first label in order.
    """
    kept: list[Span] = []
    dropped: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start, s.label)):
        place = bisect_left(kept, span)
        neighbours = kept[max(place - 1, 0) : place + 1]
        if any(span.overlaps(other) for other in neighbours):
            dropped.append(span)
        else:
            kept.insert(place, span)
    return kept, dropped


def trimmed(span: Span, words: Sequence[Word]) -> Span | None:
    """Return the span without the characters at its ends that belong to no word; None when nothing is left."""
    first = bisect_left(words, span.start, key=lambda word: word.end - 1)
    last = bisect_left(words, span.end, key=lambda word: word.start) - 1
    if first > last:
        return None
    start, end = max(span.start, words[first].start), min(span.end, words[last].end)
    return Span(start, end, span.label, span.covered[start - span.start : end - span.start])


def cut_words(words: Sequence[Word], spans: Sequence[Span]) -> tuple[list[Word], set[int]]:
    """Cut words at the bounds of spans; return the pieces and where a cut was needed."""
    bounds = sorted({bound for span in spans for bound in (span.start, span.end)})
    pieces: list[Word] = []
    made: set[int] = set()
    for word in words:
        start = word.start
        for bound in bounds[bisect_left(bounds, word.start + 1) : bisect_left(bounds, word.end)]:
            pieces.append(Word(start, bound, word.origin))
            made.add(bound)
            start = bound
        pieces.append(Word(start, word.end, word.origin))
    return pieces, made


def entities_under(words: Sequence[Word], spans: Iterable[Span]) -> list[Entity]:
    """Return spans as ranges of words; every bound of a span must be a bound of a word."""
    first = {word.start: number for number, word in enumerate(words)}
    end = {word.end: number + 1 for number, word in enumerate(words)}
    return [Entity(first[span.start], end[span.end], span.label) for span in spans]
