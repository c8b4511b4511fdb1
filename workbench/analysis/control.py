"""What a sample that chance drew says of a model on all documents, with how far it may be off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workbench.analysis.f1_intervals import f1_interval
from workbench.analysis.figures import ClassificationFigures, LabelFigures, SpanFigures, pooled
from workbench.analysis.intervals import Interval, MaybeInterval
from workbench.errors import InputError

LEAST_ANSWERS = 30  # of fewer, an interval is wider than a third: too wide to act on
HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, None where there is none, and how many answers are behind it."""

    name: str
    value: float
    interval: MaybeInterval
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON values."""
        low, high = (self.interval.low, self.interval.high) if self.interval else (None, None)
        return {"name": self.name, "value": self.value, "low": low, "high": high, "n": self.n}


@dataclass(frozen=True, slots=True)
class ControlFigures:
    """What `n` control answers say of a model: `overall` figures, and the recall of each label.

    `too_few` are the other labels, with how many control answers each has.
    """

    n: int
    overall: tuple[Estimate, ...]
    recalls: tuple[Estimate, ...]
    too_few: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "n": self.n,
            "overall": [estimate.as_dict() for estimate in self.overall],
            "recalls": [estimate.as_dict() for estimate in self.recalls],
            "too_few": asdict(self)["too_few"],
        }


def exact_interval(n_hits: int, n: int, *, confidence: float = 0.95) -> MaybeInterval:
    """Return the exact binomial interval of a share, or None when n is 0.

    It covers the true share in at least that part of all samples, whatever the share is.
    Clopper, Pearson 1934, https://doi.org/10.1093/biomet/26.4.404
    """
    if not 0 <= n_hits <= n or not 0 < confidence < 1:
        raise InputError(f"{n_hits} hits of {n} have no interval at confidence {confidence}.")
    if n == 0:
        return None
    tail = (1 - confidence) / 2
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    k = np.arange(n + 1)
    ways = logs[n] - logs[k] - logs[n - k]

    def up_to(share: float, most: int) -> float:
        chances = np.exp(
            ways[: most + 1] + k[: most + 1] * np.log(share) + (n - k[: most + 1]) * np.log1p(-share)
        )
        return float(chances.sum())

    low = _where(lambda share: 1 - up_to(share, n_hits - 1) >= tail) if n_hits else 0.0
    high = _where(lambda share: up_to(share, n_hits) <= tail) if n_hits < n else 1.0
    return Interval(low, high)


def _where(is_beyond: Callable[[float], bool]) -> float:
    """Return where a condition on a share begins to hold, which holds at 1 and not at 0."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return (low + high) / 2


def control_figures(figures: ClassificationFigures | SpanFigures) -> ControlFigures:
    """Read the estimates off the figures of a model on control answers.

    Of texts: accuracy with its exact interval and macro-F1 with that of the bootstrap. Of entities: strict
    F1; spans of one document are not independent, so its interval is approximate, as are those of recalls.
    """
    if isinstance(figures, SpanFigures):
        n, all_labels = figures.n_documents, pooled(figures.per_label)
        interval = f1_interval(all_labels.support, all_labels.predicted, all_labels.correct)
        first = _estimate("strict F1", figures.strict_f1, interval, figures.n_gold)
    else:
        n, interval = figures.n, exact_interval(figures.n_exact, figures.n)
        first = _estimate("accuracy", figures.accuracy, interval, n)
    second = _estimate("macro-F1", figures.macro_f1, figures.macro_f1_interval, n)
    enough = [label for label in figures.per_label if label.support >= LEAST_ANSWERS]
    return ControlFigures(
        n,
        (*first, *second),
        tuple(_recall(label) for label in enough),
        {label.label: label.support for label in figures.per_label if label.support < LEAST_ANSWERS},
    )


def _recall(label: LabelFigures) -> Estimate:
    interval = exact_interval(label.correct, label.support)
    return Estimate(label.label, label.correct / label.support, interval, label.support)


def _estimate(name: str, value: float | None, interval: MaybeInterval, n: int) -> tuple[Estimate, ...]:
    return () if value is None else (Estimate(name, value, interval, n),)
