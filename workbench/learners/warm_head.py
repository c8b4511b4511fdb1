"""A linear head that is fitted again after every few answers, in a fraction of the time of a new fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import AnyArray, Rows, Vectors
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import hash_examples
from workbench.domain.scores import ClassScores
from workbench.errors import NotEnoughDataError
from workbench.learners.linear_head import (
    NEVER,
    Balance,
    HeadConfig,
    LinearHead,
    check_learnable,
    fit_head,
    sample_weights,
    sigmoid,
)

ROWS_AT_ONCE = 4096
Doubles = npt.NDArray[np.float64]
Loss = Callable[[AnyArray], tuple[float, Doubles]]


@dataclass(frozen=True, slots=True)
class WarmConfig:
    """How to fit again: `c` and `balance` as in `HeadConfig`, with the defaults of `linear`.

    The fit ends with a step that lowers the loss by less than the share `least_gain`.
    """

    c: float = 20.0
    balance: Balance = "sqrt"
    max_iterations: int = 30
    least_gain: float = 5e-4
    anchor_every: int = 100

    @property
    def cold(self) -> HeadConfig:
        """How to fit from nothing."""
        return HeadConfig(c=self.c, balance=self.balance)


class AnchoredHead:
    """Heads of a growing list of answers, each fitted warm and still a function of the answers alone.

    A head that starts from the one before it depends on when that one was fitted: a process that was
    killed, or that was slower and fitted less often, would rank otherwise afterwards, and nobody could
    say which head ranked a batch. So every head starts from its anchor instead: the head of the first
    100 * k answers, fitted from nothing. At most 99 answers lie between the two, which is what makes the
    fit short. The anchor is kept under the hash of its answers: after a restart it is fitted again, once,
    and when an early answer changes it is another one.
    """

    def __init__(self, config: WarmConfig | None = None) -> None:
        self.config = config or WarmConfig()
        self._anchor: tuple[tuple[object, ...], LinearHead | None] | None = None

    def fit(
        self, question: Question, examples: Sequence[Example], vectors: Vectors, targets: AnyArray
    ) -> LinearHead:
        """Return the head of the examples, in their order, with vectors `(m, d)` and targets `(m, l)`.

        Raises NotEnoughDataError when they do not tell two answers apart.
        """
        check_learnable(question, targets)
        n_before = (len(examples) - 1) // self.config.anchor_every * self.config.anchor_every
        anchor = self._anchor_of(question, examples[:n_before], vectors, targets) if n_before else None
        if anchor is None:
            return fit_head(question, vectors, targets, self.config.cold)
        return refit(question, vectors, targets, start=anchor, config=self.config)

    def _anchor_of(
        self, question: Question, first: Sequence[Example], vectors: Vectors, targets: AnyArray
    ) -> LinearHead | None:
        """Return the head of the first answers, None when there is nothing to learn from them."""
        key = (question.name, question.kind, question.labels, hash_examples(first))
        if self._anchor is None or self._anchor[0] != key:
            n = len(first)
            try:
                self._anchor = (key, fit_head(question, vectors[:n], targets[:n], self.config.cold))
            except NotEnoughDataError:
                self._anchor = (key, None)
        return self._anchor[1]


@dataclass(frozen=True, slots=True, eq=False)
class NamedHead:
    """A head that exists while it ranks: named by what it learned, never stored."""

    id: str
    head: LinearHead

    @property
    def training(self) -> str:
        """What it follows from: that is its name."""
        return self.id

    def score(self, places: Rows, vectors: Any) -> ClassScores:
        """Return the scores of vectors `(n, d)`; where their documents stand in the pool does not matter."""
        return score_in_pieces(self.head, vectors)


def refit(
    question: Question, vectors: Vectors, targets: AnyArray, *, start: LinearHead, config: WarmConfig
) -> LinearHead:
    """Fit a head on vectors `(m, d)` float32 and targets `(m, l)`, beginning at another head.

    It minimises what `fit_head` minimises, in float32 and with few steps. Labels are those of the
    question; one without examples is never said. One BLAS thread: on a busy machine two take far longer.
    """
    counts = targets.sum(axis=0)
    learned = counts > 0 if question.exclusive else (counts > 0) & (counts < len(targets))
    loss = exclusive_loss if question.exclusive else label_wise_loss
    found = np.concatenate([start.weights, start.bias[:, None]], axis=1)[learned].astype(np.float64)
    found[found[:, -1] == NEVER] = 0.0  # the anchor has not met this label
    with threadpool_limits(limits=1, user_api="blas"):
        best = minimize(
            loss(vectors, targets[:, learned], config),
            found.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": config.max_iterations, "ftol": config.least_gain, "gtol": 1e-6},
        ).x.reshape(found.shape)
    weights = np.zeros((len(learned), vectors.shape[1]), dtype=np.float32)
    bias = np.full(len(learned), NEVER, dtype=np.float32)
    weights[learned], bias[learned] = best[:, :-1], best[:, -1]
    if not question.exclusive:
        bias[counts == len(targets)] = np.log(len(targets) + 1)  # as in `fit_head`: rule of succession
    return replace(start, labels=question.labels, weights=weights, bias=bias)


def score_in_pieces(head: LinearHead, vectors: Any) -> ClassScores:
    """Return the scores of vectors `(n, d)` in float32, some thousand rows at a time.

    The numbers are those of `LinearHead.score` but for rounding, in a third of its time and memory.
    `vectors` may be anything that gives rows of an array.
    """
    p = np.empty((len(vectors), len(head.labels)), dtype=np.float32)
    weights = np.ascontiguousarray(head.weights.T)
    with threadpool_limits(limits=1, user_api="blas"):
        for start in range(0, len(p), ROWS_AT_ONCE):
            some = p[start : start + ROWS_AT_ONCE]
            np.matmul(vectors[start : start + ROWS_AT_ONCE], weights, out=some)
            some += head.bias
            if head.exclusive:
                some -= some.max(axis=1, keepdims=True)
                np.exp(some, out=some)
                some /= some.sum(axis=1, keepdims=True)
            else:
                some[...] = sigmoid(some)
    return ClassScores(head.labels, p, head.exclusive)


def exclusive_loss(vectors: Vectors, targets: AnyArray, config: WarmConfig) -> Loss:
    """Return the summed cross entropy and its slope as a function of weights and bias `(l * (d + 1),)`.

    The L2 penalty and the weights of examples are those of `fit_head`; two labels share one row of weights.
    """
    n_labels = targets.shape[1]
    right = np.flatnonzero(targets.ravel())
    counts = sample_weights(targets.argmax(axis=1), config.balance)
    penalty = (2.0 if n_labels == 2 else 1.0) / config.c
    inputs = _with_ones(vectors)

    def loss(flat: AnyArray) -> tuple[float, Doubles]:
        weights = flat.reshape(n_labels, -1).astype(np.float32)
        p = inputs @ weights.T
        p -= p.max(axis=1, keepdims=True)
        value = -float(counts @ p.ravel()[right])
        np.exp(p, out=p)
        sums = p.sum(axis=1, keepdims=True)
        value += float(counts @ np.log(sums[:, 0], dtype=np.float64))
        p /= sums
        p.ravel()[right] -= 1.0
        p *= counts.astype(np.float32)[:, None]
        return _penalised(value, p.T @ inputs, weights, penalty)

    return loss


def label_wise_loss(vectors: Vectors, targets: AnyArray, config: WarmConfig) -> Loss:
    """Return the logistic loss, summed over labels, and its slope, as `exclusive_loss` does."""
    n_labels = targets.shape[1]
    said = targets.astype(np.float32)
    counts = np.stack(
        [sample_weights(column.astype(np.int64), config.balance) for column in targets.T], axis=1
    )
    inputs = _with_ones(vectors)

    def loss(flat: AnyArray) -> tuple[float, Doubles]:
        weights = flat.reshape(n_labels, -1).astype(np.float32)
        logits = inputs @ weights.T
        p = np.exp(-np.abs(logits))
        value = float((counts * (np.log1p(p) + np.maximum(logits, 0) - logits * said)).sum())
        p = (np.where(logits >= 0, 1, p) / (1 + p) - said) * counts.astype(np.float32)
        return _penalised(value, p.T @ inputs, weights, 1.0 / config.c)

    return loss


def _with_ones(vectors: Vectors) -> Vectors:
    return np.concatenate([vectors, np.ones((len(vectors), 1), dtype=np.float32)], axis=1)


def _penalised(value: float, slope: AnyArray, weights: AnyArray, penalty: float) -> tuple[float, Doubles]:
    """Add the L2 penalty of the weights; the bias, their last column, is free."""
    inner = weights[:, :-1]
    value += 0.5 * penalty * float(np.einsum("ij,ij->", inner, inner, dtype=np.float64))
    slope = slope.astype(np.float64)
    slope[:, :-1] += penalty * inner
    return value, slope.ravel()
