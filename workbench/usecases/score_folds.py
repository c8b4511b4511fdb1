"""Out-of-fold scores: every answered document scored by a model that has not seen it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.domain.documents import folded_text
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

    Documents with the same text share a fold. Raises NotEnoughDataError for fewer than ten texts, and
    when without one of the folds there is too little to learn from.
    """
    texts = [folded_text(example.text) for example in examples]
    if len(set(texts)) < 2 * N_FOLDS:
        of_texts = "" if len(set(texts)) == len(texts) else f" with {len(set(texts))} different texts"
        raise NotEnoughDataError(
            f"{len(examples)} answers{of_texts} are too few to judge a model by itself; "
            f"{2 * N_FOLDS} are the least.",
            hint="Label more documents, or import a held-out set (workbench import … --held-out).",
        )
    fold_of = stratified_folds([answer_of(example) for example in examples], texts, rng)
    parts: dict[int, Scores] = {}
    for fold in range(N_FOLDS):
        inside = [example for example, f in zip(examples, fold_of, strict=True) if f != fold]
        outside = [example for example, f in zip(examples, fold_of, strict=True) if f == fold]
        try:
            model = learner.fit({question: inside}, seed=seed)
        except NotEnoughDataError as error:
            raise too_few_for_folds(question, examples) from error
        parts[fold] = model.score([example.text for example in outside])[question.name]
    return joined(parts, fold_of)


def too_few_for_folds(question: Question, examples: Sequence[Example]) -> NotEnoughDataError:
    """Say which labels have too few answers to be in every fold; counts are those of all examples."""
    texts = {label: set[str]() for label in question.labels}
    for example in examples:
        for label in answer_of(example):
            texts.setdefault(label, set()).add(folded_text(example.text))
    rare = {label: len(found) for label, found in texts.items() if 0 < len(found) < N_FOLDS}
    counts = ", ".join(f"{label} ({n})" for label, n in list(rare.items())[:20])
    more = f"Label at least {N_FOLDS} documents with: {', '.join(list(rare)[:20])}" if rare else "Label more"
    return NotEnoughDataError(
        f"The model for '{question.name}' cannot be judged: there are no held-out answers, and for judging "
        f"by {N_FOLDS} folds of the {len(examples)} answers too few are "
        f"{f'with: {counts}' if rare else 'different'}.",
        hint=f"{more}; or import a held-out set (workbench import … --held-out).",
    )


def answer_of(example: Example) -> tuple[str, ...]:
    """Return the labels of an answer, or those of its spans, sorted."""
    return tuple(sorted(example.labels or {span.label for span in example.spans}))


def stratified_folds(
    answers: Sequence[tuple[str, ...]], texts: Sequence[str], rng: np.random.Generator
) -> list[int]:
    """Return the fold of each document, so that every answer's share is about equal in all folds.

    Documents with equal texts share a fold; they are dealt out as one, by their most frequent answer.
    Rare answers are dealt first, and of an answer the texts that stand most often; each goes to the
    fold that has least of the answer, then least of all. An answer with fewer than five texts is
    missing from some folds.
    """
    groups = rows_by_answer(answers, texts)
    fold_of = [0] * len(texts)
    sizes = [0] * N_FOLDS
    for answer in sorted(groups, key=lambda key: (len(groups[key]), key)):
        own = [0] * N_FOLDS
        shuffled = [groups[answer][place] for place in rng.permutation(len(groups[answer]))]
        for rows in sorted(shuffled, key=len, reverse=True):
            fold = min(range(N_FOLDS), key=lambda f: (own[f], sizes[f], f))
            own[fold] += len(rows)
            sizes[fold] += len(rows)
            for row in rows:
                fold_of[row] = fold
    return fold_of


def rows_by_answer(
    answers: Sequence[tuple[str, ...]], texts: Sequence[str]
) -> dict[tuple[str, ...], list[list[int]]]:
    """Return by answer the rows of each text, under the answer that the text has most often."""
    rows_of: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows_of.setdefault(text, []).append(row)
    groups: dict[tuple[str, ...], list[list[int]]] = {}
    for rows in rows_of.values():
        counts = Counter(answers[row] for row in rows)
        groups.setdefault(min(counts, key=lambda a: (-counts[a], a)), []).append(rows)
    return groups


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
