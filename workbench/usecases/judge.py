"""Compare what a model says with gold answers: figures, and every document behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.analysis.figures import ClassificationFigures, SpanFigures
from workbench.analysis.metrics import classification_figures, span_figures
from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Basis
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import InputError


@dataclass(frozen=True, slots=True)
class Judged:
    """One document with its gold answer, the predicted one, and how sure the model was (0 to 1)."""

    example: Example
    labels: tuple[str, ...]
    spans: tuple[Span, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Figures with their basis and the judged documents, in the order of the examples."""

    question: Question
    basis: Basis
    figures: ClassificationFigures | SpanFigures
    documents: tuple[Judged, ...]

    @property
    def headline(self) -> float:
        """Macro-F1 of a text classification, strict F1 of entities; 0 when undefined."""
        figures = self.figures
        value = figures.strict_f1 if isinstance(figures, SpanFigures) else figures.macro_f1
        return value or 0.0


def judge(question: Question, examples: Sequence[Example], scores: Scores, *, basis: Basis) -> Judgement:
    """Judge the scores of the examples' texts, in the same order. Raises InputError without a basis."""
    if basis == "none":
        raise InputError("Figures need documents that the model was not trained on.")
    if isinstance(scores, TokenScores):
        return judge_spans(question, examples, scores, basis=basis)
    predicted = decode_labels(scores)
    figures = classification_figures([e.labels for e in examples], predicted, question.labels, basis=basis)
    sure = confidences(scores)
    judged = (
        Judged(example, labels, (), float(c))
        for example, labels, c in zip(examples, predicted, sure, strict=True)
    )
    return Judgement(question, basis, figures, tuple(judged))


def judge_spans(
    question: Question, examples: Sequence[Example], scores: TokenScores, *, basis: Basis
) -> Judgement:
    """Judge entities; the confidence of a document is that of its least sure word."""
    if basis == "none":
        raise InputError("Figures need documents that the model was not trained on.")
    predicted = decode_spans(scores, [example.text for example in examples])
    figures = span_figures([e.spans for e in examples], predicted, question.labels, basis=basis)
    sure = [float(d.probabilities.max(axis=1).min()) if len(d.words) else 1.0 for d in scores.documents]
    judged = (Judged(e, (), spans, c) for e, spans, c in zip(examples, predicted, sure, strict=True))
    return Judgement(question, basis, figures, tuple(judged))


def confidences(scores: ClassScores) -> np.ndarray[Any, Any]:
    """Return the probability of each answer `(n,)`: of the best label, or of the least sure decision."""
    if not len(scores):
        return np.zeros(0)
    if scores.exclusive:
        return scores.probabilities.max(axis=1)
    return np.maximum(scores.probabilities, 1 - scores.probabilities).min(axis=1)
