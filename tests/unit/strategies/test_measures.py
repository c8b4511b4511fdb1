"""Measures on arrays small enough to check by hand."""

import numpy as np
import pytest

from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.errors import UnknownNameError
from workbench.strategies import measures
from workbench.strategies.measures import MEASURES, any_label_doubts, best_first, utilities

LABELS = ("billing", "delivery", "other")


def exclusive(*rows):
    return ClassScores(LABELS, np.array(rows, dtype=np.float32))


def label_wise(*rows):
    return ClassScores(LABELS, np.array(rows, dtype=np.float32), exclusive=False)


def words(*documents):
    made = []
    for document in documents:
        p = np.array(document, dtype=np.float32).reshape(-1, 3)
        offsets = np.array([(2 * i, 2 * i + 1) for i in range(len(p))], dtype=np.int32).reshape(-1, 2)
        made.append(DocumentTokenScores(offsets, p))
    return TokenScores(("PER",), tuple(made))


def test_least_confidence_is_one_minus_the_best():
    assert utilities(exclusive([0.5, 0.3, 0.2], [1, 0, 0]), "least-confidence") == pytest.approx([0.5, 0])


def test_margin_is_one_minus_best_and_second():
    assert utilities(exclusive([0.5, 0.3, 0.2], [0.2, 0.4, 0.4]), "margin") == pytest.approx([0.8, 1])


def test_entropy_is_one_for_equal_probabilities_and_zero_for_certainty():
    values = utilities(exclusive([1 / 3, 1 / 3, 1 / 3], [0, 1, 0], [0.5, 0.5, 0]), "entropy")
    assert values == pytest.approx([1, 0, np.log(2) / np.log(3)], abs=1e-6)


def test_label_wise_margin_is_the_mean_over_labels():
    # Distances from one half, doubled: 1, 0 and 0.5; their mean is 0.5.
    assert utilities(label_wise([1.0, 0.5, 0.75]), "margin") == pytest.approx([0.5])


def test_label_wise_entropy_is_the_mean_over_labels():
    assert utilities(label_wise([1.0, 0.5, 0.5], [0, 0, 1]), "entropy") == pytest.approx([2 / 3, 0])


def test_label_wise_least_confidence_looks_at_the_least_certain_label():
    assert utilities(label_wise([0.9, 0.4, 0.0]), "least-confidence") == pytest.approx([0.4])


def test_word_least_confidence_is_the_geometric_mean_of_the_best_tags():
    values = utilities(words([[0.9, 0.1, 0], [0.4, 0.3, 0.3]], [[1, 0, 0]]), "least-confidence")
    assert values == pytest.approx([1 - np.sqrt(0.9 * 0.4), 0], abs=1e-6)


def test_word_margin_is_that_of_the_worst_word():
    values = utilities(words([[1, 0, 0], [0.5, 0.3, 0.2], [0.9, 0.1, 0]]), "margin")
    assert values == pytest.approx([0.8])


def test_word_entropy_is_the_mean_over_words():
    values = utilities(words([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]]), "entropy")
    assert values == pytest.approx([0.5], abs=1e-6)


def test_a_repeated_document_has_the_utility_of_one_copy():
    once, twice = [[0.6, 0.3, 0.1]], [[0.6, 0.3, 0.1]] * 2
    for measure in MEASURES:
        first, second = utilities(words(once, twice), measure)
        assert first == pytest.approx(second)


@pytest.mark.parametrize("measure", MEASURES)
def test_documents_without_words_have_utility_zero_wherever_they_stand(measure):
    sure, unsure = [[1, 0, 0]], [[0.4, 0.4, 0.2]]
    values = utilities(words([], sure, [], [], unsure, []), measure)
    assert values[[0, 1, 2, 3, 5]] == pytest.approx([0] * 5)
    assert values[4] > 0


@pytest.mark.parametrize("measure", MEASURES)
def test_a_document_has_the_same_utility_alone_and_among_others(measure):
    rng = np.random.default_rng(0)
    documents = [rng.dirichlet(np.ones(3), size=k) for k in (2, 0, 3, 1, 0, 0, 4)]
    alone = [utilities(words(document), measure)[0] for document in documents]
    assert utilities(words(*documents), measure) == pytest.approx(alone)


@pytest.mark.parametrize("measure", MEASURES)
def test_documents_beyond_those_looked_at_at_once_have_their_own_utility(measure, monkeypatch):
    p = np.random.default_rng(4).dirichlet(np.ones(5), 23).astype(np.float32)
    in_one = utilities(ClassScores(tuple("abcde"), p), measure)
    monkeypatch.setattr(measures, "AT_ONCE", 20)
    np.testing.assert_array_equal(utilities(ClassScores(tuple("abcde"), p), measure), in_one)
    assert len(set(in_one)) == 23


@pytest.mark.parametrize("measure", MEASURES)
def test_no_documents_give_no_utilities(measure):
    assert utilities(TokenScores(("PER",), ()), measure).shape == (0,)
    for is_exclusive in (True, False):
        empty = ClassScores(LABELS, np.zeros((0, 3), dtype=np.float32), is_exclusive)
        assert utilities(empty, measure).shape == (0,)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("is_exclusive", [True, False])
def test_a_question_without_labels_has_nothing_to_ask(measure, is_exclusive):
    scores = ClassScores((), np.zeros((2, 0), dtype=np.float32), is_exclusive)
    assert utilities(scores, measure).tolist() == [0, 0]


@pytest.mark.parametrize("measure", MEASURES)
def test_a_single_certain_label_has_nothing_to_ask(measure):
    scores = ClassScores(("only",), np.ones((2, 1), dtype=np.float32))
    assert utilities(scores, measure).tolist() == [0, 0]


@pytest.mark.parametrize("measure", MEASURES)
def test_utilities_stay_between_zero_and_one(measure):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(3, 0.05), size=500).astype(np.float32)
    for scores in (ClassScores(LABELS, p), ClassScores(LABELS, p, exclusive=False), words(p)):
        values = utilities(scores, measure)
        assert values.dtype == np.float64
        assert ((values >= 0) & (values <= 1)).all()


def test_best_first_keeps_equal_utilities_in_row_order():
    assert best_first(np.array([0.2, 0.9, 0.2, 0.9, 0.1])).tolist() == [1, 3, 0, 2, 4]
    assert best_first(np.tile([0.5, 0.1], 500)).tolist() == [*range(0, 1000, 2), *range(1, 1000, 2)]


def test_an_unknown_measure_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'margin'"):
        utilities(exclusive([1, 0, 0]), "margins")


def test_any_label_is_doubted_by_the_share_of_answers_without_one():
    scores = ClassScores(("a", "b"), np.array([[0.9, 0.4], [0.0, 0.1]], dtype=np.float32), exclusive=False)
    assert any_label_doubts(scores, 0.0) == pytest.approx([0.1, 0.9])  # 1 - best
    assert any_label_doubts(scores, 1.0) == pytest.approx([0.8, 0.2])  # 2 min(p, 1 - p) of the least certain
    assert any_label_doubts(scores, 0.25) == pytest.approx([0.275, 0.725])
    none = ClassScores((), np.zeros((2, 0), dtype=np.float32), exclusive=False)
    assert any_label_doubts(none, 0.5).tolist() == [0.5, 0.5]
