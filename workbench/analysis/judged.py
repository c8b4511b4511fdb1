"""Documents beside what a model said about them: the rows that every review begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.analysis.calibration import span_confidence
from workbench.analysis.metrics import check_pairs
from workbench.analysis.span_errors import spans_in_scope
from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.examples import Example
from workbench.domain.scores import ClassScores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import InputError


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """A gold example and the prediction for it.

    `confidences` has one value in [0, 1] for each predicted label, or for each predicted span; it is
    empty when the model gives none.
    """

    example: Example
    predicted_labels: tuple[str, ...] = ()
    predicted_spans: tuple[Span, ...] = ()
    confidences: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        n_answers = len(self.predicted_labels) or len(self.predicted_spans)
        if self.confidences and len(self.confidences) != n_answers:
            raise InputError(
                f"{len(self.confidences)} confidences do not pair with {n_answers} predictions.",
                where=f"document {self.example.document_id}",
            )

    @property
    def right(self) -> bool:
        """Whether the prediction is exactly the gold answer; the order does not matter."""
        same_labels = set(self.example.labels) == set(self.predicted_labels)
        return same_labels and sorted(self.example.spans) == sorted(self.predicted_spans)

    def outcomes(self) -> list[tuple[float, bool]]:
        """Return the confidence of each predicted label or span and whether it is right."""
        gold: set[str | Span] = {*self.example.labels, *self.example.spans}
        answers: Sequence[str | Span] = self.predicted_labels or self.predicted_spans
        if not self.confidences:
            return []
        return [(sure, answer in gold) for sure, answer in zip(self.confidences, answers, strict=True)]


def judge_labels(
    examples: Sequence[Example], scores: ClassScores, *, thresholds: Mapping[str, float] | None = None
) -> tuple[JudgedDocument, ...]:
    """Put the labels read off the scores beside the examples, in their order."""
    check_pairs(len(examples), len(scores))
    column = {label: k for k, label in enumerate(scores.labels)}
    answers = decode_labels(scores, thresholds=thresholds)
    sure = np.clip(scores.probabilities, 0, 1)
    return tuple(
        JudgedDocument(example, answer, confidences=tuple(float(row[column[label]]) for label in answer))
        for example, answer, row in zip(examples, answers, sure, strict=True)
    )


def judge_spans(examples: Sequence[Example], scores: TokenScores) -> tuple[JudgedDocument, ...]:
    """Put the spans read off the scores beside the examples, in their order.

    Where an example was asked about a part of its text, spans outside of it are left out on both
    sides: nobody said what is right there.
    """
    check_pairs(len(examples), len(scores))
    spans = decode_spans(scores, [example.text for example in examples])
    judged = []
    for example, found, document in zip(examples, spans, scores.documents, strict=True):
        asked = spans_in_scope(found, example.scope)
        sure = tuple(span_confidence(document, span, scores.labels) for span in asked)
        gold = replace(example, spans=spans_in_scope(example.spans, example.scope))
        judged.append(JudgedDocument(gold, predicted_spans=asked, confidences=sure))
    return tuple(judged)
