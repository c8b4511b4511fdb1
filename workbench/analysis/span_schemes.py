"""Spans compared by the four schemes of MUC-5 and SemEval 2013, through the package nervaluate.

strict: bounds and label · exact: bounds alone · partial: bounds may differ (half a point) ·
type: the label, with any overlap. https://github.com/MantisAI/nervaluate
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nervaluate import Evaluator

from workbench.analysis.figures import SchemeFigures
from workbench.domain.spans import Span

SCHEMES = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
COUNTS = ("correct", "incorrect", "partial", "missed", "spurious")


def compare_spans(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]
) -> tuple[SchemeFigures, ...]:
    """Count matches over all labels by each scheme, in the order of SCHEMES.

    nervaluate pairs greedily in the order of the predictions, and spans that share less than 1 % of
    the gold span not at all. Spans that are equal in bounds and label are set first, so that an
    overlapping neighbour cannot take their partner; without nesting this changes nothing.
    """
    pairs = [(g, p) for g, p in zip(gold, predicted, strict=True) if g or p]
    if not pairs:
        return tuple(SchemeFigures(scheme, 0, 0, 0, 0, 0) for scheme in SCHEMES)
    ordered = [_equal_first(g, p) for g, p in pairs]
    labels = sorted({span.label for pair in pairs for spans in pair for span in spans})
    evaluator = Evaluator([g for g, _ in ordered], [p for _, p in ordered], tags=labels, loader="dict")
    counts = evaluator.evaluate()["overall"]
    return tuple(_figures(scheme, counts[name]) for scheme, name in SCHEMES.items())


def _equal_first(gold: Sequence[Span], predicted: Sequence[Span]) -> tuple[list[dict[str, Any]], ...]:
    shared = set(gold) & set(predicted)
    sides = (sorted(spans, key=lambda span: (span not in shared, span)) for spans in (gold, predicted))
    return tuple([_as_entity(span) for span in side] for side in sides)


def _as_entity(span: Span) -> dict[str, Any]:
    # nervaluate's ends are inclusive: it adds one to every length.
    return {"label": span.label, "start": span.start, "end": span.end - 1}


def _figures(scheme: str, result: Any) -> SchemeFigures:
    return SchemeFigures(scheme, *(int(getattr(result, name)) for name in COUNTS))
