"""Offsets that are chosen on out-of-fold scores, and the linear head that has them in its bias."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.documents import folded_text
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores, Scores
from workbench.errors import NotEnoughDataError
from workbench.learners.linear_head import Features, HeadConfig, LinearHead, check_learnable, fit_head
from workbench.learners.offsets import Chosen, choose_for_all, choose_for_each

N_FOLDS = 5
LEAST = 1e-9  # float32 scores may be 0 or 1
# Learns from some rows and returns the logits `(k, l)` of others. May raise NotEnoughDataError.
LogitsOf: TypeAlias = Callable[[Rows, Rows], AnyArray]


def fit_tuned_head(
    question: Question, features: Features, targets: AnyArray, config: HeadConfig, texts: Sequence[str]
) -> LinearHead:
    """Fit a head on features `(n, d)` of texts, with the offsets that `config` asks for in its bias.

    With too few answers for five folds there are no offsets. Raises NotEnoughDataError as `fit_head`.
    """
    head = fit_head(question, features, targets, config)

    def logits_of(inside: Rows, outside: Rows) -> AnyArray:
        other = fit_head(question, features[inside], targets[inside], config)
        return np.asarray(features[outside] @ other.weights.T + other.bias)

    offsets = tuned_offsets(question, targets, config, texts=texts, logits_of=logits_of)
    return replace(head, bias=(head.bias + offsets).astype(np.float32))


def tuned_offsets(
    question: Question, targets: AnyArray, config: HeadConfig, *, texts: Sequence[str], logits_of: LogitsOf
) -> AnyArray:
    """Return the offsets `(l,)` that `config` asks for, chosen on logits of texts that were not learned from.

    `logits_of` learns from some rows and returns the logits of others: once a fold. With too few answers for
    five folds the offsets are 0.
    """
    none = np.zeros(targets.shape[1])
    if config.offsets == "none":
        return none
    logits = out_of_fold_logits(question, targets, texts, logits_of)
    return none if logits is None else offsets_for(question, [logits], targets, config).offsets


def offsets_for(
    question: Question, candidates: Sequence[AnyArray], targets: AnyArray, config: HeadConfig
) -> Chosen:
    """Choose among candidates by the way that the question's kind asks for."""
    if question.exclusive:
        return choose_for_all(candidates, targets.argmax(axis=1), config.offsets, config.give_up)
    return choose_for_each(candidates, targets, config.offsets)


def out_of_fold_logits(
    question: Question, targets: AnyArray, texts: Sequence[str], logits_of: LogitsOf
) -> AnyArray | None:
    """Return the logits `(n, l)` of each text by what was fitted without its fold; None when a fold fails."""
    fold_of = folds_by_answer(targets, group_numbers(texts))
    logits = np.zeros(targets.shape)
    for fold in range(N_FOLDS):
        inside, outside = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        if not len(outside):
            continue
        try:
            check_learnable(question, targets[inside])
            logits[outside] = logits_of(inside, outside)
        except NotEnoughDataError:
            return None
    return logits


def logits_from(scores: Scores) -> AnyArray:
    """Return logits `(n, l)` that have these scores; of an exclusive question their mean is left open.

    >>> two = np.array([[0.5, 0.25, 0.25]], dtype=np.float32)
    >>> logits_from(ClassScores(("a", "b", "c"), two, exclusive=True)).round(3).tolist()
    [[-0.693, -1.386, -1.386]]
    >>> logits_from(ClassScores(("a", "b", "c"), two, exclusive=False)).round(3).tolist()
    [[0.0, -1.099, -1.099]]
    """
    assert isinstance(scores, ClassScores)
    p = np.clip(scores.probabilities.astype(np.float64), LEAST, 1.0 - LEAST)
    return np.asarray(np.log(p) if scores.exclusive else np.log(p) - np.log1p(-p))


def group_numbers(texts: Sequence[str]) -> Rows:
    """Return a number for each text; texts that differ in case and white space only share it."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(folded_text(text), len(number)) for text in texts], dtype=np.int64)


def folds_by_answer(targets: AnyArray, groups: Rows) -> Rows:
    """Return the fold of each row: the groups of every answer are dealt out in turn, in their order."""
    fold_of_group: dict[int, int] = {}
    dealt: dict[bytes, int] = {}
    for answer, group in zip(targets, groups.tolist(), strict=True):
        if group not in fold_of_group:
            key = answer.tobytes()
            # Answers begin at different folds, so that many rare ones do not crowd the first.
            turn = dealt.setdefault(key, len(dealt))
            fold_of_group[group] = turn % N_FOLDS
            dealt[key] = turn + 1
    return np.array([fold_of_group[group] for group in groups.tolist()], dtype=np.int64)
