"""Which vectors are nearest to one of them."""

from __future__ import annotations

import numpy as np

from workbench.domain.arrays import Rows, Vectors


def most_similar(vectors: Vectors, query: Vectors, n: int) -> tuple[Rows, Vectors]:
    """Return the rows of the n vectors nearest to the query by cosine, nearest first, and their cosines.

    `vectors` is `(m, width)`, `query` `(width,)`; both of length one. Of equal ones the first row is first.
    """
    cosines = vectors @ query
    nearest = np.argsort(-cosines, kind="stable")[:n]
    return nearest.astype(np.int64), cosines[nearest]
