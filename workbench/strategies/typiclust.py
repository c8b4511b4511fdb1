"""Typical documents of the clusters that nobody has answered yet: a first batch without a model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows, Utilities, Vectors
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.errors import InputError
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, vectors_for
from workbench.strategies.distances import nearest
from workbench.strategies.measures import best_first

NAME = "typiclust"
WHOLE_UP_TO = 5000  # rows; larger pools are clustered in small batches
ITERATIONS = 20
PASSES = 4  # over a large pool
MOST_COMPARED = 2000  # members of one cluster


@dataclass(frozen=True, slots=True)
class TypiClust:
    """The most typical document of each of the largest clusters without an answer.

    Hacohen, Dekel and Weinshall 2022, "Active Learning on a Budget: Opposite Strategies Suit High and
    Low Budgets" (ICML, arXiv:2202.02794). Candidates and answered documents together are clustered by
    k-means into as many clusters as there are answers and choices, at most `most_clusters`. Clusters
    are asked in turns: those with the fewest answers first, of these the largest. Typical is who is
    near its `n_neighbours` nearest neighbours in the cluster. Clusters of fewer than `least_members`
    are odd texts, which the paper leaves out; here they come last, so that a batch is full. Of a very
    large cluster a random part is compared.
    """

    most_clusters: int = 500
    n_neighbours: int = 20
    least_members: int = 5

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"vectors", "labelled_vectors"})
    uses: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if self.most_clusters < 1 or self.n_neighbours < 1:
            raise InputError("TypiClust needs at least one cluster and one neighbour.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows. Raises InputError when there are no vectors."""
        n = check_inputs(inputs, n)
        vectors = vectors_for(NAME, inputs)
        labelled = vectors_for(NAME, inputs, "labelled_vectors")
        if n == 0:
            return no_choice()
        with threadpool_limits(limits=1):
            k = min(n + len(labelled), self.most_clusters)
            clusters = clusters_of(np.concatenate([vectors, labelled], dtype=np.float32), k, rng)
            own = clusters[: len(vectors)]
            answered = np.bincount(clusters[len(vectors) :], minlength=k)
            rows = np.array(self._in_turns(vectors, own, answered, n, rng))
        sizes = np.bincount(own, minlength=k)
        reasons = [_reason(int(sizes[c]), int(answered[c])) for c in own[rows]]
        return choice(rows, sizes[own[rows]] / len(own), reasons)

    def _in_turns(
        self, vectors: Vectors, own: Rows, answered: Rows, n: int, rng: np.random.Generator
    ) -> list[int]:
        """Return n rows, one of each cluster in a turn."""
        sizes = np.bincount(own, minlength=len(answered)) + answered
        order = np.lexsort((-sizes, answered, sizes < self.least_members)).tolist()
        ranked: dict[int, list[int]] = {}
        rows: list[int] = []
        while len(rows) < n:
            for cluster in order:
                if cluster not in ranked:
                    ranked[cluster] = self._most_typical(vectors, np.flatnonzero(own == cluster), rng)
                if ranked[cluster] and len(rows) < n:
                    rows.append(ranked[cluster].pop(0))
        return rows

    def _most_typical(self, vectors: Vectors, members: Rows, rng: np.random.Generator) -> list[int]:
        """Return the members of a cluster, the most typical first and then those not compared."""
        compared, others = members, members[:0]
        if len(members) > MOST_COMPARED:
            drawn = rng.permutation(len(members))
            compared, others = (np.sort(members[part]) for part in np.split(drawn, [MOST_COMPARED]))
        values = typicality(vectors[compared], self.n_neighbours)
        return [*compared[best_first(values)].tolist(), *others.tolist()]


def clusters_of(vectors: Vectors, k: int, rng: np.random.Generator) -> Rows:
    """Return the cluster of each vector by k-means; where vectors are equal some clusters stay empty."""
    seed = int(rng.integers(2**31))
    model = (
        KMeans(k, n_init=1, max_iter=ITERATIONS, random_state=seed)
        if len(vectors) <= WHOLE_UP_TO
        else MiniBatchKMeans(k, n_init=1, batch_size=4096, max_iter=PASSES, random_state=seed)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different texts than clusters
        return np.asarray(model.fit_predict(vectors), dtype=np.int64)


def typicality(vectors: Vectors, n_neighbours: int) -> Utilities:
    """Return 1 / mean distance to the nearest others; 1 for a vector that is alone."""
    if len(vectors) < 2:
        return np.ones(len(vectors))
    k = min(n_neighbours + 1, len(vectors))  # each is its own nearest
    _, squared = nearest(vectors, vectors, k)
    means = np.sqrt(squared).sum(axis=1) / (k - 1)
    return np.asarray(1.0 / np.maximum(means, 1e-6))


def _reason(size: int, answered: int) -> str:
    if size == 1:
        return "unlike any other document that is not answered"
    said = f"{answered:,} like them answered" if answered else "none like them is answered yet"
    return f"typical of {size:,} documents of the pool; {said}"
