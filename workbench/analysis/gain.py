"""How much better heads are that learned from chosen labels than those that learned from as many drawn by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.domain.spans import Span
from workbench.errors import InputError

N_DRAWS = 1000
LabelSets: TypeAlias = Sequence[tuple[str, ...]]
SpanSets: TypeAlias = Sequence[tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of heads on chosen and on random labels, and the 95 % interval of chosen minus random."""

    chosen: float
    random: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """By how much the chosen labels are better."""
        return self.chosen - self.random


@dataclass(frozen=True, slots=True)
class Gain:
    """The gain of `n_labels` chosen over as many random labels, of entities over as many words.

    `n_before` answers were there before anything was chosen; the heads of both sides learned from them, too.
    `figures` are `accuracy` and `macro_f1`, of entities `strict_f1`. Judged on `n_judged` control answers,
    each by heads that have not seen it, `n_repeats` times. `unit` says what `n_labels` counts.
    """

    n_labels: int
    n_judged: int
    n_repeats: int
    figures: Mapping[str, Difference]
    unit: str = "labels"
    n_before: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the gain as JSON values, its figures beside the numbers."""
        said = asdict(self)
        del said["figures"]
        return said | {name: {**asdict(one), "value": one.value} for name, one in self.figures.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What heads said of n documents in r repeats.

    `right` is `(r, n)` bool. `correct`, `support` and `predicted` are `(r, n, l)` counts: how often label l
    is right in, belongs to, and was said of a document.
    """

    right: AnyArray
    correct: AnyArray
    support: AnyArray
    predicted: AnyArray

    @property
    def shape(self) -> tuple[int, int]:
        """Repeats and documents."""
        n_repeats, n = self.right.shape
        return n_repeats, n


@dataclass(frozen=True, slots=True, eq=False)
class SpanCounts:
    """How many spans of n documents heads found in r repeats: `correct`, `support` and `predicted`, `(r, n)`."""

    correct: AnyArray
    support: AnyArray
    predicted: AnyArray

    @property
    def shape(self) -> tuple[int, int]:
        """Repeats and documents."""
        n_repeats, n = self.correct.shape
        return n_repeats, n


# Of counts and `(draws, n)`, how often each document was drawn: the figure of each repeat and draw, `(r, draws)`.
Figure: TypeAlias = Callable[[Any, AnyArray], AnyArray]


def counts_of(gold: LabelSets, said: Sequence[LabelSets], labels: Sequence[str]) -> Counts:
    """Count what each repeat said of the documents, in one order. Raises InputError for other lengths."""
    if any(len(answers) != len(gold) for answers in said):
        raise InputError("Every repeat answers every document.")
    there = _rows(gold, labels)
    predicted = np.stack([_rows(answers, labels) for answers in said])
    correct = predicted & there
    right = np.array([[set(a) == set(b) for a, b in zip(gold, answers, strict=True)] for answers in said])
    return Counts(right, correct, np.broadcast_to(there, predicted.shape), predicted)


def span_counts_of(gold: SpanSets, said: Sequence[SpanSets]) -> SpanCounts:
    """Count the spans that each repeat found, strictly: places and label. Raises InputError for other lengths."""
    if any(len(answers) != len(gold) for answers in said):
        raise InputError("Every repeat answers every document.")
    there = [_places(spans) for spans in gold]
    found = [[_places(spans) for spans in answers] for answers in said]
    correct = np.array([[(a & b).total() for a, b in zip(there, one, strict=True)] for one in found])
    support = np.array([one.total() for one in there])
    predicted = np.array([[one.total() for one in answers] for answers in found])
    return SpanCounts(correct, np.broadcast_to(support, predicted.shape), predicted)


def _places(spans: Sequence[Span]) -> Counter[tuple[str, int, int]]:
    return Counter((span.label, span.start, span.end) for span in spans)


def gain_of(
    chosen: Counts | SpanCounts,
    random: Counts | SpanCounts,
    *,
    n_labels: int,
    seed: int,
    unit: str = "labels",
) -> Gain:
    """Compare both kinds of heads, repeat by repeat and document by document; both sides are of one kind.

    The intervals are percentiles over draws of documents and of repeats, with replacement, the same for
    both sides: what makes a document hard, or a repeat lucky, cancels.
    """
    n_repeats, n = chosen.shape
    rng = np.random.default_rng(seed)
    times = rng.multinomial(n, np.full(n, 1 / n), size=N_DRAWS).astype(np.float64)
    repeats = rng.multinomial(n_repeats, np.full(n_repeats, 1 / n_repeats), size=N_DRAWS) / n_repeats

    def difference(figure: Figure) -> Difference:
        once = np.ones((1, n))
        here, there = (float(figure(side, once).mean()) for side in (chosen, random))
        drawn = ((figure(chosen, times) - figure(random, times)) * repeats.T).sum(axis=0)
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Difference(here, there, float(low), float(high))

    figures = SPAN_FIGURES if isinstance(chosen, SpanCounts) else LABEL_FIGURES
    found = {name: difference(figure) for name, figure in figures.items()}
    return Gain(n_labels, n, n_repeats, found, unit)


def _accuracy(counts: Counts, times: AnyArray) -> AnyArray:
    shares: AnyArray = counts.right.astype(np.float64) @ times.T / times.sum(axis=1)
    return shares


def _macro_f1(counts: Counts, times: AnyArray) -> AnyArray:
    found = []
    for correct, support, predicted in zip(counts.correct, counts.support, counts.predicted, strict=True):
        both = times @ (support.astype(np.float64) + predicted)
        f1 = 2 * (times @ correct.astype(np.float64)) / np.where(both > 0, both, 1)
        n_present = np.maximum((both > 0).sum(axis=1), 1)
        found.append(f1.sum(axis=1) / n_present)
    return np.stack(found)


def _strict_f1(counts: SpanCounts, times: AnyArray) -> AnyArray:
    both = (counts.support + counts.predicted).astype(np.float64) @ times.T
    f1: AnyArray = 2 * (counts.correct.astype(np.float64) @ times.T) / np.where(both > 0, both, 1)
    return f1


LABEL_FIGURES: Mapping[str, Figure] = {"accuracy": _accuracy, "macro_f1": _macro_f1}
SPAN_FIGURES: Mapping[str, Figure] = {"strict_f1": _strict_f1}


def _rows(answers: LabelSets, labels: Sequence[str]) -> AnyArray:
    column = {label: place for place, label in enumerate(labels)}
    rows = np.zeros((len(answers), len(labels)), dtype=np.bool_)
    for row, answer in enumerate(answers):
        for label in answer:
            rows[row, column[label]] = True
    return rows
