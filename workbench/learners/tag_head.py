"""The head of the learner `tags`: multinomial logistic regression on word vectors and the marks of words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Rows
from workbench.domain.scores import TokenScores, tags_of
from workbench.domain.word_vectors import MARKS, WordVectors
from workbench.errors import InputError
from workbench.learners.tag_chain import tag_probabilities

AT_ONCE = 16_384  # words in one product
MARK_WEIGHT = np.float32(0.2)
N_MARK_FIGURES = 4 * len(MARKS)
NEVER = -1e4
CAPITAL_FIRST = 0  # which bit of the marks
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TagConfig:
    """How to fit a head of tags.

    `c` is the inverse strength of the L2 penalty. `offset` is added to the logit of every tag but O, so that
    spans are said more easily: strict F1 asks for more than the likelier tag. A first fit takes at most
    `max_iterations` steps of L-BFGS, one that goes on from an earlier head `warm_iterations`.
    """

    c: float = 3.0
    offset: float = 0.5
    max_iterations: int = 60
    warm_iterations: int = 10

    def __post_init__(self) -> None:
        if not (np.isfinite(self.c) and self.c > 0):
            raise InputError(f"The option 'c' must be a positive number, not {self.c}.")
        if not -10.0 <= self.offset <= 10.0:
            raise InputError(f"The option 'offset' must lie between -10 and 10, not {self.offset}.")
        for name in ("max_iterations", "warm_iterations"):
            if getattr(self, name) < 1:
                raise InputError(f"The option '{name}' must be at least 1, not {getattr(self, name)}.")


@dataclass(frozen=True, slots=True, eq=False)
class TagHead:
    """Weights `(t, d + m)` and bias `(t,)` of the tags of some labels, and the steps `(t + 1, t)` of their chain."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    steps: Floats
    offset: float

    def score(self, words: WordVectors) -> TokenScores:
        """Return the probabilities of every word's tags, over all legal sequences of its text."""
        with threadpool_limits(limits=1, user_api="blas"):
            logits = self._logits(words)
            logits[:, 1:] += np.float32(self.offset)
            probabilities = tag_probabilities(logits, words.bounds, self.steps)
        return TokenScores.of_flat(self.labels, words.words, probabilities, words.bounds)

    def _logits(self, words: WordVectors) -> Floats:
        """Return `(k, t)` float32, a product of many words at once; int8 becomes float32 only there."""
        width = words.codes.shape[1]
        of_vector = np.ascontiguousarray(self.weights[:, :width].T)
        logits = mark_figures(words) @ self.weights[:, width:].T
        for start in range(0, len(logits), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            products = words.codes[part].astype(np.float32) @ of_vector
            logits[part] += products * words.scales[part, None]
        logits += self.bias
        return logits


def features_of(words: WordVectors, rows: Rows) -> Floats:
    """Return what the head sees of some words, `(r, d + m)` float32."""
    vectors = words.codes[rows].astype(np.float32)
    vectors *= words.scales[rows, None]
    return np.concatenate([vectors, mark_figures(words)[rows]], axis=1)


def mark_figures(words: WordVectors) -> Floats:
    """Return `(k, m)` float32: the marks of the word, of the one before and the one after it, and how common
    capitals are in the text times the word's own: in a text of capitals a capital says nothing.
    """
    bits = np.unpackbits(words.marks[:, None], axis=1, bitorder="little").astype(np.float32)
    text = words.text_of_word
    same = (text[1:] == text[:-1])[:, None]
    figures = np.zeros((len(bits), 4, len(MARKS)), dtype=np.float32)
    figures[:, 0] = bits
    figures[1:, 1] = bits[:-1] * same
    figures[:-1, 2] = bits[1:] * same
    capitals = np.bincount(text, weights=bits[:, CAPITAL_FIRST], minlength=len(words))
    share = (capitals / np.maximum(words.lengths, 1)).astype(np.float32)
    figures[:, 3] = bits * share[text][:, None]
    figures *= MARK_WEIGHT
    return figures.reshape(len(bits), N_MARK_FIGURES)


def fit_tags(
    labels: tuple[str, ...],
    words: WordVectors,
    targets: Rows,
    config: TagConfig,
    *,
    steps: Floats,
    start: TagHead | None = None,
) -> TagHead:
    """Fit a head on the words whose tag is known; nothing is random.

    `targets` (k,) are numbers of tags, -1 where unknown. Tags of labels that no target has are never said.
    `start` is an earlier head of the same labels to go on from.
    """
    known = np.flatnonzero(targets >= 0)
    seen = _tags_of_seen_labels(targets[known], len(tags_of(labels)))
    features = features_of(words, known)
    columns = np.full(len(tags_of(labels)), -1)
    columns[seen] = np.arange(len(seen))
    n_iterations = config.max_iterations if start is None else config.warm_iterations
    first = np.zeros((len(seen), features.shape[1] + 1))
    if start is not None:
        first = np.concatenate([start.weights[seen], np.maximum(start.bias[seen], -10.0)[:, None]], axis=1)
    with threadpool_limits(limits=1, user_api="blas"):
        fitted = _fitted(features, columns[targets[known]], first, config.c, n_iterations)
    weights = np.zeros((len(columns), features.shape[1]), dtype=np.float32)
    bias = np.full(len(columns), NEVER, dtype=np.float32)
    weights[seen], bias[seen] = fitted[:, :-1], fitted[:, -1]
    return TagHead(labels, weights, bias, steps, config.offset)


def _tags_of_seen_labels(targets: Rows, n_tags: int) -> Rows:
    """Return O and both tags of each label that some target has, as numbers in order."""
    labels = np.unique((targets[targets > 0] - 1) // 2)
    found = np.concatenate([[0], 1 + 2 * labels, 2 + 2 * labels])
    return np.sort(found[found < n_tags]).astype(np.int64)


def _fitted(
    features: Floats, columns: Rows, first: npt.NDArray[Any], c: float, n_iterations: int
) -> npt.NDArray[Any]:
    """Return weights and bias `(s, d + 1)` of the least loss, the bias last; L-BFGS on float32 products."""
    loss = _loss(features, columns, first.shape, c)
    found = minimize(
        loss,
        first.ravel().astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": n_iterations, "maxcor": 8, "ftol": 1e-7, "gtol": 1e-4},
    )
    return np.asarray(found.x).reshape(first.shape)


def _loss(
    features: Floats, columns: Rows, shape: tuple[int, ...], c: float
) -> Callable[[npt.NDArray[Any]], tuple[float, npt.NDArray[Any]]]:
    rows = np.arange(len(columns))

    def loss(flat: npt.NDArray[Any]) -> tuple[float, npt.NDArray[Any]]:
        both = flat.reshape(shape)
        weights = both[:, :-1].astype(np.float32)
        logits = features @ weights.T + both[:, -1].astype(np.float32)
        logits -= logits.max(axis=1, keepdims=True)
        said = logits[rows, columns].astype(np.float64)
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1, keepdims=True)
        logits /= sums
        logits[rows, columns] -= 1.0
        gradient = np.concatenate([logits.T @ features, logits.sum(axis=0)[:, None]], axis=1).astype(float)
        gradient[:, :-1] += both[:, :-1] / c
        penalty = 0.5 * float((both[:, :-1] ** 2).sum()) / c
        return float((np.log(sums[:, 0].astype(np.float64)) - said).sum()) + penalty, gradient.ravel()

    return loss
