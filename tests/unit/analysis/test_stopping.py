"""What the next labels are likely to bring, on curves whose future is known."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.stopping import (
    Forecast,
    MeasuredRound,
    advise_each_round,
    forecast_gain,
    holds_since,
)
from workbench.errors import InputError


def power_law(ceiling: float, bend: float, n_rounds: int, noise: float = 0.0) -> list[MeasuredRound]:
    """Return `ceiling - 3 * n ** -bend` after 100, 200 … labels."""
    rng = np.random.default_rng(1)
    places = [100 * n for n in range(1, n_rounds + 1)]
    return [MeasuredRound(n, ceiling - 3 * n**-bend + noise * rng.standard_normal()) for n in places]


def flat(value: float, n_rounds: int) -> list[MeasuredRound]:
    return [MeasuredRound(100 * n, value) for n in range(1, n_rounds + 1)]


def gain_of(rounds: list[MeasuredRound]) -> Forecast:
    found = forecast_gain(rounds, 100)
    assert found is not None
    return found


@pytest.mark.parametrize(("ceiling", "bend"), [(0.95, 0.5), (0.9, 0.6), (0.8, 0.9)])
def test_the_gain_of_a_power_law_is_read_off_it(ceiling: float, bend: float) -> None:
    rounds = power_law(ceiling, bend, 11)
    real = rounds[-1].value - rounds[-2].value
    forecast = gain_of(rounds[:-1])
    assert forecast.gain == pytest.approx(real, abs=0.0015)
    assert forecast.low < real < forecast.high
    assert (forecast.n_labelled, forecast.n_more) == (1000, 100)


def test_a_flat_curve_promises_nothing_and_a_ceiling_where_it_is() -> None:
    forecast = gain_of(flat(0.8, 8))
    assert forecast.gain == pytest.approx(0.0, abs=0.0005)
    assert forecast.ceiling == pytest.approx(0.8, abs=0.03)


def test_a_falling_curve_promises_no_loss() -> None:
    falling = [MeasuredRound(100 * n, 0.9 - 0.01 * n) for n in range(1, 8)]
    assert gain_of(falling).gain >= 0


def test_more_labels_bring_more_and_a_figure_of_one_can_bring_nothing() -> None:
    rounds = power_law(0.95, 0.5, 8)
    few, many = forecast_gain(rounds, 50), forecast_gain(rounds, 500)
    assert few is not None
    assert many is not None
    assert few.gain < many.gain
    assert gain_of(flat(1.0, 5)).gain == pytest.approx(0.0, abs=1e-9)


def test_what_the_points_cannot_tell_stands_in_the_margin() -> None:
    restless = [MeasuredRound(100 * n, 0.8 + 0.03 * (-1) ** n) for n in range(1, 9)]
    assert gain_of(restless).margin > 1.2 * gain_of(flat(0.8, 8)).margin


def test_rounds_that_were_measured_surely_count_more() -> None:
    right = power_law(0.95, 0.5, 8)
    odd = MeasuredRound(600, right[5].value - 0.05, 0.2)
    sure = [MeasuredRound(one.n_labelled, one.value, 0.01) for one in right]
    wrong_but_sure = MeasuredRound(odd.n_labelled, odd.value, 0.01)
    real = gain_of(right).gain
    doubted = gain_of([*sure[:5], odd, *sure[6:]]).gain
    trusted = gain_of([*sure[:5], wrong_but_sure, *sure[6:]]).gain
    assert abs(doubted - real) < 0.3 * abs(trusted - real)


def test_three_rounds_are_too_early_for_a_number() -> None:
    assert forecast_gain(power_law(0.9, 0.6, 3), 100) is None
    assert forecast_gain([], 100) is None
    steps = advise_each_round(power_law(0.9, 0.6, 4), 100, 0.005)
    assert [step.decision for step in steps] == ["too early"] * 3 + ["go on"]


def test_rounds_out_of_order_and_senseless_bounds_are_refused() -> None:
    rounds = power_law(0.9, 0.6, 5)
    with pytest.raises(InputError, match="in order"):
        forecast_gain([*rounds, rounds[-1]], 100)
    with pytest.raises(InputError, match="at least one"):
        forecast_gain(rounds, 0)
    with pytest.raises(InputError, match="no share"):
        advise_each_round(rounds, 100, 0.0)
    with pytest.raises(InputError, match="no point"):
        MeasuredRound(100, float("nan"))


def test_the_advice_is_to_stop_after_two_rounds_that_agree() -> None:
    decisions = [step.decision for step in advise_each_round(power_law(0.9, 0.7, 18), 100, 0.005)]
    first = decisions.index("stop")
    assert decisions[:3] == ["too early"] * 3
    assert "go on" in decisions[:first]
    assert set(decisions[first:]) == {"stop"}
    uppers = [
        step.forecast.high for step in advise_each_round(power_law(0.9, 0.7, 18), 100, 0.005) if step.forecast
    ]
    below = [high < 0.005 for high in uppers]
    assert below[first - 4 : first - 2] == [True, True]
    assert not all(below[: first - 3])


def test_one_round_that_moves_a_little_does_not_turn_the_advice() -> None:
    rounds = power_law(0.9, 0.7, 18)
    last = rounds[-1]
    jump = MeasuredRound(last.n_labelled + 100, last.value + 0.006)
    back = MeasuredRound(last.n_labelled + 200, last.value + 0.001)
    decisions = [step.decision for step in advise_each_round([*rounds, jump, back], 100, 0.005)]
    assert decisions[-3:] == ["stop"] * 3


def test_a_gain_between_the_threshold_and_its_double_leaves_the_advice_as_it_is() -> None:
    rounds = flat(0.5, 8)
    rising = [MeasuredRound(800 + 100 * n, 0.5 + 0.006 * n) for n in range(1, 9)]
    last = advise_each_round([*rounds, *rising], 100, 0.005)[-1]
    assert last.forecast is not None
    assert last.forecast.high > 0.005
    assert 0.0005 < last.forecast.gain < 0.01
    assert last.decision == "stop"


def test_a_curve_that_rises_again_brings_the_advice_back() -> None:
    rounds = flat(0.5, 8)
    risen = [MeasuredRound(800 + 100 * n, 0.5 + 0.06 * n) for n in range(1, 5)]
    decisions = [step.decision for step in advise_each_round([*rounds, *risen], 100, 0.005)]
    assert decisions[7] == "stop"
    assert decisions[-1] == "go on"


def test_the_advice_after_a_round_does_not_depend_on_later_ones() -> None:
    rounds = power_law(0.9, 0.8, 12, noise=0.004)
    whole = advise_each_round(rounds, 100, 0.005)
    assert advise_each_round(rounds[:7], 100, 0.005) == whole[:7]


def test_a_row_is_broken_by_what_was_not_measured() -> None:
    assert holds_since([0.99, 0.99, None, 0.99, 0.99, 1.0], 3, least=0.99) == 5
    assert holds_since([0.99, 0.99, 0.98, 0.99], 3, least=0.99) is None
