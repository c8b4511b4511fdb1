"""What a strategy needs, checked before it chooses."""

from __future__ import annotations

from workbench.domain.arrays import Vectors
from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import Scores
from workbench.errors import InputError


def check_inputs(inputs: StrategyInputs, n: int) -> int:
    """Return how many rows can be chosen: at most n.

    Raises InputError for a negative n and for scores or vectors of another number of documents.
    """
    if n < 0:
        raise InputError(f"A batch cannot have {n} documents.")
    for what, values in (("scores", inputs.scores), ("vectors", inputs.vectors)):
        if values is not None and len(values) != inputs.n_candidates:
            raise InputError(f"There are {len(values)} {what} for {inputs.n_candidates} candidates.")
    return min(n, inputs.n_candidates)


def scores_for(strategy: str, inputs: StrategyInputs) -> Scores:
    """Return the scores of the candidates, or raise InputError when there is no model yet."""
    if inputs.scores is None:
        raise InputError(
            f"The strategy '{strategy}' needs scores, and no model has scored these documents.",
            hint="Label a first batch chosen by the strategy 'random', train a model, then ask again.",
        )
    return inputs.scores


def vectors_for(strategy: str, inputs: StrategyInputs) -> Vectors:
    """Return the vectors of the candidates, or raise InputError when the pool was not encoded."""
    if inputs.vectors is None:
        raise InputError(
            f"The strategy '{strategy}' needs vectors, and these documents have none.",
            hint="Embed the pool first, or choose a strategy that needs scores only.",
        )
    return inputs.vectors
