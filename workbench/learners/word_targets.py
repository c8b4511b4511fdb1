"""What each word of an answered text is taught, for every learner of spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.domain.annotations import Scope
from workbench.domain.arrays import Offsets
from workbench.domain.decoding import tags_from_spans, unaligned_spans, words_under
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import InputError, NotEnoughDataError, UnknownNameError


def word_tags(words: Offsets, spans: Sequence[Span]) -> tuple[list[str], Counter[str]]:
    """Return the IOB2 tag of each word, and how often spans could not be said exactly.

    A span is taught as the words it shares a character with (`adjusted_spans` are those whose bounds
    are no word bounds). Of spans that share a word the longer one is taught, at equal length the
    first (`overlapping_spans` counts the others); a span without a word cannot be taught
    (`spans_without_words`).
    """
    counts = Counter(spans=len(spans))
    taken: set[int] = set()
    taught: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start - span.end, span)):
        covered = set(words_under(words, span))
        if not covered:
            counts["spans_without_words"] += 1
        elif covered & taken:
            counts["overlapping_spans"] += 1
        else:
            taken |= covered
            taught.append(span)
    counts["adjusted_spans"] = len(unaligned_spans(words, taught))
    return tags_from_spans(words, taught), counts


def in_scope(words: Offsets, scope: Scope | None) -> Any:
    """Return for each word `(k,)` bool whether it was asked about: it shares a character with the scope."""
    if scope is None:
        return np.ones(len(words), dtype=bool)
    inside = np.zeros(len(words), dtype=bool)
    for start, end in scope:
        inside |= (words[:, 0] < end) & (words[:, 1] > start)
    return inside


def check_spans(question: Question, examples: Sequence[Example]) -> None:
    """Raise before anything expensive begins: NotEnoughDataError when no example has a span, else as `check_labels`."""
    check_labels(question, examples)
    if not any(example.spans for example in examples):
        raise NotEnoughDataError(
            f"The question '{question.name}' has {len(examples)} answers and no span among them.",
            hint="Label a document that holds one.",
        )


def check_labels(question: Question, examples: Sequence[Example]) -> None:
    """Raise UnknownNameError for a label the question does not have, InputError for a span that does not fit."""
    for example in examples:
        for span in example.spans:
            if span.label not in question.labels:
                raise UnknownNameError(f"label of '{question.name}'", span.label, question.labels)
            if not span.fits(example.text):
                raise InputError(
                    f"The span [{span.start}, {span.end}) says {span.covered!r}, its text does not.",
                    where=f"document {example.document_id}",
                )
