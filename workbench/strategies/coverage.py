"""Batches that stand for the rest of the pool: greedy facility location.

A document covers another one by their similarity, and every document of the pool is covered as far as
the answered or chosen one most like it covers it. Greedily choosing what adds most comes within 1 - 1/e
of the best batch (Nemhauser, Wolsey & Fisher 1978, "An analysis of approximations for maximizing
submodular set functions"); Wei, Iyer & Bilmes 2015, "Submodularity in Data Subset Selection and Active
Learning", use it to choose what to ask. Weighing each document by how unsure the model is of it is the
uncertainty herding of Bae, Sutherland et al. 2025 (arXiv:2412.20644).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows, Utilities, Vectors

MOST_LOOKED_AT = 8_000  # documents between which similarities are computed: 256 MB
AT_ONCE = 512
Similarities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How alike two unit vectors are, from 0 to 1: nothing up to a cosine of `threshold`, then a power."""

    threshold: float
    power: int = 1

    def __call__(self, left: Vectors, right: Vectors) -> Similarities:
        """Return the similarities `(n, m)` float32 of vectors `(n, d)` and `(m, d)`."""
        with threadpool_limits(limits=1, user_api="blas"):  # the same sums on every machine
            similar: Similarities = left @ right.T
        similar -= np.float32(self.threshold)
        np.maximum(similar, 0.0, out=similar)
        similar /= np.float32(1.0 - self.threshold)
        return similar if self.power == 1 else np.power(similar, self.power, out=similar)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The documents that are looked at: `rows` (k,) of the candidates, similarities (k, k), weights (k,).

    `covered` (k,) is how far each is covered by what was answered already.
    """

    rows: Rows
    similar: Similarities
    weights: Utilities
    covered: npt.NDArray[np.float32]


def lay_out(
    vectors: Vectors,
    weights: Utilities,
    labelled: Vectors | None,
    kernel: Kernel,
    rng: np.random.Generator,
    *,
    at_most: int = MOST_LOOKED_AT,
) -> Field:
    """Return the field of a pool `(n, d)`; of a large pool a sample drawn by the weights.

    In a sample drawn by weight each document stands for an equal share of it. The time is that of one
    pass over the weights, whatever the size of the pool; only the sampled vectors are read.
    """
    rows = sample_by_weight(weights, at_most, rng)
    own = np.asarray(vectors[rows], dtype=np.float32)
    shares = weights[rows] if len(rows) == len(weights) else np.ones(len(rows))
    return Field(rows, kernel(own, own), shares, covered_by(own, labelled, kernel))


def sample_by_weight(weights: Utilities, n: int, rng: np.random.Generator) -> Rows:
    """Return n rows without repetition, in row order, drawn by weight; all of them where there are no more.

    Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir", with Gumbel keys.
    """
    if len(weights) <= n:
        return np.arange(len(weights), dtype=np.int64)
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + rng.gumbel(size=len(weights))
    return np.sort(np.argpartition(-keys, n - 1)[:n]).astype(np.int64)


def covered_by(own: Vectors, labelled: Vectors | None, kernel: Kernel) -> npt.NDArray[np.float32]:
    """Return how far each vector `(k, d)` is covered by the labelled ones `(m, d)`: 0 where there are none."""
    covered = np.zeros(len(own), dtype=np.float32)
    if labelled is None or not len(own):
        return covered
    for start in range(0, len(labelled), MOST_LOOKED_AT):
        near = kernel(own, labelled[start : start + MOST_LOOKED_AT])
        np.maximum(covered, near.max(axis=1), out=covered)
    return covered


def cover(
    field: Field, n: int, allowed: Callable[[int, list[int]], bool] = lambda place, chosen: True
) -> tuple[list[int], list[float]]:
    """Choose at most n places of the field, the one that adds most first, and return what each adds.

    Lazily: what a document adds only falls while others are chosen (Minoux 1978, "Accelerated greedy
    algorithms"). `allowed` tells whether a place may join the chosen ones. Ties: the lower place.
    """
    covered = field.covered.copy()
    heap = [(-gain, place) for place, gain in enumerate(_gains(field))]
    heapq.heapify(heap)
    chosen: list[int] = []
    gains: list[float] = []
    while heap and len(chosen) < n:
        _, place = heapq.heappop(heap)
        gain = float(np.maximum(field.similar[place] - covered, 0.0) @ field.weights)
        if heap and -gain > heap[0][0]:
            heapq.heappush(heap, (-gain, place))
        elif allowed(place, chosen):
            chosen.append(place)
            gains.append(gain)
            np.maximum(covered, field.similar[place], out=covered)
    return chosen, gains


def _gains(field: Field) -> Iterator[float]:
    """Yield what each place alone adds."""
    for start in range(0, len(field.rows), AT_ONCE):
        some = np.maximum(field.similar[start : start + AT_ONCE] - field.covered, 0.0)
        yield from (some @ field.weights).tolist()


def n_like(field: Field, place: int) -> int:
    """Return how many documents of the field are like one of them: more than half way to the same."""
    return int((field.similar[place] > 0.5).sum()) - 1
