"""Uncertainty sampling (Lewis and Gale 1994): ask where the model is least sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import Rows, Utilities
from workbench.domain.ports import StrategyInputs
from workbench.strategies.demands import check_inputs, scores_for
from workbench.strategies.measures import Measure, best_first, utilities

REASONS: dict[Measure, str] = {
    "least-confidence": "the model is least sure of its best answer",
    "margin": "the model wavers between two answers",
    "entropy": "the model spreads its belief over many answers",
}


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The highest utility by one measure first; equal utilities stay in row order."""

    measure: Measure

    needs: ClassVar[frozenset[str]] = frozenset({"scores"})

    def __call__(
        self, inputs: StrategyInputs, n: int, rng: np.random.Generator
    ) -> tuple[Rows, Utilities, str]:
        """Return n rows; nothing is random. Raises InputError when there are no scores."""
        n = check_inputs(inputs, n)
        values = utilities(scores_for(self.measure, inputs), self.measure)
        rows = best_first(values)[:n]
        return rows, values[rows], REASONS[self.measure]


least_confidence = Uncertainty("least-confidence")
margin = Uncertainty("margin")
entropy = Uncertainty("entropy")
