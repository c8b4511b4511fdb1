from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.errors import NotEnoughDataError
from workbench.usecases.score_folds import N_FOLDS, out_of_fold_scores, stratified_folds

QUESTION = Question("topic", "textcat", ("a", "b"))


class Remembering:
    """A fake model that is sure of b for every text it was fitted on, and of a for all others."""

    def __init__(self, seen: set[str]) -> None:
        self.seen = seen

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        rows = [[0.0, 1.0] if text in self.seen else [1.0, 0.0] for text in texts]
        return {"topic": ClassScores(("a", "b"), np.array(rows, dtype=np.float32))}

    def save(self, folder: Path) -> None:
        raise NotImplementedError


class RememberingLearner:
    kinds = frozenset({"textcat"})

    def fit(self, examples, *, seed, dev=None):  # type: ignore[no-untyped-def]
        return Remembering({example.text for example in examples[QUESTION]})

    def load(self, folder: Path) -> Remembering:
        raise NotImplementedError


class FoldedRemembering(Remembering):
    """Remembers texts without their case and spacing."""

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        return super().score([" ".join(text.lower().split()) for text in texts])


class FoldedRememberingLearner(RememberingLearner):
    def fit(self, examples, *, seed, dev=None):  # type: ignore[no-untyped-def]
        return FoldedRemembering({" ".join(e.text.lower().split()) for e in examples[QUESTION]})


def examples(n: int) -> list[Example]:
    return [Example(f"d{k}", f"text {k}", ("ab"[k % 2],)) for k in range(n)]


def test_no_document_is_scored_by_a_model_that_has_seen_it() -> None:
    scores = out_of_fold_scores(
        RememberingLearner(), QUESTION, examples(23), seed=0, rng=np.random.default_rng(0)
    )
    assert isinstance(scores, ClassScores)
    assert scores.probabilities[:, 0].tolist() == [1.0] * 23


def texts(n: int) -> list[str]:
    return [f"text {k}" for k in range(n)]


def test_every_answer_is_spread_over_all_folds() -> None:
    answers = [("a",)] * 20 + [("b",)] * 5
    folds = np.array(stratified_folds(answers, texts(25), np.random.default_rng(1)))
    assert sorted(folds[20:]) == [0, 1, 2, 3, 4]
    assert np.bincount(folds[:20], minlength=N_FOLDS).tolist() == [4] * N_FOLDS


def test_documents_with_the_same_text_share_a_fold_and_answers_are_spread_all_the_same() -> None:
    answers = [("a",), ("a",)] * 20 + [("b",), ("a",)] * 5
    twice = [text for text in texts(25) for _ in range(2)]
    folds = np.array(stratified_folds(answers, twice, np.random.default_rng(1)))
    assert (folds[::2] == folds[1::2]).all()
    assert np.bincount(folds, minlength=N_FOLDS).tolist() == [10] * N_FOLDS
    assert folds.tolist() == stratified_folds(answers, twice, np.random.default_rng(1))


def test_no_document_is_scored_by_a_model_that_has_seen_its_text_in_other_case_or_spacing() -> None:
    doubled = [
        Example(f"{example.document_id}{copy}", text, example.labels)
        for example in examples(20)
        for copy, text in enumerate((example.text, f"  {example.text.upper()}\n", example.text))
    ]
    scores = out_of_fold_scores(
        FoldedRememberingLearner(), QUESTION, doubled, seed=0, rng=np.random.default_rng(0)
    )
    assert isinstance(scores, ClassScores)
    assert scores.probabilities[:, 0].tolist() == [1.0] * 60


def test_too_few_answers_to_judge_by_are_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="10 are the least"):
        out_of_fold_scores(RememberingLearner(), QUESTION, examples(9), seed=0, rng=np.random.default_rng(0))


def test_few_texts_that_stand_many_times_are_too_few_to_judge_by() -> None:
    with pytest.raises(NotEnoughDataError, match="18 answers with 9 different texts are too few"):
        out_of_fold_scores(
            RememberingLearner(), QUESTION, examples(9) * 2, seed=0, rng=np.random.default_rng(0)
        )


def test_an_answer_that_is_too_rare_for_five_folds_is_named_with_its_own_count_and_a_way_out() -> None:
    class TwoLabels(RememberingLearner):
        def fit(self, examples, *, seed, dev=None):  # type: ignore[no-untyped-def]
            if len({example.labels for example in examples[QUESTION]}) < 2:
                raise NotEnoughDataError("9 examples have a: 9", hint="Label documents that answer with: b")
            return super().fit(examples, seed=seed)

    answers = [Example(f"d{k}", f"text {k}", ("b" if k == 3 else "a",)) for k in range(12)]
    with pytest.raises(
        NotEnoughDataError, match=r"by 5 folds of the 12 answers too few are with: b \(1\)"
    ) as caught:
        out_of_fold_scores(TwoLabels(), QUESTION, answers, seed=0, rng=np.random.default_rng(0))
    assert "9" not in str(caught.value)
    assert caught.value.hint.startswith("Label at least 5 documents with: b; or import a held-out set")
