"""Confused pairs and the matrix."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.confusions import confused_pairs, confusion_matrix
from workbench.errors import InputError, UnknownNameError


def test_pairs_come_most_frequent_first_and_ties_by_name():
    gold = [("a",), ("b",), ("c",), ("a",), ("c",), ("b",)]
    said = [("b",), ("b",), ("b",), ("c",), ("b",), ("a",)]
    pairs = confused_pairs(gold, said, list("123456"))
    assert [(p.gold, p.predicted, p.n) for p in pairs] == [
        ("c", "b", 2),
        ("a", "b", 1),
        ("a", "c", 1),
        ("b", "a", 1),
    ]
    assert pairs[0].document_ids == ("3", "5")


def test_right_answers_are_no_pair():
    assert confused_pairs([("a",)], [("a",)], ["1"]) == []


def test_answers_with_several_labels_pair_what_lacks_with_what_is_too_much():
    gold = [("a", "b"), ("a",), ()]
    said = [("a", "c"), (), ("b",)]
    pairs = confused_pairs(gold, said, ["1", "2", "3"])
    assert {(p.gold, p.predicted): p.document_ids for p in pairs} == {
        ("b", "c"): ("1",),
        ("a", ""): ("2",),
        ("", "b"): ("3",),
    }


def test_the_matrix_has_gold_in_rows():
    matrix = confusion_matrix([("a",), ("a",), ("b",)], [("a",), ("b",), ("b",)], ["a", "b", "c"])
    np.testing.assert_array_equal(matrix, [[1, 1, 0], [0, 1, 0], [0, 0, 0]])


def test_a_matrix_of_several_labels_is_refused():
    with pytest.raises(InputError, match="one label"):
        confusion_matrix([("a", "b")], [("a",)], ["a", "b"])
    with pytest.raises(UnknownNameError):
        confusion_matrix([("a",)], [("z",)], ["a", "b"])
