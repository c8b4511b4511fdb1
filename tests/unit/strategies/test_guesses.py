"""What the names of labels and a few answers say about documents, in a plane where one can see it."""

import numpy as np
import pytest

from tests.unit.strategies.test_auto import around, ask, class_scores
from workbench.domain.label_names import LabelNames
from workbench.domain.ports import StrategyInputs
from workbench.errors import InputError
from workbench.strategies.coverage import Kernel, lay_out
from workbench.strategies.first_batch import within_labels
from workbench.strategies.guesses import guesses_of, trust_in


def names(*degrees):
    return LabelNames(tuple("abcd"[: len(degrees)]), around(*degrees))


def targets_of(*labels, n=2):
    return np.eye(n, dtype=np.bool_)[list(labels)]


def guess(vectors, **inputs):
    return guesses_of(StrategyInputs(len(vectors), vectors=vectors, **inputs))


def test_a_document_is_guessed_to_have_the_label_whose_name_is_nearest():
    vectors = around(0, 10, 80, 100, 200)
    found = guess(vectors, label_names=names(5, 90))
    assert found.labels(vectors).tolist() == [0, 0, 1, 1, -1]  # no name is near the last one
    probable = found.probabilities(vectors)
    assert probable.sum(axis=1) == pytest.approx(np.ones(5))
    assert probable[0, 0] > 0.99
    assert probable.dtype == np.float32


def test_a_centre_moves_from_its_name_to_the_documents_near_it():
    vectors = around(*[40] * 50, *[90] * 50)
    found = guess(vectors, label_names=names(0, 90))
    # 48 degrees are nearer to the name of the second label, and now to the documents of the first.
    assert found.probabilities(around(48))[0].argmax() == 0


def test_answers_move_a_centre_too():
    answered = {
        "labelled_vectors": around(*[40] * 30, *[90] * 30),
        "labelled_targets": targets_of(*[0] * 30, *[1] * 30),
    }
    found = guess(around(0, 90), label_names=names(0, 90), **answered)
    assert found.trust == 1.0
    assert found.probabilities(around(48))[0].argmax() == 0


def test_names_that_answers_contradict_are_not_believed():
    vectors = around(*[10] * 20, *[80] * 20)
    answered = {
        "labelled_vectors": around(*[80] * 30, *[10] * 30),
        "labelled_targets": targets_of(*[0] * 30, *[1] * 30),
    }
    assert guess(vectors, label_names=names(0, 90), **answered) is None
    told = ask(1, vectors=vectors, label_names=names(0, 90), **answered)
    assert "called" not in told.reasons[0]


def test_names_are_trusted_as_far_as_they_are_right_more_often_than_chance():
    two = names(0, 90)
    assert trust_in(two, None, None) == trust_in(two, around()[:0].reshape(0, 2), targets_of()) == 1.0
    # 30 answers, 20 of them as the nearest name says, and ten right ones on trust: 30 of 40, chance 1 of 2.
    right, wrong = around(*[0] * 20), around(*[0] * 10)
    answers = targets_of(*[0] * 20, *[1] * 10)
    assert trust_in(two, np.concatenate([right, wrong]), answers) == pytest.approx((0.75 - 0.5) / 0.5)
    assert trust_in(two, around(*[0] * 90), targets_of(*[1] * 90)) == 0.0


def test_without_names_of_two_labels_nothing_is_guessed():
    vectors = around(0, 90)
    assert guess(vectors) is None
    assert guess(vectors, label_names=names(0)) is None
    assert guess(around(0)[:0], label_names=names(0, 90)).labels(around(0)[:0]).tolist() == []


def test_names_of_another_encoder_or_of_other_labels_are_refused():
    wide = LabelNames(("a", "b"), np.eye(2, 3, dtype=np.float32))
    with pytest.raises(InputError, match="not of one encoder"):
        ask(1, vectors=around(0, 90), label_names=wide)
    with pytest.raises(InputError, match="names of 2 labels for 3 labels"):
        ask(
            1, vectors=around(0, 90), label_names=names(0, 90), labelled_targets=np.eye(3, dtype=np.bool_)[:0]
        )
    with pytest.raises(InputError, match="1 vectors for the names of 2 labels"):
        LabelNames(("a", "b"), around(0))


def test_documents_of_different_guessed_labels_do_not_cover_each_other():
    vectors = around(0, 20, 40, 60, 200)
    field = lay_out(StrategyInputs(5, vectors=vectors), np.ones(5), Kernel(0.4), 5, np.random.default_rng(0))
    parted = within_labels(field, np.array([0, 0, 1, 1, -1]))
    others, similar = parted.around(1)
    assert others[similar > 0].tolist() == [0, 1]
    # Two labels of two documents each weigh alike; the one without a guess keeps its weight.
    assert parted.weights.tolist() == pytest.approx([1.0] * 5)
    lopsided = within_labels(field, np.array([0, 0, 0, 1, -1])).weights
    assert lopsided[3] / lopsided[0] == pytest.approx(3**0.5)
    assert lopsided.sum() == pytest.approx(5.0)


def test_the_first_batch_asks_about_each_label_that_the_names_tell_apart():
    """Nine documents of one label and two of another lie side by side: without names one stands for all."""
    vectors = around(*range(0, 36, 4), 36, 40)
    chosen = ask(2, vectors=vectors, label_names=names(0, 60)).rows
    assert {row >= 9 for row in chosen.tolist()} == {True, False}
    reasons = ask(1, vectors=vectors, label_names=names(0, 60)).reasons
    assert reasons[0].startswith("going by what the labels are called it may be 'a'; ")
    assert {row >= 9 for row in ask(2, vectors=vectors).rows.tolist()} == {False}


def test_names_that_are_near_to_few_documents_part_nothing():
    vectors = around(*range(0, 36, 4), 36, 40, *range(180, 260, 4))
    assert (
        ask(4, vectors=vectors, label_names=names(0, 60)).rows.tolist()
        == ask(4, vectors=vectors).rows.tolist()
    )


def test_with_a_model_names_say_which_label_lacks_answers():
    """The model knows `a` and `b` only and doubts both documents as much; the name of `c` is near the second."""
    vectors = around(0, 180)
    scores = class_scores([0.5, 0.5, 0.0], [0.5, 0.5, 0.0])
    answered = {
        "labelled_vectors": around(*[90] * 20, *[270] * 20),
        "labelled_targets": targets_of(*[0] * 20, *[1] * 20, n=3),
    }
    told = {"vectors": vectors, "scores": scores, **answered}
    assert ask(1, **told).rows.tolist() == [0]
    assert ask(1, **told, label_names=names(90, 270, 180)).rows.tolist() == [1]
    # Names that answers have shown to be wrong are not asked.
    assert ask(1, **told, label_names=names(270, 90, 180)).rows.tolist() == [0]
