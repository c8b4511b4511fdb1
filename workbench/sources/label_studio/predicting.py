"""Pre-annotations: what a model says, as regions that an annotator accepts or mends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.domain.spans import Span
from workbench.sources.label_studio.config import Control

DIGITS = 4


def label_regions(control: Control, answer: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """Return the region of the labels with their probabilities: one region, as a choice has one.

    Its score is the mean of the probabilities. Nothing, when no label is predicted, or one that the
    labelling config does not have: the server would leave out the whole prediction without a word.
    """
    spelling = control.spelling
    if not answer or any(label not in spelling for label, _ in answer):
        return []
    value = {"choices": [spelling[label] for label, _ in answer]}
    return [_region(control, 0, value, sum(sure for _, sure in answer) / len(answer))]


def span_regions(control: Control, answer: Sequence[tuple[Span, float]]) -> list[dict[str, Any]]:
    """Return one region for each span with its probability; labels that the config lacks are left out."""
    spelling = control.spelling
    return [
        _region(
            control,
            place,
            {"start": span.start, "end": span.end, "text": span.covered, "labels": [spelling[span.label]]},
            sure,
        )
        for place, (span, sure) in enumerate(answer)
        if span.label in spelling
    ]


def _region(control: Control, place: int, value: dict[str, Any], sure: float) -> dict[str, Any]:
    return {
        "id": f"{control.name}-{place}",
        "from_name": control.name,
        "to_name": control.text,
        "type": control.region_type,
        "score": round(min(max(sure, 0.0), 1.0), DIGITS),
        "value": value,
    }
