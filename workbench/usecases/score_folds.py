"""Out-of-fold scores: every answered document scored by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.domain.examples import Example
from workbench.domain.ports import Learner
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.errors import NotEnoughDataError

N_FOLDS = 5


def out_of_fold_scores(
    learner: Learner, question: Question, examples: Sequence[Example], *, seed: int, rng: np.random.Generator
) -> Scores:
    """Return the scores of the examples, in their order, from stratified 5-fold cross-fitting.

    Raises NotEnoughDataError for fewer than ten examples.
    """
    if len(examples) < 2 * N_FOLDS:
        raise NotEnoughDataError(
            f"{len(examples)} answers are too few to judge a model by itself; {2 * N_FOLDS} are the least.",
            hint="Label more documents, or import a held-out set (workbench import … --held-out).",
        )
    fold_of = stratified_folds([e.labels or tuple({s.label for s in e.spans}) for e in examples], rng)
    parts: dict[int, Scores] = {}
    for fold in range(N_FOLDS):
        inside = [example for example, f in zip(examples, fold_of, strict=True) if f != fold]
        outside = [example for example, f in zip(examples, fold_of, strict=True) if f == fold]
        model = learner.fit({question: inside}, seed=seed)
        parts[fold] = model.score([example.text for example in outside])[question.name]
    return joined(parts, fold_of)


def stratified_folds(answers: Sequence[tuple[str, ...]], rng: np.random.Generator) -> list[int]:
    """Return the fold of each answer, so that every answer's share is about equal in all folds.

    Answers are dealt out like cards, group by group, rare groups first; a group of fewer than five
    is missing from some folds.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, answer in enumerate(answers):
        groups.setdefault(tuple(sorted(answer)), []).append(row)
    fold_of = [0] * len(answers)
    dealt = 0
    for answer in sorted(groups, key=lambda key: (len(groups[key]), key)):
        for row in rng.permutation(groups[answer]):
            fold_of[int(row)] = dealt % N_FOLDS
            dealt += 1
    return fold_of


def joined(parts: dict[int, Scores], fold_of: Sequence[int]) -> Scores:
    """Put the scores of the folds back into the order of the examples."""
    taken = dict.fromkeys(parts, 0)
    rows: list[tuple[int, int]] = []
    for fold in fold_of:
        rows.append((fold, taken[fold]))
        taken[fold] += 1
    first = next(iter(parts.values()))
    if isinstance(first, ClassScores):
        stacked = np.stack([class_row(parts[fold], row) for fold, row in rows])
        return ClassScores(first.labels, stacked, first.exclusive)
    return TokenScores(first.labels, tuple(token_row(parts[fold], row) for fold, row in rows))


def class_row(scores: Scores, row: int) -> AnyArray:
    """Return one document's probabilities."""
    assert isinstance(scores, ClassScores)
    found: AnyArray = scores.probabilities[row]
    return found


def token_row(scores: Scores, row: int) -> DocumentTokenScores:
    """Return one document's words and tag probabilities."""
    assert isinstance(scores, TokenScores)
    return scores.documents[row]
