"""small-text's own loop with its own strategies, as a peer in benchmarks: same vectors, first rows and budgets.

Nothing of the workbench chooses here: `PoolBasedActiveLearner` retrains and asks, the rows come back round by
round, and whoever calls judges all by one head (`fit`) and one metric. `SECONDS` says which strategies a
benchmark can afford.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from small_text import (
    SEALS,
    AnchorSubsampling,
    BreakingTies,
    CategoryVectorInconsistencyAndRanking,
    ContrastiveActiveLearning,
    DiscriminativeActiveLearning,
    EmbeddingKMeans,
    GreedyCoreset,
    LeastConfidence,
    LightweightCoreset,
    PoolBasedActiveLearner,
    PredictionEntropy,
    RandomSampling,
    SklearnClassifier,
    SklearnClassifierFactory,
    SklearnDataset,
    SubsamplingQueryStrategy,
)
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows
from workbench.strategies.small_text_parts import one_thread_index, small_text_seeded

Fit = Callable[[Any, Any], Any]


def head() -> LogisticRegression:
    """Return the head that all learn with."""
    return LogisticRegression(C=20, max_iter=1000)


def fit_head(vectors: Any, targets: Any) -> Any:
    """Fit the head on targets (m,) of label numbers, or (m, l) of labels of their own."""
    model = OneVsRestClassifier(head()) if targets.ndim == 2 else head()
    return model.fit(vectors, targets)


class EmbeddingClassifier(SklearnClassifier):  # type: ignore[misc]
    """small-text's classifier over scikit-learn, with the vectors it was given for an embedding."""

    def embed(self, dataset: Any, return_proba: bool = False, pbar: Any = None, **_: Any) -> Any:
        """Return the vectors, and the probabilities if asked."""
        return (dataset.x, self.predict_proba(dataset)) if return_proba else dataset.x


class EmbeddingFactory(SklearnClassifierFactory):  # type: ignore[misc]
    """Makes classifiers that can embed."""

    def new(self) -> EmbeddingClassifier:
        """Return a new classifier that is not fitted yet."""
        return EmbeddingClassifier(head(), self.num_classes, **self.kwargs)


def discriminative() -> DiscriminativeActiveLearning:
    """Return the strategy with the same linear head, in ten steps."""
    return DiscriminativeActiveLearning(SklearnClassifierFactory(head(), 2), num_iterations=10, pbar=None)


def over_an_index(strategy: Any) -> Any:
    """Let a strategy build its index on one thread: on more, its links and so its rows differ each time."""
    strategy.initialize_index = one_thread_index
    return strategy


STRATEGIES: dict[str, Callable[[], Any]] = {
    "random": RandomSampling,
    "least-confidence": LeastConfidence,
    "breaking-ties": BreakingTies,
    "subsampling": lambda: SubsamplingQueryStrategy(BreakingTies(), subsample_size=4096),
    "prediction-entropy": PredictionEntropy,
    "discriminative": discriminative,
    "lightweight-coreset": LightweightCoreset,
    "embedding-kmeans": EmbeddingKMeans,
    "contrastive": lambda: ContrastiveActiveLearning(pbar=None),
    "greedy-coreset": GreedyCoreset,
    "cvirs": lambda: CategoryVectorInconsistencyAndRanking(pbar=None),
    "seals": lambda: over_an_index(SEALS(BreakingTies())),
    "anchor-subsampling": lambda: over_an_index(AnchorSubsampling(BreakingTies())),
}


# It refuses documents with any number of labels.
ONE_LABEL_ONLY = frozenset({"discriminative"})
# Seconds a query of 100 rows among 10,000 × 384 with 77 labels, one thread, 154 to 354 answers; the two over
# an index build it in their first query and take 0.4 and 1.5 s after it.
SECONDS = {
    "random": 0.0,
    "least-confidence": 0.03,
    "breaking-ties": 0.1,
    "subsampling": 0.1,
    "lightweight-coreset": 0.1,
    "discriminative": 0.5,
    "embedding-kmeans": 1.5,
    "cvirs": 1.5,  # labels of their own only
    "prediction-entropy": 3.1,
    "contrastive": 4.0,
    "anchor-subsampling": 18.0,
    "seals": 20.0,
    "greedy-coreset": 34.0,  # grows with the answers
}


@dataclass(frozen=True, slots=True)
class PeerCurve:
    """The rows of each round (the first are those given), the figure after it and the seconds of its query."""

    strategy: str
    rows: tuple[tuple[int, ...], ...]
    values: tuple[float, ...]
    seconds: tuple[float, ...]


def peer_curve(
    strategy_name: str,
    vectors: Any,
    targets: Any,
    test_vectors: Any,
    test_targets: Any,
    first_rows: Sequence[int],
    batch: int,
    rounds: int,
    seed: int,
    fit: Fit = fit_head,
) -> PeerCurve:
    """Run small-text's loop from the first rows: `rounds` batches of which these are the first.

    `targets` are label numbers (n,), or (n, l) for labels of their own. `fit(vectors, targets)` gives the
    head that judges, by macro-F1 on the test rows; small-text asks by a linear head of its own.
    """
    rows, seconds = [tuple(int(row) for row in first_rows)], [0.0]
    with small_text_seeded(np.random.default_rng(seed)):
        learner = started(strategy_name, vectors, targets, rows[0])
        for number in range(1, rounds):
            started_at = time.monotonic()
            asked = learner.query(num_samples=batch)
            seconds.append(time.monotonic() - started_at)
            rows.append(tuple(int(row) for row in asked))
            if number < rounds - 1:
                learner.update(as_theirs(targets[asked]))
    values = judged(rows, vectors, targets, test_vectors, test_targets, fit)
    return PeerCurve(strategy_name, tuple(rows), tuple(values), tuple(seconds))


def started(name: str, vectors: Any, targets: Any, first: Sequence[int]) -> PoolBasedActiveLearner:
    """Return small-text's learner, trained on the first rows."""
    several = targets.ndim == 2
    n_labels = targets.shape[1] if several else int(targets.max()) + 1
    dataset = SklearnDataset(vectors, as_theirs(targets), target_labels=np.arange(n_labels))
    factory = EmbeddingFactory(head(), n_labels, kwargs={"multi_label": several})
    learner = PoolBasedActiveLearner(factory, STRATEGIES[name](), dataset)
    known = np.array(first)
    learner.initialize_data(known, as_theirs(targets[known]))
    return learner


def as_theirs(targets: Any) -> Any:
    """Return targets as small-text holds them: sparse where a row has any number of labels."""
    return csr_matrix(targets.astype(np.int64)) if targets.ndim == 2 else targets


def judged(
    rows: Sequence[Sequence[int]], vectors: Any, targets: Any, test_vectors: Any, test_targets: Any, fit: Fit
) -> list[float]:
    """Return macro-F1 on the test rows after each round."""
    values: list[float] = []
    known: Rows = np.zeros(0, dtype=np.int64)
    for chosen in rows:
        known = np.concatenate([known, np.array(chosen, dtype=np.int64)])
        with threadpool_limits(limits=1):
            predicted = fit(vectors[known], targets[known]).predict(test_vectors)
        values.append(float(f1_score(test_targets, predicted, average="macro", zero_division=0.0)))
    return values
