"""Batches that are uncertain and unlike each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows, Utilities, Vectors
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.errors import InputError
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, scores_for, vectors_for
from workbench.strategies.measures import best_first, utilities
from workbench.strategies.reasons import wavering_of

UNLIKE = "the other documents of the batch are different"
LEAST_WEIGHT = 1e-6


@dataclass(frozen=True, slots=True)
class ClusterMargin:
    """Margin candidates, clustered, and asked in turns from cluster to cluster.

    After Citovsky et al. 2021, "Batch Active Learning at Scale" (arXiv:2107.14263), who cluster the
    pool once by average linkage and take from the smallest clusters first. Here the
    `candidates_per_choice` · n documents of the highest margin utility are clustered by k-means into
    n clusters, heavy by their utility, and each gives the document nearest to its centre: with vectors
    of texts, small clusters are odd texts, and a document at the rim teaches less.
    """

    candidates_per_choice: int = 20
    n_iterations: int = 20

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"scores", "vectors"})
    uses: ClassVar[frozenset[str]] = frozenset({"texts"})

    def __post_init__(self) -> None:
        if self.candidates_per_choice < 1 or self.n_iterations < 1:
            raise InputError("Cluster-margin needs at least one candidate a choice and one iteration.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows: the heaviest cluster's first, then in turns until n are found.

        Raises InputError when there are no scores or no vectors.
        """
        n = check_inputs(inputs, n)
        scores = scores_for("cluster-margin", inputs)
        values = utilities(scores, "margin")
        vectors = vectors_for("cluster-margin", inputs)
        if n == 0:
            return no_choice()
        candidates = best_first(values)[: n * self.candidates_per_choice]
        clusters, closeness = self._clusters(vectors[candidates], values[candidates], n, rng)
        rows = candidates[in_turns(clusters, values[candidates], closeness)[:n]]
        wavers = wavering_of(scores, rows.tolist(), inputs)
        return choice(rows, values[rows], [f"{said}; {UNLIKE}" for said in wavers])

    def _clusters(
        self, vectors: Vectors, weights: Utilities, n: int, rng: np.random.Generator
    ) -> tuple[Rows, Utilities]:
        """Return the cluster of each vector and how near it lies to the centre, higher = nearer."""
        n_distinct = len(np.unique(vectors, axis=0))
        model = KMeans(min(n, n_distinct), n_init=1, max_iter=self.n_iterations, random_state=_seed(rng))
        with threadpool_limits(limits=1):  # the same sums on every machine, and no threads that wait
            clusters = model.fit_predict(vectors, sample_weight=np.maximum(weights, LEAST_WEIGHT))
        distances = np.linalg.norm(vectors - model.cluster_centers_[clusters], axis=1)
        return clusters.astype(np.int64), -distances.astype(np.float64)


def in_turns(clusters: Rows, weights: Utilities, closeness: Utilities) -> Rows:
    """Return all rows: the nearest of each cluster, then the second nearest of each, and so on.

    Within a turn the cluster with the highest sum of weights comes first. Ties: the lower cluster,
    then the lower row.
    """
    n_clusters = int(clusters.max()) + 1
    mass = np.bincount(clusters, weights=weights, minlength=n_clusters)
    within = np.lexsort((-closeness, clusters))  # by cluster, then nearest first
    starts = np.concatenate([[0], np.cumsum(np.bincount(clusters, minlength=n_clusters))[:-1]])
    turn = np.empty(len(clusters), dtype=np.int64)
    turn[within] = np.arange(len(clusters)) - starts[clusters[within]]
    order: Rows = np.lexsort((clusters, -mass[clusters], turn))
    return order


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
