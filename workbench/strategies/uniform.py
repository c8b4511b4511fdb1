"""Random choice: the seed set, the control sample, and the line every other strategy must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.strategies.demands import ANY_KIND, check_inputs, choice


@dataclass(frozen=True, slots=True)
class Random:
    """Every candidate has the same chance; all utilities are 0."""

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset()
    uses: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows without repetition, in random order."""
        n = check_inputs(inputs, n)
        rows = rng.permutation(inputs.n_candidates)[:n].astype(np.int64)
        return choice(rows, np.zeros(n), "chosen at random")
