"""Learning curves as numbers: what a model was worth after so many labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import InputError, NotEnoughDataError

BASELINES = ("random", "uniform")  # curves of these names are drawn as what others are compared with


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A figure in [0, 1], measured after `n_labelled` answers in the run with this seed."""

    n_labelled: int
    value: float
    seed: int = 0

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise InputError(f"The figure after {self.n_labelled} labels is not a finite number.")


@dataclass(frozen=True, slots=True)
class CurveBand:
    """One curve over its seeds: at `n_labelled[k]` the mean, lowest and highest value."""

    name: str
    n_labelled: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n_seeds: int


def alc(values: Sequence[float]) -> float:
    """Return the area under a learning curve: the unweighted mean over rounds.

    `values` are in round order; the first is measured after the first batch, not before it.
    Raises NotEnoughDataError without values, InputError for one that is not finite.
    """
    if not len(values):
        raise NotEnoughDataError("A learning curve needs at least one round.")
    if not np.isfinite(values).all():
        raise InputError("A value of the learning curve is not a finite number.")
    return float(np.mean(values))


def band_over_seeds(name: str, points: Sequence[CurvePoint]) -> CurveBand:
    """Join the seeds of one curve.

    Seeds measured at different numbers of labels are read off straight lines between their points,
    and the curve covers the range that all seeds share. Raises NotEnoughDataError without points,
    InputError when two points of a seed have the same place or no range is shared.
    """
    seeds: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for point in points:
        if point.n_labelled in seeds[point.seed]:
            raise InputError(
                f"The curve '{name}' has two values after {point.n_labelled} labels for seed {point.seed}."
            )
        seeds[point.seed][point.n_labelled] = point.value
    if not seeds:
        raise NotEnoughDataError(f"The curve '{name}' has no points.")
    first, last = max(min(seed) for seed in seeds.values()), min(max(seed) for seed in seeds.values())
    places = sorted({n for seed in seeds.values() for n in seed if first <= n <= last})
    if not places:
        raise InputError(f"The seeds of the curve '{name}' share no range of labels.")
    values = np.array([np.interp(places, sorted(s), [s[n] for n in sorted(s)]) for s in seeds.values()])
    rows = (values.mean(axis=0), values.min(axis=0), values.max(axis=0))
    mean, low, high = (tuple(row.tolist()) for row in rows)
    return CurveBand(name, tuple(places), mean, low, high, len(seeds))


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return places as near as possible to the wanted ones, at least `gap` apart, within bounds.

    The order of `wanted` is kept in the result. When there is no room the gap shrinks.
    """
    n = len(wanted)
    if n == 0:
        return []
    gap = min(gap, (high - low) / max(1, n - 1))
    order = sorted(range(n), key=lambda k: (wanted[k], k))
    # Pool adjacent blocks: subtract each rank's share of gaps, then the places need only not fall.
    blocks: list[list[float]] = []
    for rank, k in enumerate(order):
        blocks.append([wanted[k] - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            value, size = blocks.pop()
            before, n_before = blocks.pop()
            blocks.append([(before * n_before + value * size) / (n_before + size), n_before + size])
    flat = [value for value, size in blocks for _ in range(int(size))]
    placed = [0.0] * n
    for rank, k in enumerate(order):
        placed[k] = min(max(flat[rank], low), high - (n - 1) * gap) + rank * gap
    return placed
