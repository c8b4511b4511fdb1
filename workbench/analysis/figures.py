"""The figures that judge a model, as values that say on what they were measured.

Every average over labels (macro) takes the labels that occur in the gold answers or among the
predictions, as scikit-learn does by default: a label that nobody gave and nobody predicted says nothing.
A figure that is undefined (a share of nothing) is None, never 0 or NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from workbench.analysis.intervals import MaybeInterval, wilson_interval

FigureBasis: TypeAlias = Literal["held-out", "out-of-fold", "control sample"]


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How one label fared: `support` gold answers, `predicted` said, `correct` both."""

    label: str
    support: int
    predicted: int
    correct: int

    @property
    def precision(self) -> float | None:
        """The share of what was said that is right."""
        return ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float | None:
        """The share of what is there that was said."""
        return ratio(self.correct, self.support)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None when the label does not occur."""
        return ratio(2 * self.correct, self.support + self.predicted)

    @property
    def recall_interval(self) -> MaybeInterval:
        """The 95 % Wilson interval of the recall."""
        return wilson_interval(self.correct, self.support)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        names = ("label", "precision", "recall", "f1", "support", "predicted", "correct")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ClassificationFigures:
    """How well `n` documents were classified; `per_label` in label order.

    `n_exact` documents have exactly the gold labels, so that accuracy is the exact-match share when
    a document may have several labels.
    """

    n: int
    n_exact: int
    per_label: tuple[LabelFigures, ...]
    basis: FigureBasis
    macro_f1_interval: MaybeInterval = None

    @property
    def accuracy(self) -> float | None:
        """The share of documents whose answer is exactly right."""
        return ratio(self.n_exact, self.n)

    @property
    def accuracy_interval(self) -> MaybeInterval:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.n_exact, self.n)

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the labels that occur."""
        return mean_of(label.f1 for label in self.per_label)

    @property
    def micro_f1(self) -> float | None:
        """F1 over all answers together; equal to the accuracy when every document has one label."""
        return pooled(self.per_label).f1

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values under stable names."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_interval": as_pair(self.accuracy_interval),
            "macro_f1": self.macro_f1,
            "macro_f1_interval": as_pair(self.macro_f1_interval),
            "micro_f1": self.micro_f1,
            "per_label": [label.as_dict() for label in self.per_label],
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class SchemeFigures:
    """Counts of one way to compare spans, after MUC-5: see `workbench.analysis.span_schemes`."""

    scheme: str
    correct: int
    incorrect: int
    partial: int
    missed: int
    spurious: int

    @property
    def precision(self) -> float | None:
        """The share of the predicted spans that is right; a partial match is half right."""
        said = self.correct + self.incorrect + self.partial + self.spurious
        return ratio(self.correct + self.partial / 2, said)

    @property
    def recall(self) -> float | None:
        """The share of the gold spans that was found; a partial match is half found."""
        there = self.correct + self.incorrect + self.partial + self.missed
        return ratio(self.correct + self.partial / 2, there)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        both = 2 * (self.correct + self.incorrect + self.partial) + self.missed + self.spurious
        return ratio(2 * self.correct + self.partial, both)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        counts = ("correct", "incorrect", "partial", "missed", "spurious")
        return {name: getattr(self, name) for name in (*counts, "precision", "recall", "f1")}


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """How well spans were found in `n_documents` documents.

    Strict: a span is right when its bounds and its label are. `error_kinds` compares more leniently.
    """

    n_documents: int
    per_label: tuple[LabelFigures, ...]
    error_kinds: tuple[SchemeFigures, ...]
    basis: FigureBasis
    macro_f1_interval: MaybeInterval = None

    @property
    def n_gold(self) -> int:
        """How many gold spans there are."""
        return pooled(self.per_label).support

    @property
    def n_predicted(self) -> int:
        """How many spans were predicted."""
        return pooled(self.per_label).predicted

    @property
    def strict_precision(self) -> float | None:
        """The share of the predicted spans that is right."""
        return pooled(self.per_label).precision

    @property
    def strict_recall(self) -> float | None:
        """The share of the gold spans that was found."""
        return pooled(self.per_label).recall

    @property
    def strict_f1(self) -> float | None:
        """F1 over the spans of all labels together (micro)."""
        return pooled(self.per_label).f1

    @property
    def macro_f1(self) -> float | None:
        """The mean strict F1 of the labels that occur."""
        return mean_of(label.f1 for label in self.per_label)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values under stable names."""
        names = ("n_documents", "n_gold", "n_predicted", "strict_precision", "strict_recall", "strict_f1")
        return {
            **{name: getattr(self, name) for name in names},
            "macro_f1": self.macro_f1,
            "macro_f1_interval": as_pair(self.macro_f1_interval),
            "per_label": [label.as_dict() for label in self.per_label],
            "error_kinds": {kind.scheme: kind.as_dict() for kind in self.error_kinds},
            "basis": self.basis,
        }


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, or None when there is nothing to share."""
    return part / whole if whole else None


def mean_of(values: Iterable[float | None]) -> float | None:
    """Return the mean of the defined values, or None when there are none."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def pooled(per_label: Iterable[LabelFigures]) -> LabelFigures:
    """Return the counts of all labels together."""
    found = list(per_label)
    totals = [sum(getattr(f, name) for f in found) for name in ("support", "predicted", "correct")]
    return LabelFigures("", *totals)


def as_pair(interval: MaybeInterval) -> list[float] | None:
    """Return [low, high] or None."""
    return interval.as_list() if interval is not None else None
