"""What small-text is given instead of a model: a classifier over cached scores and vectors, and a seed.

Nothing here imports small-text, torch or scikit-learn at the top: that takes 6 to 12 seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from workbench.domain.arrays import AnyArray, Rows, Samples, Targets, Vectors
from workbench.domain.scores import ClassScores, Scores
from workbench.errors import InputError

UNLABELLED = -1
# They draw from `RandomState()`, which no seed reaches: `init_kmeans_plusplus_safe` gets another one here.
UNSEEDED = (
    "small_text.query_strategies.subsampling",
    "small_text.integrations.pytorch.query_strategies.strategies",
)
KMEANS = "init_kmeans_plusplus_safe"


@dataclass(frozen=True, slots=True)
class CachedClassifier:
    """A classifier for small-text that looks up what is known: the data set's `x` are row numbers.

    Rows are the candidates first, then the answered documents. `samples` (s, n, l) are of the candidates.
    """

    num_classes: int
    probabilities: AnyArray | None = None
    vectors: Vectors | None = None
    samples: Samples | None = None
    multi_label: bool = False

    def predict(self, dataset: Any, return_proba: bool = False) -> Any:
        """Return the best label of each row, or a sparse matrix of those above one half."""
        probabilities = self.predict_proba(dataset)
        if self.multi_label:
            from scipy.sparse import csr_matrix

            answers = csr_matrix((probabilities > 0.5).astype(np.int64))
        else:
            answers = probabilities.argmax(axis=1)
        return (answers, probabilities) if return_proba else answers

    def predict_proba(self, dataset: Any, dropout_sampling: int = 1) -> AnyArray:
        """Return probabilities (n, l), or (n, s, l) of as many Monte-Carlo samples as are asked."""
        rows = rows_of(dataset)
        if dropout_sampling > 1:
            samples = _given(self.samples, "samples")
            return np.asarray(samples[:dropout_sampling, rows].transpose(1, 0, 2))
        return np.asarray(_given(self.probabilities, "scores")[rows])

    def embed(self, dataset: Any, return_proba: bool = False, **_: object) -> Any:
        """Return the vectors of the rows, with their probabilities (None without scores) if asked."""
        vectors = _given(self.vectors, "vectors")[rows_of(dataset)]
        if not return_proba:
            return vectors
        return vectors, None if self.probabilities is None else self.predict_proba(dataset)


def _given(values: AnyArray | None, what: str) -> AnyArray:
    if values is None:
        raise InputError(f"This strategy of small-text asks for {what}, which it did not name.")
    return values


def rows_of(dataset: Any) -> Rows:
    """Return the row numbers that a data set of `row_dataset`, or a view on it, stands for."""
    return np.asarray(dataset.x[:, 0], dtype=np.int64)


def row_dataset(n: int) -> Any:
    """Return small-text's data set of n rows, each with its number for a feature and no label."""
    return dataset_of(np.arange(n, dtype=np.int64)[:, np.newaxis])


def dataset_of(features: AnyArray) -> Any:
    """Return small-text's data set of these features without labels."""
    from small_text import SklearnDataset

    return SklearnDataset(features, np.full(len(features), UNLABELLED), target_labels=np.arange(2))


def class_scores(strategy: str, scores: Scores) -> ClassScores:
    """Return scores of at least two labels, or raise InputError: small-text knows neither spans nor one label."""
    known = of_documents(strategy, scores)
    if len(known.labels) < 2:
        raise InputError(
            f"The strategy '{strategy}' compares labels, and there is only {len(known.labels)}.",
            hint="Add a label to the question, or choose 'least-confidence'.",
        )
    return known


def of_documents(strategy: str, scores: Scores) -> ClassScores:
    """Return the scores when they are of whole documents, or raise InputError: small-text has nothing for spans."""
    if not isinstance(scores, ClassScores):
        raise InputError(
            f"The strategy '{strategy}' compares labels of whole documents; small-text has nothing for spans.",
            hint="Choose a strategy of the workbench, or one of small-text's that needs vectors only.",
        )
    return scores


def some_answers(strategy: str, labelled: AnyArray) -> int:
    """Return how many documents are answered; raise InputError when none is."""
    if not len(labelled):
        raise InputError(
            f"The strategy '{strategy}' starts from answered documents, and there is none.",
            hint="Label some documents first, chosen by the strategy 'auto' or 'random'.",
        )
    return len(labelled)


def answers_of(targets: Targets | None, *, exclusive: bool) -> Any:
    """Return answers as small-text holds them: label numbers, or a sparse matrix for labels of their own."""
    if targets is None:
        return np.zeros(0, dtype=np.int64)
    if exclusive:
        return np.asarray(targets.argmax(axis=1))
    from scipy.sparse import csr_matrix

    return csr_matrix(targets.astype(np.int64))


@contextmanager
def small_text_seeded(rng: np.random.Generator) -> Iterator[None]:
    """Seed what small-text draws from, on one thread and without its warnings; afterwards all is as before."""
    from threadpoolctl import threadpool_limits

    seed = int(rng.integers(2**32))
    before, originals = np.random.get_state(), {}
    np.random.seed(seed)
    try:
        for name in UNSEEDED:
            module = import_module(name)
            originals[name] = getattr(module, KMEANS)
            setattr(module, KMEANS, _seeded_kmeans(originals[name], seed))
        with threadpool_limits(limits=1), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, original in originals.items():
            setattr(import_module(name), KMEANS, original)
        np.random.set_state(before)


def _seeded_kmeans(original: Any, seed: int) -> Any:
    state = np.random.RandomState(seed)

    def seeded(*arguments: Any, **named: Any) -> Any:
        return original(*arguments, **{**named, "random_state": state})

    return seeded


def one_thread_index(embeddings: Vectors, rows: Rows, options: dict[str, Any]) -> Any:
    """Build small-text's index of nearest neighbours on one thread: on more, its links differ each time."""
    import hnswlib

    index = hnswlib.Index(space="l2", dim=embeddings.shape[1])
    index.init_index(max_elements=len(embeddings), ef_construction=200, M=64)
    index.set_num_threads(1)
    index.add_items(embeddings[rows], rows)
    index.set_ef(options.get("ef", 200))
    return index
