"""Texts that are nearly one: asking about both would waste an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.domain.arrays import Vectors
from workbench.domain.documents import folded_text

LENGTH = 3
ALIKE = 0.6  # of the trigrams of both: a text of ten words with two of them changed has about so many
NEAREST, RATHER_ALIKE = 0.97, 0.3  # the same words in another order, or other signs
NEAR = 0.6  # cosine: below it no wording is compared


class NearCopies:
    """Tells whether a document is nearly a copy of one among others.

    Two documents are near-copies when they share 0.6 of their character trigrams (Jaccard; Broder 1997,
    "On the resemblance and containment of documents"), or 0.3 where the cosine of their unit vectors is
    at least 0.97; texts of a cosine below 0.6 are not compared. Without texts a cosine of 0.97 decides.
    """

    def __init__(self, vectors: Vectors, texts: Sequence[str] | None) -> None:
        self._vectors = vectors
        self._texts = texts
        self._trigrams: dict[int, frozenset[str]] = {}

    def among(self, row: int, others: Sequence[int]) -> bool:
        """Tell whether a row is nearly a copy of one of the other rows."""
        if not others:
            return False
        cosines = self._read([*others]) @ self._read([row])[0]
        return any(
            self._alike(row, other, float(cosine))
            for other, cosine in zip(others, cosines, strict=True)
            if cosine >= NEAR
        )

    def _read(self, rows: Sequence[int]) -> Vectors:
        return np.asarray(self._vectors[rows], dtype=np.float32)

    def _alike(self, row: int, other: int, cosine: float) -> bool:
        if self._texts is None:
            return cosine >= NEAREST
        left, right = self._of(row), self._of(other)
        shared = len(left & right) / len(left | right)
        return shared >= (RATHER_ALIKE if cosine >= NEAREST else ALIKE)

    def _of(self, row: int) -> frozenset[str]:
        if row not in self._trigrams:
            assert self._texts is not None
            text = f" {folded_text(self._texts[row])} "
            self._trigrams[row] = frozenset(
                text[i : i + LENGTH] for i in range(max(1, len(text) - LENGTH + 1))
            )
        return self._trigrams[row]
