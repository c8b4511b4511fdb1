"""Compare what a model says with gold answers: figures, and every document behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.analysis.figures import ClassificationFigures, FigureBasis, SpanFigures
from workbench.analysis.judged import JudgedDocument, judge_labels, judge_spans
from workbench.analysis.metrics import classification_figures, span_figures
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.scores import Scores, TokenScores


@dataclass(frozen=True, slots=True)
class Judgement:
    """Figures with their basis, and the judged documents and scores, in the order of the examples."""

    question: Question
    basis: FigureBasis
    figures: ClassificationFigures | SpanFigures
    documents: tuple[JudgedDocument, ...]
    scores: Scores

    @property
    def headline(self) -> float:
        """Macro-F1 of a text classification, strict F1 of entities; 0 when undefined."""
        figures = self.figures
        value = figures.strict_f1 if isinstance(figures, SpanFigures) else figures.macro_f1
        return value or 0.0


def judge(
    question: Question, examples: Sequence[Example], scores: Scores, *, basis: FigureBasis
) -> Judgement:
    """Judge the scores of the examples' texts, given in the same order."""
    labels = question.labels
    documents: tuple[JudgedDocument, ...]
    figures: ClassificationFigures | SpanFigures
    if isinstance(scores, TokenScores):
        documents = judge_spans(examples, scores)
        gold_spans, found = [d.example.spans for d in documents], [d.predicted_spans for d in documents]
        figures = span_figures(gold_spans, found, labels, basis=basis)
    else:
        documents = judge_labels(examples, scores)
        gold, predicted = [d.example.labels for d in documents], [d.predicted_labels for d in documents]
        figures = classification_figures(gold, predicted, labels, basis=basis)
    return Judgement(question, basis, figures, documents, scores)
