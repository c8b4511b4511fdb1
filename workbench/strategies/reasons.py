"""Where the model wavers, in words: for all strategies that ask where it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores, Scores
from workbench.strategies.words import least_sure


def wavering_of(scores: Scores, rows: Sequence[int], inputs: StrategyInputs) -> list[str]:
    """Return `wavering` of some candidates; least sure words are named where their texts are there."""
    texts = inputs.texts
    return [wavering(scores, row, texts[row] if texts is not None else None) for row in rows]


def wavering(scores: Scores, row: int, text: str | None = None) -> str:
    """Say between which answers to a document the model wavers, or at which word of it.

    >>> p = np.array([[0.25, 0.375, 0.375]], dtype=np.float32)
    >>> wavering(ClassScores(("a", "b", "c"), p), 0)
    "the model wavers between 'b' and 'c'"
    >>> wavering(ClassScores(("a", "b", "c"), p, exclusive=False), 0)
    "the model is unsure of 'b'"
    """
    if not isinstance(scores, ClassScores):
        return least_sure(scores, row, text)
    p = scores.probabilities[row]
    if not len(p):
        return "there is no label yet"
    if scores.exclusive and len(p) > 1:
        first, second = (scores.labels[label] for label in np.argsort(-p, kind="stable")[:2])
        return f"the model wavers between '{first}' and '{second}'"
    return f"the model is unsure of '{scores.labels[int(np.abs(p - 0.5).argmin())]}'"
