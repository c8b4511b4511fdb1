"""Macro-F1 and strict F1 against values counted by hand."""

from __future__ import annotations

import pytest

from workbench.domain.f1 import macro_f1, strict_f1
from workbench.domain.spans import Span

LABELS = ("a", "b", "c")


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    # a: right 1, gold 2, predicted 1: 2/3. b: right 1, gold 1, predicted 2: 2/3. c is never seen.
    assert macro_f1([("a",), ("a",), ("b",)], [("a",), ("b",), ("b",)], LABELS) == pytest.approx(2 / 3)


def test_macro_f1_counts_a_label_that_is_only_predicted_as_zero() -> None:
    assert macro_f1([("a",)], [("a", "c")], LABELS) == pytest.approx((1 + 0) / 2)


def test_macro_f1_of_several_labels_a_document() -> None:
    # a: 2 right of 2 and 2. b: 1 right, gold 1, predicted 1. c: gold 1, never predicted.
    gold = [("a", "b"), ("a", "c"), ()]
    assert macro_f1(gold, [("b", "a"), ("a",), ()], LABELS) == pytest.approx((1 + 1 + 0) / 3)


def test_strict_f1_wants_bounds_and_label() -> None:
    gold = [{(0, 3, "PER"), (5, 8, "LOC")}, {(0, 2, "LOC")}]
    assert strict_f1(gold, gold) == 1.0
    assert strict_f1(gold, [{(0, 3, "LOC"), (5, 8, "LOC")}, set()]) == pytest.approx(2 / 5)
    assert strict_f1(gold, [{(0, 2, "LOC")}, {(0, 3, "PER")}]) == 0.0


def test_strict_f1_of_spans() -> None:
    gold = [[Span(0, 3, "PER", "Ada")], [Span(0, 4, "LOC", "Rome")]]
    predicted = [[Span(0, 3, "PER", "Ada"), Span(4, 5, "PER", "x")], [Span(0, 4, "PER", "Rome")]]
    assert strict_f1(gold, predicted) == pytest.approx(2 * 1 / (2 + 3))


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    assert macro_f1([()], [()], LABELS) == 1.0
    assert macro_f1([], [], LABELS) == 1.0
    assert strict_f1([set()], [set()]) == 1.0
    assert strict_f1([set()], [{(0, 1, "a")}]) == 0.0
