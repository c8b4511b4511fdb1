"""Intervals: known values, edges, and the coverage they promise."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.intervals import bootstrap_macro_f1, wilson_interval
from workbench.errors import InputError


def test_the_wilson_interval_has_the_published_value():
    # Newcombe 1998, table I: 81 of 263.
    interval = wilson_interval(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


def test_the_wilson_interval_is_honest_at_the_edges():
    none, all_of = wilson_interval(0, 20), wilson_interval(20, 20)
    assert none.low == 0.0
    assert 0.1 < none.high < 0.2
    assert all_of.high == pytest.approx(1.0)
    assert all_of.low == pytest.approx(1 - none.high)


def test_no_documents_have_no_interval():
    assert wilson_interval(0, 0) is None
    empty = np.zeros((0, 3), dtype=np.int64)
    assert bootstrap_macro_f1(empty, empty, empty, seed=0) is None


def test_more_hits_than_documents_are_refused():
    with pytest.raises(InputError):
        wilson_interval(3, 2)
    with pytest.raises(InputError):
        wilson_interval(1, 2, confidence=1.0)


def test_a_perfect_model_claims_no_certainty():
    ones = np.eye(4, dtype=np.int64)
    assert bootstrap_macro_f1(ones, ones, ones, seed=1) is None
    assert bootstrap_macro_f1(0 * ones, ones, ones, seed=1) is None


def test_labels_that_never_occur_leave_no_interval():
    empty = np.zeros((5, 2), dtype=np.int64)
    assert bootstrap_macro_f1(empty, empty, empty, seed=0) is None


def test_the_bootstrap_narrows_with_the_number_of_documents():
    rng = np.random.default_rng(5)
    widths = []
    for n in (50, 800):
        gold, said = rng.integers(0, 2, n), rng.integers(0, 2, n)
        support, predicted = np.eye(2, dtype=int)[gold], np.eye(2, dtype=int)[said]
        interval = bootstrap_macro_f1(support * predicted, support, predicted, seed=2)
        widths.append(interval.high - interval.low)
    assert widths[1] < widths[0] / 3
