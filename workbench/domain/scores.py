"""Scores: what a model says before anybody reads an answer off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from workbench.domain.arrays import Offsets, Probabilities
from workbench.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Probabilities `(n, l)` float32 of n documents for the labels, in the order of `labels`.

    Rows sum to one when `exclusive`, else each column is a probability of its own.
    """

    labels: tuple[str, ...]
    probabilities: Probabilities
    exclusive: bool = True

    def __post_init__(self) -> None:
        check_probabilities(self.probabilities, len(self.labels))

    def __len__(self) -> int:
        return int(self.probabilities.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class DocumentTokenScores:
    """Words of one document: character offsets `(k, 2)` int32 and tag probabilities `(k, t)` float32."""

    words: Offsets
    probabilities: Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class TokenScores:
    """Tag probabilities of n documents; `tags` begins with O, then B- and I- of each label."""

    labels: tuple[str, ...]
    documents: tuple[DocumentTokenScores, ...]

    def __post_init__(self) -> None:
        for document in self.documents:
            check_probabilities(document.probabilities, len(self.tags))

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tags_of(self.labels)

    def __len__(self) -> int:
        return len(self.documents)


Scores: TypeAlias = ClassScores | TokenScores


def tags_of(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the IOB2 tags of the labels.

    >>> tags_of(["PER", "LOC"])
    ('O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC')
    """
    return ("O", *(f"{mark}-{label}" for label in labels for mark in "BI"))


def check_probabilities(probabilities: Probabilities, n_columns: int) -> None:
    """Raise InputError unless the array is (n, n_columns) with finite values from 0 to 1."""
    if probabilities.ndim != 2 or probabilities.shape[1] != n_columns:
        raise InputError(f"Scores of shape {probabilities.shape} do not fit {n_columns} columns.")
    if not np.isfinite(probabilities).all():
        raise InputError("A score is not a finite number; the model that gave it is broken.")
    if probabilities.size and (probabilities.min() < -1e-6 or probabilities.max() > 1 + 1e-4):
        raise InputError("A score lies outside 0 to 1.")
