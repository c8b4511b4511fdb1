"""Uncertainty sampling (Lewis and Gale 1994): ask where the model is least sure."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, scores_for
from workbench.strategies.measures import Measure, best_first, utilities
from workbench.strategies.reasons import wavering_of


class Uncertainty:
    """The highest utility by one measure first; equal utilities stay in row order."""

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"scores"})
    uses: ClassVar[frozenset[str]] = frozenset({"texts"})
    measure: ClassVar[Measure]

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows; nothing is random. Raises InputError when there are no scores."""
        n = check_inputs(inputs, n)
        scores = scores_for(self.measure, inputs)
        values = utilities(scores, self.measure)
        rows = best_first(values)[:n]
        return choice(rows, values[rows], wavering_of(scores, rows.tolist(), inputs))


class LeastConfidence(Uncertainty):
    """Where the best answer is least probable."""

    measure = "least-confidence"


class Margin(Uncertainty):
    """Where the two best answers are closest: the safe one when there are many labels."""

    measure = "margin"


class Entropy(Uncertainty):
    """Where the probability is spread widest."""

    measure = "entropy"
