"""Documents that leave no other far from an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import AnyArray, Utilities, Vectors
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, vectors_for
from workbench.strategies.distances import nearest, products, squared_norms

NAME = "core-set"
FAR = "farthest from all documents that are answered or in this batch"
FIRST = "in the middle of the pool, of which nothing is answered yet"


@dataclass(frozen=True, slots=True)
class CoreSet:
    """The document farthest from what is answered, again and again: greedy k-centre.

    Sener and Savarese 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach"
    (ICLR, arXiv:1708.00489), the greedy algorithm. The answered documents are the first centres;
    without any the document nearest to the mean of the pool is. The distances to the nearest centre
    are all it keeps: memory grows with the pool only. Odd texts are farthest from everything: it asks
    about many of them.
    """

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"vectors", "labelled_vectors"})
    uses: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows with their distances as utilities; nothing is random.

        Raises InputError when there are no vectors.
        """
        n = check_inputs(inputs, n)
        vectors = vectors_for(NAME, inputs)
        labelled = vectors_for(NAME, inputs, "labelled_vectors")
        if n == 0:
            return no_choice()
        with threadpool_limits(limits=1):
            rows, values = farthest_first(vectors, labelled, n)
        reasons = [FAR] * n if len(labelled) else [FIRST, *[FAR] * (n - 1)]
        return choice(np.array(rows), np.array(values), reasons)


def farthest_first(vectors: Vectors, centres: Vectors, n: int) -> tuple[list[int], list[float]]:
    """Return n rows and how far from its nearest centre each was when it became one.

    Ties: the lower row. Without centres the first is the row nearest to the mean, at the distance of
    the farthest other.
    """
    lengths = squared_norms(vectors)
    apart: Utilities = np.full(len(vectors), np.inf)
    rows: list[int] = []
    values: list[float] = []
    if len(centres):
        apart = nearest(vectors, centres, 1)[1][:, 0]
    else:
        middle: AnyArray = np.asarray(np.mean(vectors, axis=0, dtype=np.float64))
        first = int(np.argmin(lengths - 2.0 * products(vectors, middle)))
        apart = _after(apart, vectors, lengths, first)
        rows, values = [first], [float(np.sqrt(max(apart.max(), 0.0)))]
    while len(rows) < n:
        row = int(np.argmax(apart))
        rows.append(row)
        values.append(float(np.sqrt(max(apart[row], 0.0))))
        apart = _after(apart, vectors, lengths, row)
    return rows, values


def _after(apart: Utilities, vectors: Vectors, lengths: Utilities, row: int) -> Utilities:
    """Return the squared distances to the nearest centre after a row has become one; -1 for itself."""
    own = lengths + lengths[row] - 2.0 * products(vectors, vectors[row])
    nearer = np.where(apart < 0.0, apart, np.minimum(apart, np.maximum(own, 0.0)))
    nearer[row] = -1.0
    return np.asarray(nearer)
