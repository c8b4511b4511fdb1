"""Batches that stand for the rest of the pool: greedy facility location.

A document covers another one by their similarity, and every document of the pool is covered as far as
the answered or chosen one most like it covers it. Greedily choosing what adds most comes within 1 - 1/e
of the best batch (Nemhauser, Wolsey & Fisher 1978, "An analysis of approximations for maximizing
submodular set functions"); Wei, Iyer & Bilmes 2015, "Submodularity in Data Subset Selection and Active
Learning", use it to choose what to ask. Weighing each document by how unsure the model is of it is the
uncertainty herding of Bae, Sutherland et al. 2025 (arXiv:2412.20644). Only near documents cover each
other noticeably, so that each one's nearest neighbours are looked at instead of all pairs (Lindgren, Wu &
Dimakis 2016, "Leveraging Sparsity for Efficient Submodular Data Summarization").
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Nearness, Rows, Utilities
from workbench.domain.neighbours import Neighbours
from workbench.domain.ports import StrategyInputs
from workbench.strategies.distances import nearness_of
from workbench.strategies.neighbourhoods import find_neighbours

MOST_LOOKED_AT = 8_000  # documents of which neighbours are found on the spot: about a second
AT_ONCE = 1 << 20
Similarities: TypeAlias = npt.NDArray[np.float32]
Allowed: TypeAlias = Callable[[int, Sequence[int]], bool]
Worth: TypeAlias = Callable[[Rows, Sequence[int]], Utilities]
MOST_REFUSED = 2_000  # places that may not join: a few texts over and over are not read to their end
MUCH_ALIKE = 0.5  # more than half way to the same


@dataclass(frozen=True, slots=True)
class Kernel:
    """How alike two texts are, from 0 to 1: nothing up to a cosine of `threshold`, then a power."""

    threshold: float
    power: int = 1

    def __call__(self, cosines: Similarities) -> Similarities:
        """Return the similarities float32 of cosines of any shape."""
        similar = cosines - np.float32(self.threshold)
        np.maximum(similar, 0.0, out=similar)
        similar /= np.float32(1.0 - self.threshold)
        return similar if self.power == 1 else np.power(similar, self.power, out=similar)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """N documents that cover each other, some of them open.

    `rows` (N,) are their rows among the candidates, -1 for what is not open; `similar` (e,) says how alike
    neighbours are; `weights` (N,) is 0 for what is not open, and `covered` (N,) how far each is covered by
    what was answered already.
    """

    neighbours: Neighbours
    similar: Similarities
    rows: Rows
    weights: Utilities
    covered: Similarities

    def around(self, place: int) -> tuple[npt.NDArray[np.int32], Similarities]:
        """Return the neighbours of a document, itself among them, and how alike they are."""
        some = slice(self.neighbours.starts[place], self.neighbours.starts[place + 1])
        return self.neighbours.others[some], self.similar[some]


def lay_out(
    inputs: StrategyInputs, weights: Utilities, kernel: Kernel, n: int, rng: np.random.Generator
) -> Field:
    """Return the field from which n of the candidates are to be chosen.

    Neighbours that are given are used, of any number of documents. Else they are found among the
    candidates, of a large pool among a sample drawn by the weights: there each document stands for an
    equal share of them, and only the sampled vectors are read.
    """
    assert inputs.vectors is not None
    given = inputs.neighbours
    candidates: Rows = np.arange(len(weights), dtype=np.int64)
    shares = weights
    if given is None:
        candidates = sample_by_weight(weights, max(MOST_LOOKED_AT, 10 * n), rng)
        shares = weights if len(candidates) == len(weights) else np.ones(len(candidates))
        given = find_neighbours(np.asarray(inputs.vectors[candidates], dtype=np.float32))
    rows = np.full(given.n_documents, -1, dtype=np.int64)
    rows[given.places] = candidates
    spread, covered = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.float32)
    spread[given.places] = shares
    covered[given.places] = kernel(_nearness(inputs, candidates))
    return Field(given, kernel(given.cosines), rows, spread, covered)


def _nearness(inputs: StrategyInputs, candidates: Rows) -> Nearness:
    """Return the cosine of some candidates to the answered document most like each."""
    if inputs.nearness is not None:
        return inputs.nearness[candidates]
    assert inputs.vectors is not None
    return nearness_of(inputs.vectors, inputs.labelled_vectors, candidates)


def sample_by_weight(weights: Utilities, n: int, rng: np.random.Generator) -> Rows:
    """Return n rows without repetition, in row order, drawn by weight; all of them where there are no more.

    Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir", with Gumbel keys.
    """
    if len(weights) <= n:
        return np.arange(len(weights), dtype=np.int64)
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + rng.gumbel(size=len(weights))
    return np.sort(np.argpartition(-keys, n - 1)[:n]).astype(np.int64)


def anybody(place: int, chosen: Sequence[int]) -> bool:
    """Let every place join."""
    return True


def alike(places: Rows, chosen: Sequence[int]) -> Utilities:
    """Say that all places are worth the same."""
    return np.ones(len(places))


def cover(
    field: Field, n: int, allowed: Allowed = anybody, worth: Worth = alike
) -> tuple[list[int], list[float]]:
    """Choose at most n open places of the field, the one that adds most first, and return what each adds.

    Lazily: what a document adds only falls while others are chosen (Minoux 1978, "Accelerated greedy
    algorithms"). `allowed` tells whether a place may join the chosen ones; where 2,000 may not, the batch stays
    as short as it is. What places add is multiplied by their `worth`, which may fall with the chosen ones too, and
    never rises. Ties: the lower place.
    """
    covered = field.covered.copy()
    could = np.flatnonzero(field.rows >= 0)
    heap = list(zip((-gains_of(field)[could] * worth(could, [])).tolist(), could.tolist(), strict=True))
    heapq.heapify(heap)
    chosen: list[int] = []
    gains: list[float] = []
    n_refused = 0
    while heap and len(chosen) < n and n_refused < MOST_REFUSED:
        _, place = heapq.heappop(heap)
        others, similar = field.around(place)
        gain = float(np.maximum(similar - covered[others], 0.0) @ field.weights[others])
        gain *= float(worth(np.array([place]), chosen)[0])
        if heap and (-gain, place) > heap[0]:
            heapq.heappush(heap, (-gain, place))
        elif allowed(place, chosen):
            chosen.append(place)
            gains.append(gain)
            covered[others] = np.maximum(covered[others], similar)
        else:
            n_refused += 1
    return chosen, gains


def gains_of(field: Field) -> Utilities:
    """Return what each place alone adds, `(N,)`."""
    return _sums(field, lambda some, others: np.maximum(field.similar[some] - field.covered[others], 0.0))


def crowds(field: Field) -> Utilities:
    """Return how much of the field is like each place, itself included, `(N,)`."""
    return _sums(field, lambda some, others: field.similar[some])


def _sums(field: Field, values: Callable[[slice, npt.NDArray[np.int32]], Similarities]) -> Utilities:
    """Return for each place the sum over its neighbours of some values times their weights."""
    starts = field.neighbours.starts
    sums = np.zeros(len(field.rows))
    first = 0
    while first < len(sums):
        last = max(int(np.searchsorted(starts, starts[first] + AT_ONCE, side="right")) - 1, first + 1)
        some = slice(starts[first], starts[last])
        others = field.neighbours.others[some]
        weighed = values(some, others) * field.weights[others]
        sums[first:last] = np.add.reduceat(weighed, starts[first:last] - starts[first])
        first = last
    return sums


def n_like(field: Field, place: int) -> tuple[int, bool]:
    """Return how many open documents are like a place, without itself, and whether there may be more.

    Like are those more than half way to the same. There may be more where all its nearest are like it.
    """
    others, similar = field.around(place)
    alike = others[(similar > MUCH_ALIKE) & (others != place)]
    return int((field.rows[alike] >= 0).sum()), len(alike) >= field.neighbours.n_nearest


def in_words(field: Field, place: int) -> str:
    """Say how many open documents are like a place."""
    n, may_be_more = n_like(field, place)
    if not n:
        return "no open document is like it"
    return f"{'at least ' * may_be_more}{n:,} open document{' is' if n == 1 else 's are'} like it"
