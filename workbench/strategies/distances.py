"""Distances over a whole pool in blocks of rows: nothing grows with the square of the pool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import AnyArray, Nearness, Rows, Utilities, Vectors

BLOCK_VALUES = 4_000_000


def blocks(n_rows: int, width: int, *, most: int | None = None) -> Iterator[slice]:
    """Give the rows in slices, each of at most `most` values (`BLOCK_VALUES`) when a row has `width` of them."""
    step = max(1, (most or BLOCK_VALUES) // max(1, width))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


@contextmanager
def one_thread() -> Iterator[None]:
    """Have BLAS add up in the same order on every machine: with one thread."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def finite(values: AnyArray) -> bool:
    """Say whether all values `(n, d)` are numbers; whoever checks what is read says `is_checked`."""
    if getattr(values, "is_checked", False):
        return True
    return all(bool(np.isfinite(values[rows]).all()) for rows in blocks(len(values), values.shape[1]))


def squared_norms(vectors: AnyArray) -> Utilities:
    """Return the squared length of each vector, `(n,)` float64."""
    norms = np.zeros(len(vectors))
    for rows in blocks(len(vectors), vectors.shape[1]):
        part = vectors[rows].astype(np.float32, copy=False)
        norms[rows] = np.einsum("nd,nd->n", part, part)
    return norms


def products(vectors: AnyArray, one: AnyArray) -> Utilities:
    """Return the inner product of each vector with one, `(n,)` float64."""
    found = np.zeros(len(vectors))
    for rows in blocks(len(vectors), vectors.shape[1]):
        found[rows] = vectors[rows].astype(np.float32, copy=False) @ one.astype(np.float32, copy=False)
    return found


def nearest(vectors: Vectors, others: Vectors, k: int) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Return for each vector the rows of its k nearest others and their squared distances, `(n, k)`.

    The nearest stand in no order; k is at most the number of others.
    """
    k = min(k, len(others))
    found = np.zeros((len(vectors), k), dtype=np.int64)
    distances = np.zeros((len(vectors), k))
    lengths = squared_norms(others)
    for rows in blocks(len(vectors), len(others) + vectors.shape[1]):
        part = vectors[rows].astype(np.float32, copy=False)
        apart = (
            squared_norms(part)[:, None] + lengths - 2.0 * (part @ others.T.astype(np.float32, copy=False))
        )
        found[rows] = np.argpartition(apart, k - 1, axis=1)[:, :k] if 0 < k < len(others) else np.arange(k)
        distances[rows] = np.take_along_axis(apart, found[rows], axis=1)
    return found, np.maximum(distances, 0.0)


def nearness_of(vectors: AnyArray, answered: Vectors | None, rows: Rows) -> Nearness:
    """Return the cosine of each of some rows of unit vectors `(n, d)` to the nearest answered one; -1 without."""
    found = np.full(len(rows), -1.0, dtype=np.float32)
    if answered is None or not len(answered):
        return found
    with one_thread():
        for some in blocks(len(rows), len(answered) + vectors.shape[1]):
            part = np.asarray(vectors[rows[some]], dtype=np.float32)
            found[some] = (part @ answered.T).max(axis=1)
    return found
