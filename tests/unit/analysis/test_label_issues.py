"""Planted wrong answers are found, and right ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cleanlab")

from workbench.analysis.label_issues import rank_label_sets, rank_labels, rank_tags
from workbench.errors import InputError

pytestmark = pytest.mark.slow


def sure_of(columns: list[int], n_columns: int, *, p: float = 0.9) -> np.ndarray:
    """Return probabilities of a model that is `p` sure of one column of each row."""
    table = np.full((len(columns), n_columns), (1 - p) / (n_columns - 1))
    table[np.arange(len(columns)), columns] = p
    return table


def test_a_planted_wrong_label_is_ranked_first() -> None:
    truth = [0, 1, 2] * 10
    given = list(truth)
    given[7] = 2  # the model is 97 % sure of 1
    probabilities = sure_of(truth, 3)
    probabilities[7] = [0.02, 0.97, 0.01]
    given[12] = 1  # and a little less here
    probabilities[12] = [0.92, 0.05, 0.03]
    issues = rank_labels(given, probabilities)
    assert [issue.row for issue in issues] == [7, 12]
    assert issues[0].quality == pytest.approx(0.01)


def test_right_answers_are_left_alone() -> None:
    truth = [0, 1, 2] * 10
    assert rank_labels(truth, sure_of(truth, 3)) == []


def test_probabilities_a_hair_above_one_and_labels_without_answers_are_taken() -> None:
    truth = [0, 1] * 10
    given = [1, *truth[1:]]
    probabilities = sure_of(truth, 4, p=1.0).astype(np.float32) * np.float32(1.00001)
    assert [issue.row for issue in rank_labels(given, probabilities)] == [0]


def test_one_label_alone_cannot_be_disputed() -> None:
    assert rank_labels([0, 0, 0], sure_of([0, 1, 0], 2)) == []
    assert rank_labels([], np.zeros((0, 2))) == []


def test_answers_that_do_not_pair_are_refused() -> None:
    with pytest.raises(InputError):
        rank_labels([0, 1, 0], sure_of([0, 1], 2))


def test_a_planted_wrong_set_of_labels_is_ranked_first() -> None:
    truth = [[0], [1], [0, 1], []] * 8
    probabilities = np.array([[0.9 if k in own else 0.1 for k in range(2)] for own in truth])
    given = [list(own) for own in truth]
    given[5] = [0]  # the model says 1 only
    assert next(issue.row for issue in rank_label_sets(given, probabilities)) == 5


def test_one_label_that_is_surely_wrong_comes_before_several_that_are_in_doubt() -> None:
    truth = [[0], [1], [2], [0, 1, 2]] * 8
    probabilities = np.array([[0.9 if k in own else 0.1 for k in range(3)] for own in truth])
    given = [list(own) for own in truth]
    given[5], given[9] = [0, 1], [0, 2]
    probabilities[5] = [0.02, 0.99, 0.01]  # one is surely too much
    probabilities[9] = [0.08, 0.92, 0.08]  # all are in doubt, but none as much
    issues = rank_label_sets(given, probabilities)
    assert [(issue.row, issue.quality) for issue in issues] == [
        (5, pytest.approx(0.02)),
        (9, pytest.approx(0.08)),
    ]


def test_a_planted_wrong_tag_is_ranked_first_and_empty_documents_are_passed_over() -> None:
    truth = [[0, 1, 2, 0], [0, 0, 1], [], [1, 0], [0, 1, 0]] * 6
    probabilities = [sure_of(tags, 3) if tags else np.zeros((0, 3)) for tags in truth]
    given = [list(tags) for tags in truth]
    given[6] = [0, 0, 0]  # a span was missed: the model is sure of tag 1 at the last word
    issues = rank_tags(given, probabilities)
    assert issues[0].row == 6
    assert issues[0].quality == pytest.approx(0.05)
    assert len(issues) == 1


def test_a_tag_that_the_model_hardly_knows_does_not_hide_a_planted_mistake_in_another() -> None:
    truth = [[0, 1, 0], [0, 2, 0]] * 10
    probabilities = [sure_of(tags, 3) for tags in truth]
    for row in range(1, 20, 2):  # it takes nearly every 2 for a 0, and so disputes right answers
        probabilities[row][1] = [0.96, 0.01, 0.03] if row < 19 else [0.05, 0.05, 0.9]
    given = [list(tags) for tags in truth]
    given[6] = [0, 0, 0]  # here it is right to dispute: it is nearly sure of 1
    issues = rank_tags(given, probabilities)
    assert issues[0].row == 6
    assert len(issues) > 1
    assert issues[0].quality == pytest.approx(0.05)
    assert issues[1].quality == pytest.approx(0.03)
