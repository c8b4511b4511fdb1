"""Documents whose answers would move the model far, each in another direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import Utilities, Vectors
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores
from workbench.strategies.demands import (
    OF_LABELS,
    check_inputs,
    choice,
    class_scores_for,
    no_choice,
    vectors_for,
)
from workbench.strategies.distances import products, squared_norms

NAME = "badge"
SAME = 1e-6  # squared distance below this share of the lengths is rounding
Doubles: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Badge:
    """k-means++ on the gradients of the last layer.

    Ash, Zhang, Krishnamurthy, Langford and Agarwal 2020, "Deep Batch Active Learning by Diverse,
    Uncertain Gradient Lower Bounds" (ICLR, arXiv:1906.03671). The gradient of a document is a ⊗ x: a
    its probabilities less the answer that the model would give, x the features. It is long where the
    model is unsure, and it is never built: |a ⊗ x|² = |a|² |x|², and (a ⊗ x) · (b ⊗ y) = (a · b)(x · y).
    As in the authors' code the longest comes first; each next is drawn by its squared distance to the
    nearest chosen one.
    """

    kinds: ClassVar[frozenset[Kind]] = OF_LABELS
    needs: ClassVar[frozenset[str]] = frozenset({"scores", "features"})
    uses: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows with the lengths of their gradients as utilities.

        Raises InputError when there are no scores of labels or no features.
        """
        n = check_inputs(inputs, n)
        scores = class_scores_for(NAME, inputs)
        features = vectors_for(NAME, inputs, "features")
        if n == 0:
            return no_choice()
        errors = scores.probabilities.astype(np.float64) - presumed(scores)
        with threadpool_limits(limits=1):
            lengths = np.einsum("nl,nl->n", errors, errors) * squared_norms(features)
            rows = spread_out(errors, features, lengths, n, rng)
        return choice(np.array(rows), np.sqrt(lengths[rows]), [_reason(scores, row) for row in rows])


def presumed(scores: ClassScores) -> Doubles:
    """Return the answer that the model would give, `(n, l)` of 0 and 1."""
    p = scores.probabilities
    if not scores.exclusive:
        return (p >= 0.5).astype(np.float64)
    answers = np.zeros(p.shape)
    if p.shape[1]:
        answers[np.arange(len(p)), p.argmax(axis=1)] = 1.0
    return answers


def spread_out(
    errors: Doubles, features: Vectors, lengths: Utilities, n: int, rng: np.random.Generator
) -> list[int]:
    """Return n different rows by k-means++ on the products of errors and features.

    Where all that is left equals something chosen, the longest comes first.
    """
    rows: list[int] = []
    apart = np.full(len(lengths), np.inf)
    free = np.ones(len(lengths), dtype=np.bool_)
    while len(rows) < n:
        chances = np.where(free, apart, 0.0) if rows else np.zeros(len(lengths))
        total = chances.sum()
        if total > 0.0:
            row = int(rng.choice(len(chances), p=chances / total))
        else:
            row = int(np.argmax(np.where(free, lengths, -1.0)))
        rows.append(row)
        free[row] = False
        both = products(features, features[row]) * (errors @ errors[row])
        own = lengths + lengths[row] - 2.0 * both
        apart = np.minimum(apart, np.where(own > SAME * (lengths + lengths[row]), own, 0.0))
    return rows


def _reason(scores: ClassScores, row: int) -> str:
    p = scores.probabilities[row]
    place = int(p.argmax()) if scores.exclusive else int(np.abs(p - 0.5).argmin())
    return (
        f"the model gives '{scores.labels[place]}' {p[place]:.0%}, and an answer would teach it much "
        "that the rest of the batch does not"
    )
