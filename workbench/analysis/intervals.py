"""How far a measured share may lie from the true one."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.errors import InputError


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; `low` and `high` lie in [0, 1]."""

    low: float
    high: float

    def as_list(self) -> list[float]:
        """Return [low, high]."""
        return [self.low, self.high]


MaybeInterval: TypeAlias = Interval | None


def wilson_interval(n_hits: int, n: int, *, confidence: float = 0.95) -> MaybeInterval:
    """Return the Wilson score interval of a share, or None when n is 0.

    Unlike the normal approximation it stays inside [0, 1] and is honest at 0 of n and n of n.
    Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
    """
    if not 0 <= n_hits <= n:
        raise InputError(f"{n_hits} hits of {n} is no share.")
    if n == 0:
        return None
    z = _z(confidence)
    share = n_hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def bootstrap_macro_f1(
    correct: AnyArray, support: AnyArray, predicted: AnyArray, *, seed: int, n_draws: int = 500
) -> MaybeInterval:
    """Return the 95 % percentile interval of macro-F1 when documents are drawn again with replacement.

    The three arrays are (n, l) counts: how often label l is right in, belongs to, and was said of
    document n. A draw averages over the labels that occur in it. The same seed gives the same interval.
    None when there are no documents, no label occurs, or all draws are equal: where everything is right
    (or wrong) drawing again cannot say how far the truth may lie.
    Efron 1979, https://doi.org/10.1214/aos/1176344552
    """
    if len(correct) == 0 or n_draws < 1:
        return None
    counts = np.concatenate([correct, support + predicted], axis=1).astype(np.float64)
    sums = _sums_of_draws(counts, np.random.default_rng(seed), n_draws)
    means = _macro_f1(sums)
    found = means[np.isfinite(means)]
    if not len(found) or found.min() == found.max():
        return None
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(float(low), float(high))


def _sums_of_draws(counts: AnyArray, rng: np.random.Generator, n_draws: int) -> AnyArray:
    # Most counts are zero. Adding up the others one draw at a time also keeps BLAS and its threads out,
    # which on a busy machine take ten times as long.
    rows, columns = np.nonzero(counts)
    values = counts[rows, columns]
    n, n_columns = counts.shape
    sums = np.empty((n_draws, n_columns))
    for draw in range(n_draws):
        times_drawn = np.bincount(rng.integers(0, n, size=n), minlength=n)
        sums[draw] = np.bincount(columns, weights=values * times_drawn[rows], minlength=n_columns)
    return sums


def _macro_f1(sums: AnyArray) -> AnyArray:
    correct, occurrences = np.split(sums, 2, axis=1)
    present = occurrences > 0
    f1 = 2 * correct / np.where(present, occurrences, 1)
    n_present = present.sum(axis=1)
    return np.where(n_present > 0, f1.sum(axis=1) / np.maximum(n_present, 1), np.nan)


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"A confidence lies between 0 and 1, not at {confidence}.")
    return NormalDist().inv_cdf((1 + confidence) / 2)
