"""What stands for most of what the model doubts: coverage by one rule, without what `auto` adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.errors import InputError
from workbench.strategies.coverage import Kernel, cover, in_words, lay_out
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, vectors_for
from workbench.strategies.measures import doubts

NAME = "coverage"
LEAST = 1e-9  # a document that the model is sure of may still be asked when nothing else is left


@dataclass(frozen=True, slots=True)
class WeightedCoverage:
    """Greedy facility location over the pool, each document weighed by how far the model doubts it.

    The uncertainty herding of Bae, Sutherland et al. 2025 (arXiv:2412.20644), by lazy greedy choice (see
    `coverage`). Two documents are alike by their cosine above `threshold`, a document weighs doubt ** `power`, and what
    was answered is covered already. Without a model all weigh the same. Unlike `auto` it has one power for all
    rounds, seeks no rare labels, reads no names and knows no near-copies.
    """

    threshold: float = 0.5
    power: float = 1.0

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"vectors"})
    uses: ClassVar[frozenset[str]] = frozenset(
        {"scores", "labelled_vectors", "labelled_targets", "neighbours", "nearness"}
    )

    def __post_init__(self) -> None:
        if not (-1.0 <= self.threshold < 1.0 and self.power >= 0.0):
            raise InputError("Coverage needs a threshold from -1 to below 1 and a power of at least 0.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows. Raises InputError without vectors, or for ones that are not finite."""
        n = check_inputs(inputs, n)
        vectors_for(NAME, inputs)
        if n == 0:
            return no_choice()
        weights: Utilities = np.ones(inputs.n_candidates)
        if inputs.scores is not None:
            weights = np.maximum(doubts(inputs.scores, inputs.labelled_targets) ** self.power, LEAST)
        field = lay_out(inputs, weights, Kernel(self.threshold), n, rng)
        places, gains = cover(field, n)
        doubted = "it stands for what the model doubts; " if inputs.scores is not None else ""
        reasons = [f"{doubted}{in_words(field, place)}" for place in places]
        return choice(field.rows[places], np.asarray(gains) / max(gains[0], LEAST), reasons)
