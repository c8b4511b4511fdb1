"""A linear head: one row of weights a label, from logistic regression on features.

The light learners share it. A label without examples keeps a row of zeros and a bias so low that its
probability is exactly 0, so that scores always have all labels of their question in order.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import AnyArray, Vectors
from workbench.domain.examples import Example
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import ClassScores
from workbench.errors import (
    ArtefactError,
    InputError,
    NewerVersionError,
    NotEnoughDataError,
    UnknownNameError,
)
from workbench.learners.offsets import Aim, check_aim

HEADS_VERSION = 1
NEVER = -1e4
Balance: TypeAlias = Literal["none", "sqrt", "balanced"]
BALANCES: tuple[Balance, ...] = get_args(Balance)
Features: TypeAlias = Any  # (n, d): a numpy array or a scipy sparse matrix


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """How to fit a head.

    `c` is the inverse strength of the L2 penalty. `balance` weighs an example by 1 / count of its
    label ("balanced"), by its root ("sqrt") or not at all ("none"); the mean weight is 1. `offsets` are
    chosen on out-of-fold scores: for the highest "macro-f1", or for the mean "recall" of the labels at
    an accuracy at most `give_up` lower; six heads are then fitted instead of one.
    """

    c: float = 20.0
    balance: Balance = "none"
    max_iterations: int = 1000
    offsets: Aim = "none"
    give_up: float = 0.01

    def __post_init__(self) -> None:
        if not (np.isfinite(self.c) and self.c > 0):
            raise InputError(f"The option 'c' must be a positive number, not {self.c}.")
        if self.balance not in BALANCES:
            raise UnknownNameError("balance", self.balance, BALANCES)
        if self.max_iterations < 1:
            raise InputError(f"The option 'max_iterations' must be at least 1, not {self.max_iterations}.")
        check_aim(self.offsets, self.give_up)


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """Weights `(l, d)` and bias `(l,)` float32 of a question's labels, in their order."""

    labels: tuple[str, ...]
    exclusive: bool
    weights: Vectors
    bias: Vectors

    def score(self, features: Features) -> ClassScores:
        """Return the scores of features `(n, d)`: softmax when exclusive, else a sigmoid each."""
        logits = np.asarray(features @ self.weights.T, dtype=np.float64) + self.bias
        probabilities = softmax(logits) if self.exclusive else sigmoid(logits)
        return ClassScores(self.labels, probabilities.astype(np.float32), self.exclusive)


def softmax(logits: AnyArray) -> AnyArray:
    """Return probabilities of rows that sum to one."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def sigmoid(logits: AnyArray) -> AnyArray:
    """Return a probability for each value; exact 0 far below, no overflow."""
    falling = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1.0, falling) / (1.0 + falling))


def checked_targets(
    kinds: frozenset[Kind], examples: Mapping[Question, Sequence[Example]]
) -> dict[Question, AnyArray]:
    """Return the targets of each question, checked before anything expensive begins.

    Raises InputError without questions or for a kind that is not among `kinds`, and what `targets_of`
    and `check_learnable` raise.
    """
    if not examples:
        raise InputError("There is no question to learn.")
    targets = {}
    for question, answered in examples.items():
        if question.kind not in kinds:
            raise InputError(
                f"The question '{question.name}' is {question.kind}, not {' or '.join(sorted(kinds))}."
            )
        targets[question] = targets_of(question, answered)
        check_learnable(question, targets[question])
    return targets


def targets_of(question: Question, examples: Sequence[Example]) -> AnyArray:
    """Return `(n, l)` bool: which labels answer each example.

    Raises NotEnoughDataError without examples, UnknownNameError for a label the question does not
    have, and InputError for an exclusive question that is not answered by one label.
    """
    if not examples:
        raise NotEnoughDataError(f"The question '{question.name}' has no answers to learn from.")
    column = {label: i for i, label in enumerate(question.labels)}
    targets = np.zeros((len(examples), len(column)), dtype=bool)
    for row, example in enumerate(examples):
        if question.exclusive and len(example.labels) != 1:
            raise InputError(
                f"The question '{question.name}' takes one label, not {list(example.labels)}.",
                where=f"document {example.document_id}",
            )
        for label in example.labels:
            if label not in column:
                raise UnknownNameError(f"label of '{question.name}'", label, column)
            targets[row, column[label]] = True
    return targets


def check_learnable(question: Question, targets: AnyArray) -> None:
    """Raise NotEnoughDataError, with the counts, when the targets do not tell two answers apart.

    An exclusive question needs examples of two labels; any other one label that some examples have
    and some have not.
    """
    counts = targets.sum(axis=0)
    enough = (counts > 0).sum() >= 2 if question.exclusive else ((counts > 0) & (counts < len(targets))).any()
    if enough:
        return
    seen = [f"{label}: {count}" for label, count in zip(question.labels, counts, strict=True) if count]
    unseen = [label for label, count in zip(question.labels, counts, strict=True) if not count]
    need = "two labels" if question.exclusive else "a label that some documents have and others do not"
    raise NotEnoughDataError(
        f"The question '{question.name}' needs examples of {need}; "
        f"{len(targets)} examples have {', '.join(seen) or 'no label'}.",
        hint=f"Label documents that answer with: {', '.join(unseen[:20])}." if unseen else "",
    )


def fit_head(question: Question, features: Features, targets: AnyArray, config: HeadConfig) -> LinearHead:
    """Fit logistic regression on features `(n, d)` and targets `(n, l)` of a question.

    Multinomial for an exclusive question, one against the rest for each label else. One BLAS thread:
    on a busy machine two take far longer. Raises NotEnoughDataError as `check_learnable` does.
    """
    check_learnable(question, targets)
    with threadpool_limits(limits=1, user_api="blas"):
        if question.exclusive:
            weights, bias = _fit_exclusive(features, targets.argmax(axis=1), targets.shape[1], config)
        else:
            weights, bias = _fit_label_wise(features, targets, config)
    return LinearHead(
        question.labels, question.exclusive, weights.astype(np.float32), bias.astype(np.float32)
    )


def _fit_exclusive(
    features: Features, columns: AnyArray, n_labels: int, config: HeadConfig
) -> tuple[AnyArray, AnyArray]:
    weights = np.zeros((n_labels, features.shape[1]))
    bias = np.full(n_labels, NEVER)
    model = _fitted(features, columns, config)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two labels: their difference
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights[model.classes_], bias[model.classes_] = coefficients, intercepts
    return weights, bias


def _fit_label_wise(features: Features, targets: AnyArray, config: HeadConfig) -> tuple[AnyArray, AnyArray]:
    weights = np.zeros((targets.shape[1], features.shape[1]))
    bias = np.full(targets.shape[1], NEVER)
    for column, answers in enumerate(targets.T):
        if answers.all():
            bias[column] = np.log(len(answers) + 1)  # rule of succession: (n + 1) / (n + 2)
        elif answers.any():
            model = _fitted(features, answers.astype(np.int64), config)
            weights[column], bias[column] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _fitted(features: Features, classes: AnyArray, config: HeadConfig) -> Any:
    model = LogisticRegression(C=config.c, max_iter=config.max_iterations)
    with warnings.catch_warnings():
        # Many labels with an example or two each are the beginning of every project, not a mistake.
        warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
        return model.fit(features, classes, sample_weight=sample_weights(classes, config.balance))


def sample_weights(classes: AnyArray, balance: Balance) -> AnyArray:
    """Return a weight `(n,)` for each example by how rare its class is; the mean is 1."""
    counts = np.bincount(classes)[classes].astype(np.float64)
    weights = counts ** {"none": 0.0, "sqrt": -0.5, "balanced": -1.0}[balance]
    return np.asarray(weights / weights.mean())


def head_tensors(heads: Mapping[str, LinearHead]) -> dict[str, AnyArray]:
    """Return the weights of several questions' heads under names of their own."""
    return {
        f"{name}.{part}": getattr(head, part) for name, head in heads.items() for part in ("weights", "bias")
    }


def head_facts(heads: Mapping[str, LinearHead]) -> dict[str, Any]:
    """Return what is not a weight, as JSON values."""
    questions = [
        {"name": name, "exclusive": head.exclusive, "labels": list(head.labels)}
        for name, head in heads.items()
    ]
    return {"heads_version": HEADS_VERSION, "questions": questions}


def heads_from(facts: Any, tensors: Mapping[str, AnyArray], folder: Path) -> dict[str, LinearHead]:
    """Return the heads that `head_facts` and `head_tensors` described.

    Raises ArtefactError when facts and weights do not fit each other, NewerVersionError when a newer
    workbench wrote them.
    """
    where = str(folder)
    version = facts.get("heads_version") if isinstance(facts, dict) else None
    if isinstance(version, int) and version > HEADS_VERSION:
        raise NewerVersionError(
            f"Written by a newer workbench (heads {version}, known {HEADS_VERSION}).",
            where=where,
            hint="Update annotation-workbench.",
        )
    if version != HEADS_VERSION or not isinstance(facts.get("questions"), list):
        raise ArtefactError("It does not describe the heads of a model.", where=where)
    heads: dict[str, LinearHead] = {}
    for fact in facts["questions"]:
        name, head = _head_from(fact, tensors, where)
        heads[name] = head
    if set(tensors) != set(head_tensors(heads)):
        raise ArtefactError(f"The weights {sorted(tensors)} are not those of {sorted(heads)}.", where=where)
    return heads


def _head_from(fact: Any, tensors: Mapping[str, AnyArray], where: str) -> tuple[str, LinearHead]:
    try:
        name, labels, exclusive = fact["name"], fact["labels"], fact["exclusive"]
        weights, bias = tensors[f"{name}.weights"], tensors[f"{name}.bias"]
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"The description of a head lacks {error}.", where=where) from error
    texts = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    if not texts or type(exclusive) is not bool or len(set(labels)) != len(labels):
        raise ArtefactError(f"The labels of '{name}' are not a list of names.", where=where)
    if weights.ndim != 2 or len(weights) != len(labels) or bias.shape != (len(labels),):
        raise ArtefactError(f"The weights of '{name}' do not fit its {len(labels)} labels.", where=where)
    return name, LinearHead(tuple(labels), exclusive, weights, bias)
