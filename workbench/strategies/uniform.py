"""Random choice: the seed set, the control sample, and the line every other strategy must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import Rows, Utilities
from workbench.domain.ports import StrategyInputs
from workbench.strategies.demands import check_inputs


@dataclass(frozen=True, slots=True)
class Random:
    """Every candidate has the same chance; all utilities are 0."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def __call__(
        self, inputs: StrategyInputs, n: int, rng: np.random.Generator
    ) -> tuple[Rows, Utilities, str]:
        """Return n rows without repetition, in random order."""
        n = check_inputs(inputs, n)
        rows = rng.permutation(inputs.n_candidates)[:n].astype(np.int64)
        return rows, np.zeros(n), "chosen at random"
