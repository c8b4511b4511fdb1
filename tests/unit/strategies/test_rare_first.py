"""Asking where rare labels are likely."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.errors import InputError
from workbench.strategies.diversity import ClusterMargin
from workbench.strategies.rare_first import RareFirst, label_probabilities, rare_labels

LABELS = ("order", "complaint", "praise")


def answers(*counts):
    return np.repeat(np.eye(3, dtype=np.bool_), counts, axis=0)


def ask(scores, targets, n, **options):
    inputs = StrategyInputs(len(scores), scores=scores, labelled_targets=targets)
    return RareFirst(**options)(inputs, n, np.random.default_rng(0))


def of_labels(*rows, exclusive=True):
    return ClassScores(LABELS, np.array(rows, dtype=np.float32), exclusive)


def test_a_label_is_rare_with_half_of_the_mean_or_less():
    assert rare_labels(np.array([30, 3, 8, 0])) == [3, 1]
    assert rare_labels(np.array([10, 9, 10])) == [1]
    assert rare_labels(np.array([0, 0, 0])) == [0, 1, 2]
    assert rare_labels(np.array([5])) == [0]
    assert rare_labels(np.array([], dtype=np.int64)) == []


def test_rare_labels_choose_in_turns_the_rarest_first():
    p = of_labels([0.3, 0.6, 0.1], [0.3, 0.5, 0.2], [0.4, 0.1, 0.5], [0.4, 0.2, 0.4], [1, 0, 0])
    choice = ask(p, answers(40, 3, 1), 4)
    assert choice.rows.tolist() == [2, 0, 3, 1]
    assert choice.reasons[:2] == (
        "it may be 'praise', which has only one answer so far",
        "it may be 'complaint', which has only 3 answers so far",
    )


def test_where_no_label_is_rare_the_reason_says_that_one_has_the_fewest_answers():
    choice = ask(of_labels([0.3, 0.7, 0], [0.9, 0, 0.1]), answers(30, 20, 25), 1)
    assert choice.reasons == ("it may be 'complaint', which has the fewest answers of all, 20, so far",)


def test_of_two_likely_ones_the_less_sure_comes_first():
    # .95 · (1 + .1) / 2 = .5225 and .7 · (1 + .6) / 2 = .56
    choice = ask(of_labels([0.05, 0.95, 0], [0.3, 0.7, 0]), answers(40, 0, 40), 2)
    assert choice.rows.tolist() == [1, 0]
    assert choice.utilities == pytest.approx([0.56, 0.5225], abs=1e-5)
    assert choice.reasons[0] == "it may be 'complaint', which has no answers so far"


def test_a_document_wanted_by_two_labels_is_asked_once():
    choice = ask(of_labels([0, 0.5, 0.5], [0.9, 0.1, 0], [0.9, 0, 0.1]), answers(40, 1, 1), 3)
    assert choice.rows.tolist() == [0, 2, 1]


def test_where_no_rare_label_is_likely_another_strategy_fills_the_batch():
    choice = ask(of_labels([0.9, 0.02, 0.08], [0.5, 0.0, 0.5], [0.2, 0.8, 0.0]), answers(40, 0, 30), 3)
    assert choice.rows.tolist() == [2, 1, 0]
    assert choice.utilities[1:].tolist() == [0, 0]
    assert choice.reasons[1] == "no rare label is likely here; the model wavers between 'order' and 'praise'"


def test_labels_of_their_own_are_sought_by_their_own_probability():
    choice = ask(of_labels([0.9, 0.1, 0.9], [0.9, 0.6, 0.9], exclusive=False), answers(9, 1, 9), 1)
    assert choice.rows.tolist() == [1]


def test_a_rare_kind_of_span_is_sought_at_its_likeliest_word():
    tags = np.array([[0.7, 0.1, 0.0, 0.1, 0.1], [0.3, 0.0, 0.0, 0.3, 0.4]], dtype=np.float32)
    document = DocumentTokenScores(np.array([[0, 1], [2, 3]], dtype=np.int32), tags)
    empty = DocumentTokenScores(np.zeros((0, 2), dtype=np.int32), np.zeros((0, 5), dtype=np.float32))
    scores = TokenScores(("PER", "LOC"), (empty, document))
    assert label_probabilities(scores) == pytest.approx(np.array([[0, 0], [0.1, 0.7]]), abs=1e-6)
    choice = ask(scores, np.array([[True, False]] * 9), 2)
    assert choice.rows.tolist() == [1, 0]
    assert choice.reasons[0] == "it may be 'LOC', which has no answers so far"


def test_answers_to_other_labels_are_refused():
    with pytest.raises(InputError, match="know 2 labels, the scores 3"):
        ask(of_labels([0.9, 0.1, 0]), np.ones((1, 2), dtype=np.bool_), 1)


def test_the_rest_can_only_be_chosen_by_what_it_is_given():
    with pytest.raises(InputError, match="rest of the batch"):
        RareFirst(rest=ClusterMargin())
