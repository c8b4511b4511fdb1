"""Claim: the advice when to stop says what the next 100 labels bring, within its ±, and does not flip.

    .venv/bin/python -m benchmarks.stop_advice

Reads the learning curves of `benchmarks.stop_curves` (run it first; its result is kept in results/). Each curve
is read twice: as measured on the whole test file, and on 300 of its rows, as a project might. The real gain is that
on the whole test file, either way. Coverage is the share of rounds whose real gain lay within the stated ± (wanted:
80 to 95 %); peers are two simpler forecasts. Then each stopping rule is asked in which round it says stop, and what
the labels up to the last round of the curve (3,000) would still have brought. The two numbers of the interval
were chosen on curves of Banking77 by random and cluster-margin; those of CLINC150 had not been looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import mean
from typing import Any

from benchmarks.reporting import RESULTS, write_result
from workbench.analysis.stopping import (
    LEAST_ROUNDS,
    MeasuredRound,
    advise_each_round,
    forecast_gain,
    holds_since,
)

N_MORE = 100
THRESHOLD = 0.005
Curve = Sequence[Mapping[str, Any]]
Guess = Callable[[list[MeasuredRound]], tuple[float, float]]


def advice(rounds: list[MeasuredRound]) -> tuple[float, float]:
    """Return gain and margin as the workbench states them."""
    forecast = forecast_gain(rounds, N_MORE)
    assert forecast is not None
    return forecast.gain, forecast.margin


def last_gain(rounds: list[MeasuredRound]) -> tuple[float, float]:
    """Expect the last round's gain again, give or take 90 % of how the last four gains differed."""
    gains = [after.value - before.value for before, after in pairwise(rounds)][-4:]
    spread = (sum((gain - mean(gains)) ** 2 for gain in gains) / (len(gains) - 1)) ** 0.5
    return gains[-1], 1.645 * spread


def mean_gain(rounds: list[MeasuredRound]) -> tuple[float, float]:
    """Expect the mean gain of the last three rounds, with the same interval."""
    gains = [after.value - before.value for before, after in pairwise(rounds)][-3:]
    return mean(gains), last_gain(rounds)[1]


FORECASTS: dict[str, Guess] = {
    "power laws (the advice)": advice,
    "mean of the last three gains": mean_gain,
    "the last gain again": last_gain,
}


def judge_forecast(curves: Sequence[Curve], basis: str, guess: Guess) -> dict[str, float]:
    """Return coverage, mean absolute error, bias and mean margin over all rounds of the curves, in points."""
    found = []
    for curve in curves:
        rounds = [MeasuredRound(one["n"], one[basis]) for one in curve]
        for n in range(LEAST_ROUNDS, len(curve)):
            gain, margin = guess(rounds[:n])
            found.append((gain, margin, curve[n]["all"] - curve[n - 1]["all"]))
    return {
        "rounds": len(found),
        "coverage": mean(abs(real - gain) <= margin for gain, margin, real in found),
        "mean error": 100 * mean(abs(real - gain) for gain, _, real in found),
        "bias": 100 * mean(gain - real for gain, _, real in found),
        "mean ±": 100 * mean(margin for _, margin, _ in found),
    }


def decisions(curve: Curve, basis: str) -> list[str]:
    """Return what is advised after each round."""
    rounds = [MeasuredRound(one["n"], one[basis]) for one in curve]
    return [step.decision for step in advise_each_round(rounds, N_MORE, THRESHOLD)]


def first_stop(curve: Curve, basis: str) -> int | None:
    """Return the round after which the advice is to stop first."""
    found = decisions(curve, basis)
    return found.index("stop") if "stop" in found else None


def unsteady_stop(curve: Curve, basis: str) -> int | None:
    """Return the round of the same rule without its memory: the first upper bound below the threshold."""
    for n in range(LEAST_ROUNDS, len(curve) + 1):
        forecast = forecast_gain([MeasuredRound(one["n"], one[basis]) for one in curve[:n]], N_MORE)
        if forecast is not None and forecast.high < THRESHOLD:
            return n - 1
    return None


def rules() -> dict[str, Callable[[Curve], int | None]]:
    """Return the stopping rules by name; each gives the place of the round after which it stops."""
    return {
        "advice, 300 rows": lambda curve: first_stop(curve, "small"),
        "advice, whole test file": lambda curve: first_stop(curve, "all"),
        "the same, one round is enough, 300 rows": lambda curve: unsteady_stop(curve, "small"),
        "kappa ≥ .99 three times": lambda curve: holds_since(
            [one.get("kappa") for one in curve], 3, least=0.99
        ),
        "≤ 1 % of predictions change, twice": lambda curve: _unchanged(curve, 0.01),
        "no prediction changes, twice": lambda curve: _unchanged(curve, 0.0),
        "mean confidence ≥ .9": lambda curve: holds_since([one["confidence"] for one in curve], 1, least=0.9),
    }


def _unchanged(curve: Curve, most: float) -> int | None:
    same = [1 - one["changed"] if "changed" in one else None for one in curve]
    return holds_since(same, 2, least=1 - most)


def judge_rule(curves: Sequence[Curve], rule: Callable[[Curve], int | None]) -> dict[str, Any]:
    """Return in how many curves a rule stops, after how many labels, and what was left to gain.

    "per 100": what each 100 of the labels not given would have brought, in points.
    """
    stops = [(curve, place) for curve in curves if (place := rule(curve)) is not None]
    if not stops:
        return {"stops": 0, "labels": None, "still to gain": None, "per 100": None}
    left = [100 * (curve[-1]["all"] - curve[place]["all"]) for curve, place in stops]
    unused = [(curve[-1]["n"] - curve[place]["n"]) / 100 for curve, place in stops]
    return {
        "stops": len(stops),
        "labels": round(mean(curve[place]["n"] for curve, place in stops)),
        "still to gain": mean(left),
        "per 100": sum(left) / sum(unused) if sum(unused) else None,
    }


def n_flips(curve: Curve, basis: str) -> int:
    """Return how often the advice turned from stop to going on."""
    return sum((a, b) == ("stop", "go on") for a, b in pairwise(decisions(curve, basis)))


def main() -> None:
    """Judge forecasts and rules on all curves and write the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    path = RESULTS / "stop_curves.json"
    if not path.is_file():
        sys.exit("There are no curves yet: run .venv/bin/python -m benchmarks.stop_curves first.")
    curves: dict[str, list[Curve]] = {}
    for row in json.loads(path.read_text())["rows"]:
        curves.setdefault(row["data"], []).append(row["curve"])
    forecasts = [
        {"data": data, "measured on": basis, "forecast": name, **judge_forecast(found, basis, guess)}
        for data, found in curves.items()
        for basis in ("all", "small")
        for name, guess in FORECASTS.items()
    ]
    stops = [
        {"data": data, "rule": name, "curves": len(found), **judge_rule(found, rule)}
        for data, found in curves.items()
        for name, rule in rules().items()
    ]
    flips = sum(
        n_flips(curve, basis) for found in curves.values() for curve in found for basis in ("all", "small")
    )
    write_result("stop_advice", forecasts, stops=stops, flips=flips, threshold=THRESHOLD)


if __name__ == "__main__":
    main()
