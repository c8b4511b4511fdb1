"""Strategies for taggers, on sentences that can be counted by hand."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import DocumentTokenScores, TokenScores
from workbench.errors import InputError
from workbench.strategies.words import Mnlp, TokenEntropy, TotalTokenEntropy

SURE, HALF, EVEN = (1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (1 / 3, 1 / 3, 1 / 3)


def tagged(*documents):
    made = []
    for rows in documents:
        words = np.array([(2 * n, 2 * n + 1) for n in range(len(rows))], dtype=np.int32).reshape(-1, 2)
        made.append(DocumentTokenScores(words, np.array(rows, dtype=np.float32).reshape(-1, 3)))
    return TokenScores(("PER",), tuple(made))


def ask(strategy, scores, n=9, n_words=None):
    return strategy(StrategyInputs(len(scores), scores=scores, n_words=n_words), n, np.random.default_rng(0))


LONG_AND_SURE = [SURE] * 18 + [HALF] * 2
SHORT_AND_UNSURE = [SURE, HALF]


def test_a_long_sentence_is_not_asked_for_its_length():
    # Two unsure words each; the geometric means of the best tags are .25^(1/20) and .5^(1/2).
    choice = ask(Mnlp(), tagged(LONG_AND_SURE, SHORT_AND_UNSURE, []))
    assert choice.rows.tolist() == [1, 0, 2]
    assert choice.utilities == pytest.approx([1 - 0.5**0.5, 1 - 0.25 ** (1 / 20), 0])
    assert choice.reasons[0] == "of 2 words the model is least sure at word 2: nothing or the start of 'PER'"
    assert choice.reasons[2] == "no word of it has a score"


def test_token_entropy_is_that_of_each_annotated_word():
    choice = ask(TokenEntropy(), tagged(LONG_AND_SURE, SHORT_AND_UNSURE, [EVEN]))
    half = np.log(2) / np.log(3)
    assert choice.rows.tolist() == [2, 1, 0]
    assert choice.utilities == pytest.approx([1, half / 2, 2 * half / 20], abs=1e-6)


def test_total_token_entropy_is_the_sum_over_the_words():
    choice = ask(TotalTokenEntropy(), tagged(LONG_AND_SURE, SHORT_AND_UNSURE, [EVEN]))
    half = np.log(2) / np.log(3)
    assert choice.rows.tolist() == [0, 2, 1]
    assert choice.utilities == pytest.approx([2 * half, 1, half], abs=1e-6)


def test_a_document_can_cost_something_beside_its_words():
    choice = ask(TokenEntropy(cost_per_word=1, cost_per_document=3), tagged([EVEN], [EVEN, EVEN]))
    assert choice.rows.tolist() == [1, 0]
    assert choice.utilities == pytest.approx([2 / 5, 1 / 4], abs=1e-6)


def test_words_between_spaces_are_what_is_paid_for():
    # The tagger cuts "nyc!!" in three; an annotator reads one word.
    choice = ask(TokenEntropy(), tagged([EVEN] * 3, [EVEN] * 2), n_words=np.array([1, 2]))
    assert choice.rows.tolist() == [0, 1]
    assert choice.utilities == pytest.approx([3, 1], abs=1e-6)


def test_a_script_without_spaces_is_paid_for_by_scored_words():
    choice = ask(TokenEntropy(), tagged([EVEN] * 12, [EVEN]), n_words=np.array([1, 1]))
    assert choice.utilities == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("costs", [(0, 0), (-1, 2), (np.nan, 1)])
def test_senseless_costs_are_refused(costs):
    with pytest.raises(InputError, match="cost"):
        TokenEntropy(*costs)
