"""Gold and predicted answers to figures; numpy only. What the figures mean stands in `figures`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias, get_args

import numpy as np

from workbench.analysis.figures import (
    ClassificationFigures,
    FigureBasis,
    LabelFigures,
    SchemeFigures,
    SpanFigures,
)
from workbench.analysis.intervals import MaybeInterval, bootstrap_macro_f1
from workbench.domain.arrays import AnyArray
from workbench.domain.spans import Span
from workbench.errors import InputError, NotEnoughDataError, UnknownNameError

__all__ = [
    "ClassificationFigures",
    "FigureBasis",
    "LabelFigures",
    "SchemeFigures",
    "SpanFigures",
    "accuracy_on_mix",
    "classification_figures",
    "span_figures",
]

LabelSets: TypeAlias = Sequence[tuple[str, ...]]
SpanSets: TypeAlias = Sequence[Sequence[Span]]


def classification_figures(
    gold: LabelSets, predicted: LabelSets, labels: Sequence[str], *, basis: str, seed: int = 0
) -> ClassificationFigures:
    """Judge the answers of n documents, one tuple of labels each.

    `per_label` follows `labels`; labels that occur beyond them come last, sorted, and count as any
    other. `seed` is that of the bootstrap interval. Raises InputError for lengths that differ, a label
    named twice in one answer, and a basis that is none (figures on training data do not exist).
    """
    on = check_basis(basis)
    check_pairs(len(gold), len(predicted))
    for row, answer in enumerate((*gold, *predicted)):
        if len(set(answer)) != len(answer):
            raise InputError(f"The answer {row % len(gold)} names a label twice: {list(answer)}.")
    counts = [Counter(answer) for answer in gold], [Counter(answer) for answer in predicted]
    per_label, interval = _judge(*counts, labels, seed)
    n_exact = sum(set(a) == set(b) for a, b in zip(gold, predicted, strict=True))
    return ClassificationFigures(len(gold), n_exact, per_label, on, interval)


def span_figures(
    gold: SpanSets, predicted: SpanSets, labels: Sequence[str], *, basis: str, seed: int = 0
) -> SpanFigures:
    """Judge the spans of n documents strictly, and by the schemes of nervaluate.

    Labels, seed and errors as in `classification_figures`. A span given twice in a document counts
    twice, so that it cannot be right more often than it is there.
    """
    from workbench.analysis.span_schemes import compare_spans

    on = check_basis(basis)
    check_pairs(len(gold), len(predicted))
    counts = _span_keys(gold), _span_keys(predicted)
    per_label, interval = _judge(*counts, labels, seed)
    kinds = compare_spans(gold, predicted)
    return SpanFigures(len(gold), per_label, kinds, on, interval)


def accuracy_on_mix(gold: LabelSets, predicted: LabelSets, mix: Mapping[str, float]) -> float:
    """Return the accuracy to expect where labels come in the shares of `mix`: the recall, so weighted.

    Active learning asks a mix of its own; the mix that production sees is another. Weights are
    scaled to sum 1; a gold label that the mix does not name weighs nothing. Raises NotEnoughDataError
    when a label of the mix has no gold document, InputError for weights that are no shares.
    """
    check_pairs(len(gold), len(predicted))
    weights = {label: weight for label, weight in mix.items() if weight != 0}
    if not weights or not all(isfinite(weight) and weight > 0 for weight in weights.values()):
        raise InputError("A mix needs finite weights, none below zero and at least one above.")
    support = Counter(label for answer in gold for label in answer)
    hits = Counter(label for a, b in zip(gold, predicted, strict=True) for label in a if label in b)
    lacking = sorted(label for label in weights if not support[label])
    if lacking:
        raise NotEnoughDataError(
            f"No gold document has the labels {lacking}, which the mix names.",
            hint="Label at least one held-out document of each, or leave them out of the mix.",
        )
    total = sum(weights.values())
    return sum(weight / total * hits[label] / support[label] for label, weight in weights.items())


def _judge(
    gold: list[Counter[Any]], predicted: list[Counter[Any]], labels: Sequence[str], seed: int
) -> tuple[tuple[LabelFigures, ...], MaybeInterval]:
    correct = [a & b for a, b in zip(gold, predicted, strict=True)]
    order = _label_order(labels, (*gold, *predicted))
    arrays = [_count_labels(counts, order) for counts in (correct, gold, predicted)]
    sums = [array.sum(axis=0).tolist() for array in arrays]
    per_label = tuple(
        LabelFigures(label, sums[1][place], sums[2][place], sums[0][place])
        for place, label in enumerate(order)
    )
    return per_label, bootstrap_macro_f1(*arrays, seed=seed)


def _label_order(labels: Sequence[str], counts: Iterable[Counter[Any]]) -> list[str]:
    seen = {_label_of(key) for counter in counts for key in counter}
    return [*labels, *sorted(seen - set(labels))]


def _count_labels(counts: list[Counter[Any]], order: list[str]) -> AnyArray:
    place = {label: column for column, label in enumerate(order)}
    array = np.zeros((len(counts), len(order)), dtype=np.int64)
    for row, counter in enumerate(counts):
        for key, n in counter.items():
            array[row, place[_label_of(key)]] += n
    return array


def _span_keys(spans: SpanSets) -> list[Counter[Any]]:
    return [Counter((span.label, span.start, span.end) for span in document) for document in spans]


def _label_of(key: str | tuple[str, int, int]) -> str:
    return key if isinstance(key, str) else key[0]


def check_pairs(n_gold: int, n_predicted: int) -> None:
    """Raise InputError unless there is one prediction a gold answer."""
    if n_gold != n_predicted:
        raise InputError(f"{n_gold} gold answers do not pair with {n_predicted} predictions.")


def check_basis(basis: str) -> FigureBasis:
    """Return the basis, or raise UnknownNameError when figures are not shown on it."""
    known: tuple[FigureBasis, ...] = get_args(FigureBasis)
    for name in known:
        if basis == name:
            return name
    raise UnknownNameError("basis of figures", basis, known)
