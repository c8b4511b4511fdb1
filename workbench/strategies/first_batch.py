"""What documents weigh, and whom they cover, while there is no model that could doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.domain.arrays import Rows
from workbench.domain.ports import StrategyInputs
from workbench.strategies.coverage import Field, Kernel, crowds, lay_out
from workbench.strategies.guesses import Guesses

FIRST = Kernel(0.45)
GUESSED = Kernel(0.4)  # within a guessed label, where who stands near cannot be of another one
CROWDING = 0.4  # how far the first batch turns away from crowds, so that small topics are met early
SHARING = 0.5  # how far it turns to labels of which few documents are guessed
MOST = 0.5  # of the documents must be near a name: of a few, each would weigh as a label of its own
NOT_OPEN, LEAST = -2, 1e-9


def parting(inputs: StrategyInputs, guesses: Guesses | None) -> Rows | None:
    """Return the guessed label of each candidate, `(n,)`, -1 without; None where names say little of this pool.

    They part it where they are near to at least half of the documents.
    """
    if guesses is None or inputs.vectors is None:
        return None
    guessed = guesses.labels(inputs.vectors)
    return guessed if (guessed >= 0).mean() >= MOST else None


def first_field(inputs: StrategyInputs, guessed: Rows | None, n: int, rng: np.random.Generator) -> Field:
    """Return the field of a batch without a model, in which no crowd takes all, and no guessed label."""
    alike_all = np.ones(inputs.n_candidates)
    if guessed is None:
        return without_crowds(lay_out(inputs, alike_all, FIRST, n, rng))
    return within_labels(lay_out(inputs, alike_all, GUESSED, n, rng), guessed)


def within_labels(field: Field, guessed: Rows) -> Field:
    """Return the field in which documents cover only those of the same guessed label, `(n,)` by candidate.

    Each weighs 1 / root of how many were guessed to have its label. What no label is guessed of covers its like,
    and weighs as without names; both parts have the weight of their documents.
    """
    of_place = np.where(field.rows >= 0, guessed[field.rows], NOT_OPEN)
    owners = np.repeat(of_place, np.diff(field.neighbours.starts))
    similar = np.where(owners == of_place[field.neighbours.others], field.similar, np.float32(0.0))
    parted = without_crowds(replace(field, similar=similar))
    weights = parted.weights.copy()
    is_guessed = of_place >= 0
    sizes = np.bincount(of_place[is_guessed])
    weights[is_guessed] = field.weights[is_guessed] / sizes[of_place[is_guessed]] ** SHARING
    for part in (is_guessed, of_place == -1):
        if part.any():
            weights[part] *= field.weights[part].sum() / max(weights[part].sum(), LEAST)
    return replace(parted, weights=weights)


def without_crowds(field: Field) -> Field:
    """Return the field with the documents of crowds weighing less, so that a big topic does not take all."""
    return replace(field, weights=field.weights / np.maximum(crowds(field), 1.0) ** CROWDING)
