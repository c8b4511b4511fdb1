"""Spans compared by the four schemes of MUC-5 and SemEval 2013, through the package nervaluate.

strict: bounds and label · exact: bounds alone · partial: bounds may differ (half a point) ·
type: the label, with any overlap. https://github.com/MantisAI/nervaluate
"""

from __future__ import annotations

from collections.abc import Sequence

from nervaluate.entities import Entity
from nervaluate.strategies import (
    EntityTypeEvaluation,
    EvaluationStrategy,
    ExactEvaluation,
    PartialEvaluation,
    StrictEvaluation,
)

from workbench.analysis.figures import SchemeFigures
from workbench.domain.spans import Span

SCHEMES: dict[str, type[EvaluationStrategy]] = {
    "strict": StrictEvaluation,
    "exact": ExactEvaluation,
    "partial": PartialEvaluation,
    "type": EntityTypeEvaluation,
}
COUNTS = ("correct", "incorrect", "partial", "missed", "spurious")


def compare_spans(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]
) -> tuple[SchemeFigures, ...]:
    """Count matches over all labels by each scheme, in the order of SCHEMES.

    nervaluate pairs greedily in the order of the predictions, and spans that share less than 1 % of
    the gold span not at all. Spans that are equal in bounds and label are set first, so that an
    overlapping neighbour cannot take their partner; without nesting this changes nothing.
    """
    # Its Evaluator would also compare every label by itself, which takes longer the more there are.
    pairs = [_as_entities(g, p) for g, p in zip(gold, predicted, strict=True) if g or p]
    labels = sorted({span.label for side in (gold, predicted) for spans in side for span in spans})
    return tuple(_count(name, scheme(), pairs, labels) for name, scheme in SCHEMES.items())


def _as_entities(gold: Sequence[Span], predicted: Sequence[Span]) -> tuple[list[Entity], list[Entity]]:
    shared = set(gold) & set(predicted)
    ordered = (sorted(spans, key=lambda span: (span not in shared, span)) for spans in (gold, predicted))
    # nervaluate's ends are inclusive: it adds one to every length.
    left, right = ([Entity(span.label, span.start, span.end - 1) for span in side] for side in ordered)
    return left, right


def _count(
    name: str,
    scheme: EvaluationStrategy,
    pairs: Sequence[tuple[list[Entity], list[Entity]]],
    labels: list[str],
) -> SchemeFigures:
    found = [scheme.evaluate(gold, predicted, labels)[0] for gold, predicted in pairs]
    return SchemeFigures(name, *(sum(getattr(result, count) for result in found) for count in COUNTS))
