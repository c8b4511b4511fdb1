"""First documents by words, on a pool whose words can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.terms import Term, holds_word
from workbench.strategies.seeds import Seeds

TEXTS = (
    "I want a refund for the kettle",
    "Please REFUND my order of May",
    "Refunds are slow, said my neighbour",
    "I will cancel  my\naccount today",
    "The weather is nice in Lisbon",
    "Where can parcels be picked up",
    "Do you sell blue lamps as well",
)


def ask(terms: Sequence[Term], n: int, *, texts: Sequence[str] = TEXTS, seed: int = 0) -> Choice:
    vectors = np.eye(len(texts), 12, dtype=np.float32)
    inputs = StrategyInputs(len(texts), vectors=vectors, texts=texts, terms=terms)
    return Seeds()(inputs, n, np.random.default_rng(seed))


def test_whole_words_are_found_whatever_their_case_and_spaces() -> None:
    refund = ask([Term("Refund", "complaint")], 2)
    assert sorted(refund.rows) == [0, 1]
    assert refund.reasons[0] == "contains 'Refund', a word for 'complaint'"
    assert ask([Term("cancel my account")], 1).rows.tolist() == [3]
    assert ask([Term("cancel my account")], 1).reasons == ("contains 'cancel my account'",)


def test_labels_take_turns_whatever_the_number_of_their_words_and_documents() -> None:
    texts = (*(f"refund number {n} {'abcdefgh'[n] * 9}" for n in range(8)), "close it", "please cancel")
    terms = [Term("refund", "complaint"), Term("close", "churn"), Term("cancel", "churn")]
    found = ask(terms, 4, texts=texts)
    assert [reason.rpartition(" ")[2] for reason in found.reasons] == [
        "'complaint'",
        "'churn'",
        "'complaint'",
        "'churn'",
    ]
    assert {8, 9} < set(found.rows.tolist())


def test_what_the_words_do_not_fill_covers_the_rest_of_the_pool() -> None:
    found = ask([Term("kettle"), Term("nowhere")], 4)
    assert found.rows[0] == 0
    assert found.utilities.tolist() == [1, 0, 0, 0]
    assert len(set(found.rows.tolist())) == 4
    assert "nothing like it was asked yet" in found.reasons[1]


def test_near_copies_are_asked_once() -> None:
    texts = ["Please refund my order of May", "please refund my order of may!", "a refund for the blue lamp"]
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    inputs = StrategyInputs(3, vectors=vectors, texts=texts, terms=[Term("refund")])
    found = Seeds()(inputs, 3, np.random.default_rng(0))
    assert len(found.rows) == 2
    assert 2 in found.rows


def test_no_near_copy_of_a_text_beside_the_batch_is_asked_unless_nothing_else_is_left() -> None:
    texts = ["Please refund my order of May", "please refund my order of may!", "a refund for the blue lamp"]
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)

    def rows(beside: Sequence[str]) -> list[int]:
        inputs = StrategyInputs(3, vectors=vectors, texts=texts, terms=[Term("refund")], beside=beside)
        return Seeds()(inputs, 3, np.random.default_rng(0)).rows.tolist()

    assert rows(["refund my order of May, please"]) == [2]
    assert len(rows(["refund my order of May, please", "a refund for the blue lamp?"])) == 2


def test_chance_and_not_the_order_of_the_file_chooses_among_the_documents_of_a_word() -> None:
    firsts = {int(ask([Term("refund")], 1, seed=seed).rows[0]) for seed in range(12)}
    assert firsts == {0, 1}


def test_words_of_scripts_without_spaces_and_marks_on_letters_are_minded() -> None:
    assert holds_word("我要退款吗", "退款")
    assert holds_word("the 退款 form", "退款")
    assert not holds_word("किताब", "कित")  # the vowel sign goes on
    assert not holds_word("กิน", "ก")
    assert holds_word("ที่กิน", "กิน")  # the mark before it is the other word's
    assert holds_word("c++ course", "c++")
    assert not holds_word("abc++", "c++")
    assert holds_word("refundable refund", "refund")
