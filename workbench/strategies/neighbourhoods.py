"""The nearest neighbours of all documents of a pool: exact, in blocks, the same for the same vectors."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, eye_array
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows, Vectors
from workbench.domain.neighbours import N_NEAREST, Neighbours
from workbench.domain.ports import Progress, silent
from workbench.strategies.distances import blocks

FARTHEST = 2.0  # moves cosines above 0, which a sparse matrix could take for no entry


def find_neighbours(
    vectors: Vectors, *, n_nearest: int = N_NEAREST, n_threads: int = 1, progress: Progress = silent
) -> Neighbours:
    """Return the mutual neighbours of unit vectors `(n, d)`, all of them candidates.

    The time grows with the square of the pool: 20,000 vectors of width 384 take seconds, 100,000 minutes.
    """
    n = len(vectors)
    k = min(n_nearest, n - 1)
    if k < 1:
        return Neighbours(
            np.arange(n + 1), np.arange(n, dtype=np.int32), np.ones(n, np.float32), n_nearest, np.arange(n)
        )
    near, cosines = _nearest(vectors, k, n_threads, progress)
    starts = np.arange(n + 1) * k
    one_way = csr_array((cosines.ravel() + FARTHEST, near.ravel(), starts), shape=(n, n))
    mutual = (
        one_way.maximum(one_way.T.tocsr()).maximum(eye_array(n, dtype=np.float32) * (1.0 + FARTHEST)).tocsr()
    )
    mutual.sort_indices()
    return Neighbours(
        mutual.indptr.astype(np.int64),
        mutual.indices.astype(np.int32),
        (mutual.data - FARTHEST).astype(np.float32),
        n_nearest,
        np.arange(n),
    )


def _nearest(vectors: Vectors, k: int, n_threads: int, progress: Progress) -> tuple[Rows, Vectors]:
    """Return each vector's k nearest others and their cosines, `(n, k)` each, in no order."""
    n = len(vectors)
    near, cosines = np.empty((n, k), dtype=np.int32), np.empty((n, k), dtype=np.float32)
    # One width of blocks and threads that share no sum: the same cosines on every machine of a kind.
    with threadpool_limits(limits=n_threads, user_api="blas"):
        for rows in blocks(n, n):
            alike = vectors[rows] @ vectors.T
            own = np.arange(rows.start, rows.stop)
            alike[own - rows.start, own] = -np.inf
            near[rows] = np.argpartition(alike, n - k, axis=1)[:, n - k :]
            cosines[rows] = np.take_along_axis(alike, near[rows], axis=1)
            progress(rows.stop, n, "finding neighbours")
    return near.astype(np.int64), cosines
