from __future__ import annotations

import pytest

from workbench.analysis.f1_intervals import apart, f1_interval
from workbench.analysis.intervals import Interval
from workbench.errors import InputError


def test_the_interval_holds_the_f1_and_narrows_with_more_answers() -> None:
    few, many = f1_interval(10, 10, 5), f1_interval(1000, 1000, 500)
    assert few is not None
    assert many is not None
    assert few.low < many.low < 0.5 < many.high < few.high
    # J = 5 / 15: Wilson from .1518 to .5829; F1 = 2 J / (1 + J)
    assert few.as_list() == pytest.approx([2 * 0.1518 / 1.1518, 2 * 0.5829 / 1.5829], abs=1e-4)


def test_nothing_and_everything_have_honest_ends() -> None:
    assert f1_interval(0, 0, 0) is None
    none, all_of_them = f1_interval(5, 5, 0), f1_interval(5, 5, 5)
    assert none is not None
    assert all_of_them is not None
    assert none.low == pytest.approx(0.0)
    assert 0.0 < none.high < 1.0
    assert all_of_them.high == pytest.approx(1.0)
    assert all_of_them.low > 0.5


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InputError):
        f1_interval(5, 5, 6)


def test_intervals_that_touch_or_are_missing_are_not_apart() -> None:
    assert apart(Interval(0.5, 0.6), Interval(0.1, 0.4))
    assert not apart(Interval(0.4, 0.6), Interval(0.1, 0.4))
    assert not apart(None, Interval(0.1, 0.4))
