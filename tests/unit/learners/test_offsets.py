"""Offsets of labels: by hand, on arrays small enough to count."""

import numpy as np
import pytest

from workbench.domain.questions import Question
from workbench.errors import InputError, UnknownNameError
from workbench.learners.linear_head import HeadConfig, fit_head
from workbench.learners.offsets import (
    best_threshold,
    choose_for_all,
    choose_for_each,
    f1_above,
    log_shares,
    unseen_figures,
)
from workbench.learners.tuned_head import fit_tuned_head, folds_by_answer, group_numbers, out_of_fold_logits

# Eight documents of label 0 and two of label 1; label 2 has none. The rare two lie just below the frequent.
COLUMNS = np.array([0] * 8 + [1] * 2)
LOGITS = np.array([[2.0, 0.0, -9.0]] * 7 + [[1.2, 0.0, -9.0]] + [[1.0, 0.0, -9.0]] * 2)
# Their log shares are -.223 and -1.609: a strength s raises label 1 over label 0 by 1.386 s.


def test_log_shares_leave_a_label_without_answers_alone():
    assert log_shares(COLUMNS, 3) == pytest.approx([np.log(0.8), np.log(0.2), 0.0])


def test_the_figures_of_a_strength_are_those_counted_by_hand():
    shares = log_shares(COLUMNS, 3)
    plain = unseen_figures(LOGITS, COLUMNS, shares, 0.0)
    assert (plain.accuracy, plain.recall) == (0.8, 0.5)
    assert plain.macro_f1 == pytest.approx((2 * 8 / 18 + 0) / 2)
    at_075 = unseen_figures(LOGITS, COLUMNS, shares, 0.75)  # 1.04: the two rare ones, and nothing else
    assert (at_075.accuracy, at_075.recall, at_075.macro_f1) == (1.0, 1.0, 1.0)
    at_1 = unseen_figures(LOGITS, COLUMNS, shares, 1.0)  # 1.386: the frequent one at 1.2 too
    assert (at_1.accuracy, at_1.recall) == (0.9, pytest.approx((7 / 8 + 1) / 2))


@pytest.mark.parametrize("aim", ["macro-f1", "recall"])
def test_the_weakest_strength_that_serves_the_aim_best_is_chosen(aim):
    chosen = choose_for_all([LOGITS], COLUMNS, aim, 0.0)
    assert chosen.offsets == pytest.approx(-0.75 * log_shares(COLUMNS, 3))


def test_recall_is_bought_with_the_accuracy_that_may_be_given_up_and_no_more():
    columns = np.array([0] * 9 + [1])
    logits = np.array([[2.0, 0.0]] * 6 + [[0.4, 0.0]] * 3 + [[0.5, 0.0]])  # shares .9 and .1: 2.197 s
    # Strength .25 (.549) finds the rare one and loses three frequent ones: accuracy .9 -> .7.
    assert choose_for_all([logits], columns, "recall", 0.2).offsets[1] == pytest.approx(-0.25 * np.log(0.1))
    assert choose_for_all([logits], columns, "recall", 0.19).offsets == pytest.approx([0.0, 0.0])


def test_points_to_give_up_are_counted_from_the_best_candidate_without_offsets():
    columns = np.array([0, 0, 0, 0, 1])
    right = np.array([[3.0, 0.0]] * 4 + [[0.0, 3.0]])
    wrong = np.array([[0.0, 3.0]] * 5)
    assert choose_for_all([wrong, right], columns, "recall", 0.1).candidate == 1
    assert choose_for_all([wrong, right], columns, "none", 1.0).candidate == 1


def test_without_an_aim_there_are_no_offsets():
    assert choose_for_all([LOGITS], COLUMNS, "none").offsets == pytest.approx([0.0, 0.0, 0.0])
    chosen = choose_for_each([LOGITS], np.eye(3, dtype=bool)[COLUMNS], "none")
    assert chosen.offsets == pytest.approx([0.0, 0.0, 0.0])


def test_a_threshold_lies_half_way_below_the_last_positive_that_pays():
    logits = np.array([3.0, -1.0, -2.0, -3.0, -4.0, -6.0, -7.0, -8.0, -9.0, -9.5])
    answers = np.array([1, 1, 1, 1, 0, 1, 0, 0, 0, 0], dtype=bool)
    # At 0: one of five, F1 2/6. At -3.5: four of five, none wrong, 8/9. At -6.5: five, one wrong, 10/11.
    assert f1_above(logits, answers, 0.0) == pytest.approx(2 / 6)
    assert best_threshold(logits, answers) == (pytest.approx(-6.5), pytest.approx(10 / 11))


def test_a_threshold_stays_where_it_is_without_gain_or_with_few_answers():
    logits = np.linspace(3.0, -3.0, 12)
    perfect = logits > 0
    assert best_threshold(logits, perfect) == (0.0, 1.0)
    few = np.arange(12) < 4
    assert best_threshold(logits - 3.0, few) == (0.0, pytest.approx(f1_above(logits - 3.0, few, 0.0)))
    same = np.full(12, -1.0)
    assert best_threshold(same, perfect) == (0.0, 0.0)


def test_labels_that_do_not_exclude_each_other_have_a_threshold_each():
    logits = np.array([[-1.0, 5.0]] * 6 + [[-3.0, -5.0]] * 6)
    targets = np.array([[True, True]] * 6 + [[False, False]] * 6)
    chosen = choose_for_each([logits], targets, "recall")
    assert chosen.offsets == pytest.approx([2.0, 0.0])
    assert not np.signbit(chosen.offsets[1])


def test_offsets_become_part_of_the_bias():
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(0.0, 1.0, (90, 4)), rng.normal(0.9, 1.0, (10, 4))]).astype(
        np.float32
    )
    columns = np.array([0] * 90 + [1] * 10)
    targets = np.eye(2, dtype=bool)[columns]
    question, texts = Question("topic", "textcat", ("many", "few")), [str(n) for n in range(100)]
    config = HeadConfig(offsets="recall", give_up=0.1)
    plain = fit_head(question, features, targets, config)
    tuned = fit_tuned_head(question, features, targets, config, texts)

    def logits_of(inside, outside):
        assert not set(inside) & set(outside)
        head = fit_head(question, features[inside], targets[inside], config)
        return features[outside] @ head.weights.T + head.bias

    logits = out_of_fold_logits(question, targets, texts, logits_of)
    chosen = choose_for_all([logits], columns, "recall", 0.1)
    assert chosen.offsets[1] > chosen.offsets[0] > 0
    assert tuned.weights == pytest.approx(plain.weights)
    assert tuned.bias == pytest.approx(plain.bias + chosen.offsets, abs=1e-5)


def test_too_few_answers_for_folds_leave_the_head_as_it_is():
    question = Question("topic", "textcat", ("a", "b"))
    features, targets = np.eye(2, dtype=np.float32), np.eye(2, dtype=bool)
    config = HeadConfig(offsets="recall")
    tuned = fit_tuned_head(question, features, targets, config, ["x", "y"])
    assert tuned.bias == pytest.approx(fit_head(question, features, targets, config).bias)


def test_texts_that_differ_in_case_and_space_share_a_fold_and_every_answer_is_in_all_folds():
    groups = group_numbers(["A  b", "a b", *map(str, range(20))])
    assert groups[:3].tolist() == [0, 0, 1]
    targets = np.eye(2, dtype=bool)[[0] * 12 + [1] * 10]
    folds = folds_by_answer(targets, groups)
    assert folds[0] == folds[1]
    assert set(folds[:12]) == set(folds[12:]) == set(range(5))


def test_an_aim_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownNameError, match="macro-f1"):
        HeadConfig(offsets="f1")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="give_up"):
        HeadConfig(give_up=1.5)
