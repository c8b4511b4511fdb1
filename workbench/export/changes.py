"""Which held-out documents an exported graph answers otherwise than the network that it came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.scores import ClassScores, Scores
from workbench.domain.spans import Span
from workbench.export.gate import HeldOut

MOST_CHANGES = 500  # named in a manifest; all of them are counted


def changed_answers(original: Scores, served: Scores, held_out: HeldOut) -> dict[str, Any]:
    """Return how many answers differ, and the first of them as JSON values: ids and answers, no texts.

    Spans are said as [start, end, label].
    """
    pairs = zip(_answers(original, held_out), _answers(served, held_out), held_out.examples, strict=True)
    changed = [
        {"document": example.document_id, "before": before, "after": after}
        for before, after, example in pairs
        if before != after
    ]
    return {"n": len(changed), "documents": changed[:MOST_CHANGES]}


def _answers(scores: Scores, held_out: HeldOut) -> Sequence[list[Any]]:
    if isinstance(scores, ClassScores):
        return [sorted(labels) for labels in decode_labels(scores, thresholds=held_out.thresholds)]
    return [sorted(map(_place, spans)) for spans in decode_spans(scores, held_out.texts)]


def _place(span: Span) -> list[Any]:
    return [span.start, span.end, span.label]
