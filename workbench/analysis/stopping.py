"""When to stop labelling: what the next labels are likely to bring, read off the learning curve.

A learning curve follows an inverse power law, `figure = a - b * n ** -c` (Figueroa et al. 2012,
https://doi.org/10.1186/1472-6947-12-8). No single fit is trusted: every ceiling `a` up to 1 and every bend `c`
counts by how well it fits the last rounds, so that what the points cannot tell stands in the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.errors import InputError

Decision: TypeAlias = Literal["too early", "go on", "nearly there", "stop"]

LEAST_ROUNDS = 4
LAST_ROUNDS = 12  # older ones say how the first labels helped, not the next ones
HALF_LIFE = 4.0  # rounds after which a point counts half
Z = 1.645  # standard deviations that 90 % lie within
BENDS = np.linspace(0.1, 2.0, 20)
N_CEILINGS = 120
PRIOR_NOISE = 0.004  # of a figure from one round to the next, before the points have said it
PRIOR_ROUNDS = 3.0
# How far real gains lie from the curve's: batches differ by a share of what they bring, and no model is quite
# the one before. Chosen on curves of Banking77, judged on others (benchmarks/stop_advice.py).
SHARE_OF_GAIN, MOVES = 0.6, 0.0015
N_STILL = 2  # rounds in a row that must agree before the advice is to stop
BACK = 2.0  # times the threshold that brings an advice back


@dataclass(frozen=True, slots=True)
class MeasuredRound:
    """A figure in [0, 1] after `n_labelled` answers; `error` is its standard error where that is known."""

    n_labelled: int
    value: float
    error: float | None = None

    def __post_init__(self) -> None:
        if self.n_labelled < 1 or not np.isfinite(self.value):
            raise InputError(f"'{self.value}' after {self.n_labelled} labels is no point of a curve.")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What `n_more` labels are likely to add to the figure: `gain` ± `margin`, a 90 % interval.

    `ceiling` is where the curve seems to end.
    """

    n_labelled: int
    n_more: int
    gain: float
    margin: float
    ceiling: float

    @property
    def low(self) -> float:
        """The lower bound of the gain."""
        return self.gain - self.margin

    @property
    def high(self) -> float:
        """The upper bound of the gain."""
        return self.gain + self.margin


@dataclass(frozen=True, slots=True)
class Step:
    """What was advised after one round; `forecast` is None while it is too early."""

    n_labelled: int
    forecast: Forecast | None
    decision: Decision


def forecast_gain(rounds: Sequence[MeasuredRound], n_more: int) -> Forecast | None:
    """Return what the next labels are likely to bring; None with fewer than four rounds.

    `rounds` stand in order of their labels, at least one more in each. The interval is one of the real
    gain, not of the next figure: a small held-out set moves more than the model does. Raises InputError.
    """
    _check(rounds, n_more)
    if len(rounds) < LEAST_ROUNDS:
        return None
    last = rounds[-LAST_ROUNDS:]
    if _is_refuted(last):
        last = last[-LEAST_ROUNDS:]
    fit = _fit(last)
    gain, variance = fit.gain(last[-1].n_labelled, last[-1].n_labelled + n_more)
    ceiling = float((fit.belief * fit.ceilings[:, None]).sum())
    gain, margin = _within(gain, Z * variance**0.5, room=1.0 - last[-1].value)
    return Forecast(last[-1].n_labelled, n_more, gain, margin, ceiling)


def _within(gain: float, margin: float, *, room: float) -> tuple[float, float]:
    """Return a gain and half the width of its interval, which ends where the figure would be 1.

    >>> _within(0.25, 0.125, room=1.0), _within(0.25, 0.5, room=0.5)
    ((0.25, 0.125), (0.25, 0.25))
    """
    gain = min(gain, room)
    return gain, min(margin, room - gain)


def _is_refuted(rounds: Sequence[MeasuredRound]) -> bool:
    """Tell whether the last three rounds rose more than could be expected before them.

    A curve that lay flat and rises anew (as when rare labels are found) is no power law: what it was
    before then says nothing of what comes.
    """
    before = rounds[: 1 - LEAST_ROUNDS]
    if len(before) < LEAST_ROUNDS:
        return False
    fit = _fit(before)
    gain, variance = fit.gain(before[-1].n_labelled, rounds[-1].n_labelled)
    # Both ends are measured, and by one held-out set: their noise comes on top.
    real = rounds[-1].value - before[-1].value
    return bool(real > gain + Z * (variance + 2 * fit.noise) ** 0.5)


def advise_each_round(rounds: Sequence[MeasuredRound], n_more: int, threshold: float) -> tuple[Step, ...]:
    """Return what is advised after each round, from nothing but the rounds up to it.

    Stop when the upper bound of the gain lay below the threshold in two rounds in a row. Nearly there when
    the gain itself lies below it. Both go back to going on only when the gain exceeds twice the threshold,
    so that one round does not turn the advice. Raises InputError.
    """
    if not 0 < threshold < 1:
        raise InputError(
            f"A threshold of {threshold} is no share of a figure.", hint="0.005 is half a point."
        )
    steps: list[Step] = []
    decision: Decision = "too early"
    n_still = 0
    for n in range(1, len(rounds) + 1):
        forecast = forecast_gain(rounds[:n], n_more)
        if forecast is not None:
            n_still = n_still + 1 if forecast.high < threshold else 0
            decision = _next_decision(decision, forecast, n_still, threshold)
        steps.append(Step(rounds[n - 1].n_labelled, forecast, decision))
    return tuple(steps)


def holds_since(values: Sequence[float | None], n_rounds: int, *, least: float) -> int | None:
    """Return the place at which the values had reached `least` in `n_rounds` rounds in a row; None if never.

    What is None breaks a row.

    >>> holds_since([None, 0.98, 0.995, 0.99, 0.97], 2, least=0.99)
    3
    """
    n = 0
    for place, value in enumerate(values):
        n = n + 1 if value is not None and value >= least else 0
        if n == n_rounds:
            return place
    return None


def _next_decision(before: Decision, forecast: Forecast, n_still: int, threshold: float) -> Decision:
    if n_still >= N_STILL:
        return "stop"
    if forecast.gain > BACK * threshold:
        return "go on"
    if before in ("stop", "nearly there"):
        return before
    return "nearly there" if forecast.gain < threshold else "go on"


def _check(rounds: Sequence[MeasuredRound], n_more: int) -> None:
    if n_more < 1:
        raise InputError("Ask about at least one more label.")
    if any(after.n_labelled <= before.n_labelled for before, after in pairwise(rounds)):
        raise InputError("The rounds of a curve stand in order of their labels, one each.")


def _weights(rounds: Sequence[MeasuredRound]) -> AnyArray:
    """Return how much each round counts: later ones more, and surer ones where errors are known."""
    ages = np.arange(len(rounds))[::-1]
    weights: AnyArray = 0.5 ** (ages / HALF_LIFE)
    errors = [one.error for one in rounds]
    if all(error is not None and error > 0 for error in errors):
        sureness = np.array(errors, dtype=np.float64) ** -2
        weights = weights * sureness / sureness.mean()
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """All curves `a - b * n ** -c`: one a row in `ceilings`, one c a column in BENDS, the best b in `slopes`.

    `belief` says how much each is believed, `noise` is the variance of a figure around the best.
    """

    ceilings: AnyArray
    slopes: AnyArray
    slope_variances: AnyArray
    belief: AnyArray
    noise: float

    def gain(self, start: int, end: int) -> tuple[float, float]:
        """Return what the figure gains from `start` to `end` labels, and the variance of the real gain."""
        step = start**-BENDS - end**-BENDS
        gains = self.slopes * step
        gain = float((self.belief * gains).sum())
        open_ = (self.belief * ((gains - gain) ** 2 + self.slope_variances * step**2)).sum()
        return gain, float(open_) + MOVES**2 + (SHARE_OF_GAIN * gain) ** 2


def _fit(rounds: Sequence[MeasuredRound]) -> _Fit:
    """Fit b to every ceiling and bend by weighted least squares, and believe each by its squared error."""
    n = np.array([one.n_labelled for one in rounds], dtype=np.float64)
    values, weights = np.array([one.value for one in rounds]), _weights(rounds)
    lowest = min(float(np.average(values, weights=weights)), 0.999)
    ceilings = np.linspace(lowest, 1.0, N_CEILINGS)
    shapes = n ** -BENDS[:, None]  # (bends, rounds)
    squares = (weights * shapes**2).sum(axis=1)
    missing = ceilings[:, None] - values
    slopes = np.maximum(missing @ (weights * shapes).T / squares, 0.0)
    left = missing[:, None, :] - slopes[:, :, None] * shapes
    errors = (left**2 * weights).sum(axis=2)
    # Three numbers were chosen to fit: what is left is less than the noise was.
    freedom = max(float(weights.sum()) - 3.0, 0.0)
    noise = (float(errors.min()) + PRIOR_ROUNDS * PRIOR_NOISE**2) / (freedom + PRIOR_ROUNDS)
    belief = np.exp(-0.5 * (errors - errors.min()) / noise)
    return _Fit(ceilings, slopes, noise / squares, belief / belief.sum(), noise)
