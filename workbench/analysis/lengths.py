"""How long texts are, as the bars of a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BARS = 24


@dataclass(frozen=True, slots=True)
class LengthBar:
    """How many texts of each part have `low` to `high` characters (`high` is left out, but of the last bar)."""

    low: int
    high: int
    n_pool: int
    n_held_out: int


def length_bars(pool: Sequence[int], held_out: Sequence[int], *, n_bars: int = BARS) -> list[LengthBar]:
    """Return equally wide bars from 0 to the longest text; whole characters each, [] without texts."""
    longest = max([*pool, *held_out], default=None)
    if longest is None:
        return []
    width = max(1, -(-(longest + 1) // n_bars))
    edges = np.arange(0, longest + 1 + width, width)
    counts = [np.histogram(lengths, bins=edges)[0].tolist() for lengths in (pool, held_out)]
    return [
        LengthBar(int(low), int(high), n_pool, n_held_out)
        for low, high, n_pool, n_held_out in zip(edges[:-1], edges[1:], *counts, strict=True)
    ]
