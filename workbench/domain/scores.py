"""Scores: what a model says before anybody reads an answer off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from workbench.domain.arrays import Offsets, Probabilities, Rows
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
    _flat: tuple[Probabilities, Rows] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n_tags = len(self.tags)
        if self._flat is None:
            for document in self.documents:
                check_shape(document.probabilities, n_tags)
        check_probabilities(self.flat[0], n_tags)

    @classmethod
    def of_flat(
        cls, labels: tuple[str, ...], words: Offsets, probabilities: Probabilities, bounds: Rows
    ) -> TokenScores:
        """Return the scores of n documents whose words stand one after the other, without copying them.

        `words` (k, 2) and `probabilities` (k, t) of all words; those of document i are `bounds[i]` to
        `bounds[i + 1]`, `bounds` (n + 1,).
        """
        ends = bounds.tolist()
        documents = tuple(
            DocumentTokenScores(words[start:end], probabilities[start:end]) for start, end in pairwise(ends)
        )
        return cls(labels, documents, (probabilities, bounds))

    @property
    def flat(self) -> tuple[Probabilities, Rows]:
        """The probabilities of all words `(k, t)`, one document after the other, and where each begins `(n + 1,)`."""
        if self._flat is None:
            lengths = [len(document.probabilities) for document in self.documents]
            empty = np.zeros((0, len(self.tags)), dtype=np.float32)
            words = np.concatenate([empty, *(document.probabilities for document in self.documents)])
            object.__setattr__(self, "_flat", (words, np.cumsum([0, *lengths], dtype=np.int64)))
        assert self._flat is not None
        return self._flat

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
    check_shape(probabilities, n_columns)
    if not np.isfinite(probabilities).all():
        raise InputError("A score is not a finite number; the model that gave it is broken.")
    if probabilities.size and (probabilities.min() < -1e-6 or probabilities.max() > 1 + 1e-4):
        raise InputError("A score lies outside 0 to 1.")


def check_shape(probabilities: Probabilities, n_columns: int) -> None:
    """Raise InputError unless the array is (n, n_columns)."""
    if probabilities.ndim != 2 or probabilities.shape[1] != n_columns:
        raise InputError(f"Scores of shape {probabilities.shape} do not fit {n_columns} columns.")
