"""The entities of a document as tags of words; what tags cannot say is a loss."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.errors import InputError, Problem
from workbench.sources.answers import Losses
from workbench.sources.columns import DOCSTART
from workbench.sources.iob_schemes import parse_tag, tags_of
from workbench.sources.span_words import (
    Word,
    cut_words,
    entities_under,
    trimmed,
    whole_words,
    without_overlaps,
)

SPACE = re.compile(" ")
NO_TOKEN = {"\t": re.compile(r"[\t\r\n]"), " ": re.compile(r"[ \t\r\n]")}


@dataclass(frozen=True, slots=True)
class TaggedWords:
    """The words of one document, cut so that its spans begin and end with them, and their tags.

    `is_changed` tells that a word was cut, or that a span was shortened or left out.
    """

    words: list[Word]
    tokens: list[str]
    tags: list[str]
    is_changed: bool


class SpanFitter:
    """Fits spans to words for a file with this separator and tagging scheme; `losses` hears what is lost."""

    def __init__(self, losses: Losses, separator: str, scheme: str) -> None:
        self._losses = losses
        self._report = losses.report
        self._separator = separator
        self._scheme = scheme

    def fit(
        self, document: Document, bounds: Sequence[tuple[int, int]], spans: Sequence[Span]
    ) -> TaggedWords:
        """Return the words of these bounds, cut where a span begins or ends inside one, with their tags."""
        text = document.text
        words = whole_words(text, bounds, NO_TOKEN[self._separator])
        words = list(parted_at_spaces(words, spans, text))
        exact, shortened = self._inside(document, words, self._sayable(document, spans))
        pieces, cuts = cut_words(words, [*exact, *shortened])
        pieces = [piece for word in pieces for piece in without_docstart(word, text)]
        n_cut = sum(1 for span in exact if {span.start, span.end} & cuts)
        if n_cut:
            self._report.warn("words cut at the bounds of a span", n_cut)
        entities = entities_under(pieces, [*exact, *shortened])
        self._report.counts.update(tokens=len(pieces), entities=len(entities))
        tokens = [text[word.start : word.end] for word in pieces]
        tags = tags_of(entities, len(pieces), self._scheme)
        return TaggedWords(pieces, tokens, tags, n_cut > 0 or len(exact) < len(spans))

    def _sayable(self, document: Document, spans: Sequence[Span]) -> Iterator[Span]:
        """Yield the spans whose labels a tag can hold and that do not overlap a longer one."""
        said, overlapping = without_overlaps(spans)
        for span in overlapping:
            message = f"The span [{span.start}, {span.end}) '{span.label}' overlaps a longer one."
            self._losses.leave_out(Problem("overlap", message, record=document.id))
        for span in said:
            if self._can_be_tag(span.label):
                yield span
            else:
                message = f"The label {span.label[:80]!r} cannot be part of a tag in this file."
                self._losses.leave_out(Problem("label", message, record=document.id))

    def _can_be_tag(self, label: str) -> bool:
        try:
            return parse_tag(f"B-{label}").label == label and self._separator not in label
        except InputError:
            return False

    def _inside(
        self, document: Document, words: Sequence[Word], spans: Iterator[Span]
    ) -> tuple[list[Span], list[Span]]:
        """Part spans into those that begin and end inside words and those that had to lose white space."""
        exact: list[Span] = []
        shortened: list[Span] = []
        for span in spans:
            core = trimmed(span, words)
            if core == span:
                exact.append(span)
                continue
            message = f"The span [{span.start}, {span.end}) begins or ends with white space."
            problem = Problem("white-space", message, record=document.id)
            if core is None:
                self._losses.leave_out(problem)
            else:
                self._losses.change(problem, "white space at the ends of spans left out")
                shortened.append(core)
        return exact, shortened


def parted_at_spaces(words: Sequence[Word], spans: Sequence[Span], text: str) -> Iterator[Word]:
    """Yield the words; one with a space at an end, or where a span begins or ends inside it, in parts.

    A piece with a space at an end would be read as a row of mixed separators.
    """
    cuts = sorted({bound for span in spans for bound in (span.start, span.end)})
    for word in words:
        is_cut = bisect_right(cuts, word.start) < bisect_left(cuts, word.end)
        if is_cut or " " in (text[word.start], text[word.end - 1]):
            parts = whole_words(text, [(word.start, word.end)], SPACE)
            yield from (Word(part.start, part.end, word.origin) for part in parts)
        else:
            yield word


def without_docstart(word: Word, text: str) -> Iterator[Word]:
    """Yield the word, or two pieces of it when its line would be read as a -DOCSTART- line."""
    if text[word.start : word.end] == DOCSTART:
        yield Word(word.start, word.start + 1, word.origin)
        yield Word(word.start + 1, word.end, word.origin)
    else:
        yield word
