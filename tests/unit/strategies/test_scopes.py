"""Which words of a document are asked, by hand and for any scores."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.decoding import spans_of_document, words_under
from workbench.domain.runs import Proposal
from workbench.domain.scores import DocumentTokenScores
from workbench.strategies.scopes import LEAST_APART, LEAST_DOUBT, MOST, doubtful_scope

LABELS = ("PER",)
SURE_O, SURE_B, SURE_I = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
TORN, HALF, QUARTER = (0.5, 0.5, 0.0), (0.75, 0.25, 0.0), (0.875, 0.125, 0.0)
Row = tuple[float, float, float]


def scored(*rows: Row) -> tuple[DocumentTokenScores, str]:
    """Return a text of one-letter words with these probabilities of O, B-PER and I-PER."""
    text = " ".join("abcdefghijklmnopqrstuvwxyz"[: len(rows)])
    words = np.array([[2 * n, 2 * n + 1] for n in range(len(rows))], dtype=np.int32).reshape(-1, 2)
    return DocumentTokenScores(words, np.array(rows, dtype=np.float32).reshape(-1, 3)), text


def asked(*rows: Row) -> list[str] | None:
    """Return the pieces of text that are asked."""
    document, text = scored(*rows)
    scope = doubtful_scope(document, LABELS, text)
    return None if scope is None else [text[start:end] for start, end in scope]


def test_the_most_doubtful_word_is_asked_with_one_word_on_each_side() -> None:
    assert asked(SURE_O, SURE_O, SURE_O, TORN, SURE_O, SURE_O) == ["c d e"]


def test_at_the_edge_of_a_text_there_is_one_side_only() -> None:
    assert asked(TORN, SURE_O, SURE_O, SURE_O, SURE_O) == ["a b"]
    assert asked(SURE_O, SURE_O, SURE_O, SURE_O, TORN) == ["d e"]


def test_words_with_half_the_doubt_are_asked_too_and_those_with_less_are_not() -> None:
    far = [SURE_O] * 5
    assert asked(TORN, *far, HALF, *far) == ["a b", "f g h"]
    assert asked(TORN, *far, QUARTER, *far) == ["a b"]


def test_a_predicted_span_is_asked_whole() -> None:
    # d begins a span that e and f continue: asked is c to g.
    rows = [SURE_O] * 3 + [(0.4, 0.6, 0.0), SURE_I, SURE_I] + [SURE_O] * 4
    assert asked(*rows) == ["c d e f g"]


def test_a_span_that_begins_beside_the_doubtful_word_is_not_cut() -> None:
    # The doubtful b draws c in, which begins a span up to e; the surroundings are not widened again.
    rows = [SURE_O, TORN, SURE_B, SURE_I, SURE_I] + [SURE_O] * 5
    assert asked(*rows) == ["a b c d e"]


@pytest.mark.parametrize(("between", "expected"), [(3, ["a b c d e f"]), (4, ["a b", "e f g"])])
def test_two_ranges_with_fewer_than_two_words_between_them_are_one(between: int, expected: list[str]) -> None:
    # One word on each side is asked anyway: of three words between one is left, of four two.
    assert asked(TORN, *[SURE_O] * between, TORN, *[SURE_O] * 7) == expected


def test_a_text_of_which_most_would_be_asked_is_asked_whole() -> None:
    assert asked(SURE_O, TORN, SURE_O, SURE_O, SURE_O) == ["a b c"]  # three of five
    assert asked(SURE_O, TORN, SURE_O, SURE_O) is None


def test_a_text_without_doubt_or_without_words_is_asked_whole() -> None:
    assert asked(*[SURE_O] * 9) is None
    assert asked() is None


def rows() -> st.SearchStrategy[list[Row]]:
    weights = st.tuples(*[st.integers(0, 20)] * 3).filter(any)
    return st.lists(weights.map(lambda row: tuple(value / sum(row) for value in row)), max_size=26)  # type: ignore[arg-type,return-value]


@given(rows())
def test_whatever_the_scores_the_ranges_are_whole_words_in_order_and_lose_no_doubt(found: list[Row]) -> None:
    document, text = scored(*found)
    scope = doubtful_scope(document, LABELS, text)
    if scope is None:
        return
    Proposal("d", 1.0, "", scope)  # refuses ranges that are empty, out of order or touch each other
    bounds = document.words.tolist()
    assert all(
        start in [word[0] for word in bounds] and end in [word[1] for word in bounds] for start, end in scope
    )
    inside = np.array([any(start <= word[0] and word[1] <= end for start, end in scope) for word in bounds])
    top = np.sort(document.probabilities.astype(np.float64), axis=1)
    doubts = 1.0 - (top[:, -1] - top[:, -2])
    assert inside[doubts >= LEAST_DOUBT * doubts.max()].all()
    assert inside.mean() <= MOST
    assert all(
        right - left - 1 >= LEAST_APART or right - left == 1
        for left, right in pairwise(np.flatnonzero(inside))
    )
    for span in spans_of_document(document, LABELS, text):
        covered = words_under(document.words, span)
        assert inside[covered].all() or not inside[covered].any()
