"""Predictions beside their gold examples."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.judged import JudgedDocument, judge_labels, judge_spans
from workbench.domain.examples import Example
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import InputError

TEXT = "Mira rang Lisbon"
MIRA, LISBON = Span.of(TEXT, 0, 4, "PER"), Span.of(TEXT, 10, 16, "PER")


def test_labels_come_with_their_probability():
    scores = ClassScores(("a", "b"), np.array([[0.3, 0.7], [0.9, 0.1]], dtype=np.float32))
    first, second = judge_labels([Example("1", "x", ("b",)), Example("2", "y", ("b",))], scores)
    assert (first.predicted_labels, first.right) == (("b",), True)
    assert first.outcomes() == [(pytest.approx(0.7), True)]
    assert second.outcomes() == [(pytest.approx(0.9), False)]


def test_labels_over_their_thresholds_are_judged_one_by_one():
    scores = ClassScores(("a", "b"), np.array([[0.6, 0.7]], dtype=np.float32), exclusive=False)
    (judged,) = judge_labels([Example("1", "x", ("b",))], scores, thresholds={"a": 0.5})
    assert judged.predicted_labels == ("a", "b")
    assert [right for _, right in judged.outcomes()] == [False, True]
    assert not judged.right


def tags(*rows: tuple[float, float, float]) -> TokenScores:
    words = np.array([[0, 4], [5, 9], [10, 16]], dtype=np.int32)
    return TokenScores(("PER",), (DocumentTokenScores(words, np.array(rows, dtype=np.float32)),))


SCORES = tags((0.1, 0.9, 0.0), (0.9, 0.1, 0.0), (0.2, 0.8, 0.0))


def test_spans_come_with_the_confidence_of_their_tags():
    (judged,) = judge_spans([Example("1", TEXT, spans=(MIRA,))], SCORES)
    assert judged.predicted_spans == (MIRA, LISBON)
    assert judged.outcomes() == [(pytest.approx(0.9), True), (pytest.approx(0.8), False)]


def test_spans_outside_what_was_asked_are_not_judged():
    (judged,) = judge_spans([Example("1", TEXT, spans=(MIRA,), scope=((0, 9),))], SCORES)
    assert judged.predicted_spans == (MIRA,)
    assert judged.right


def test_the_order_of_labels_and_spans_is_no_mistake():
    assert JudgedDocument(Example("1", "x", ("a", "b")), ("b", "a")).right
    assert JudgedDocument(Example("1", TEXT, spans=(LISBON, MIRA)), predicted_spans=(MIRA, LISBON)).right


def test_confidences_that_do_not_pair_are_refused():
    with pytest.raises(InputError, match="document 1"):
        JudgedDocument(Example("1", "x", ("a",)), ("a",), confidences=(0.5, 0.5))
    with pytest.raises(InputError):
        judge_labels([], ClassScores(("a",), np.ones((1, 1), dtype=np.float32)))


def test_a_model_without_confidences_has_no_outcomes():
    assert JudgedDocument(Example("1", "x", ("a",)), ("a",)).outcomes() == []
