"""A linear head whose offsets are chosen on out-of-fold scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.documents import folded_text
from workbench.domain.questions import Question
from workbench.errors import NotEnoughDataError
from workbench.learners.linear_head import Features, HeadConfig, LinearHead, fit_head
from workbench.learners.offsets import Chosen, choose_for_all, choose_for_each

N_FOLDS = 5


def fit_tuned_head(
    question: Question, features: Features, targets: AnyArray, config: HeadConfig, texts: Sequence[str]
) -> LinearHead:
    """Fit a head on features `(n, d)` of texts, with the offsets that `config` asks for in its bias.

    With too few answers for five folds there are no offsets. Raises NotEnoughDataError as `fit_head`.
    """
    head = fit_head(question, features, targets, config)
    if config.offsets == "none":
        return head
    logits = out_of_fold_logits(question, features, targets, config, texts)
    if logits is None:
        return head
    offsets = offsets_for(question, [logits], targets, config).offsets
    return replace(head, bias=(head.bias + offsets).astype(np.float32))


def offsets_for(
    question: Question, candidates: Sequence[AnyArray], targets: AnyArray, config: HeadConfig
) -> Chosen:
    """Choose among candidates by the way that the question's kind asks for."""
    if question.exclusive:
        return choose_for_all(candidates, targets.argmax(axis=1), config.offsets, config.give_up)
    return choose_for_each(candidates, targets, config.offsets)


def out_of_fold_logits(
    question: Question, features: Features, targets: AnyArray, config: HeadConfig, texts: Sequence[str]
) -> AnyArray | None:
    """Return the logits `(n, l)` of each text by a head fitted without its fold; None when a fold fails."""
    fold_of = folds_by_answer(targets, group_numbers(texts))
    logits = np.zeros(targets.shape)
    for fold in range(N_FOLDS):
        outside = fold_of == fold
        if not outside.any():
            continue
        try:
            head = fit_head(question, features[~outside], targets[~outside], config)
        except NotEnoughDataError:
            return None
        logits[outside] = features[outside] @ head.weights.T + head.bias
    return logits


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
