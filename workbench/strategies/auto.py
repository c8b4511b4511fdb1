"""The default: cover the pool, then ask where the model is unsure and where rare labels hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Targets, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores
from workbench.strategies.coverage import Field, Kernel, cover, crowds, lay_out, n_like
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, vectors_for
from workbench.strategies.measures import in_pieces, utilities
from workbench.strategies.near_copies import Families, NearCopies

FIRST = Kernel(0.45)
LATER = Kernel(0.4, 2)
CROWDING = 0.25  # how far the first batch turns away from crowds, so that small topics are met early
RARITY = 0.5  # an answer for a label with four answers is worth half of one for a label with one
LEAST = 1e-9  # a document that the model is sure of may still be asked when nothing else is left


@dataclass(frozen=True, slots=True)
class Auto:
    """Weighted coverage that shifts from covering to doubt as the model becomes sure.

    Greedy facility location (see `coverage`), where each document of the pool weighs what asking about it
    may teach: doubt ** (1 + `sharpness` * s), times how rare the labels are that it may have. Doubt is the
    margin utility, and s is measured: the mean certainty of the model over the pool, near 0 after the first
    batch (all documents weigh alike: coverage) and near 1 late (only doubtful ones weigh: uncertainty).
    Without a model the weights are equal but for crowds. No two near-copies come in one batch, which is
    why it may be shorter than asked. Documents cover their nearest neighbours; where nobody kept those, of
    more than `MOST_LOOKED_AT` documents a sample drawn by weight is looked at.
    """

    sharpness: float = 3.0

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"vectors"})
    uses: ClassVar[frozenset[str]] = frozenset(
        {"scores", "labelled_vectors", "labelled_targets", "texts", "neighbours", "nearness"}
    )

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Choose at most n documents. Raises InputError without vectors, or for ones that are not finite."""
        n = check_inputs(inputs, n)
        vectors = vectors_for("auto", inputs)
        if n == 0:
            return no_choice()
        weights = self._weights(inputs)
        field = lay_out(inputs, weights, FIRST if inputs.scores is None else LATER, n, rng)
        if inputs.scores is None:
            field = without_crowds(field)
        families = Families(NearCopies(vectors, inputs.texts), field)
        places, gains = cover(field, n, families.may_join)
        rows = field.rows[places]
        utility = np.asarray(gains) / max(gains[0], LEAST) if gains else np.zeros(0)
        return choice(rows, utility, _reasons(inputs, field, places))

    def _weights(self, inputs: StrategyInputs) -> Utilities:
        """Return what asking about each candidate may teach, `(n,)`, each above 0."""
        if inputs.scores is None:
            return np.ones(inputs.n_candidates)
        doubt = utilities(inputs.scores, "margin")
        weights = doubt ** (1.0 + self.sharpness * float(1.0 - doubt.mean()))
        if isinstance(inputs.scores, ClassScores) and inputs.labelled_targets is not None:
            weights = weights * rarity(inputs.scores, inputs.labelled_targets)
        return np.maximum(weights, LEAST)


def rarity(scores: ClassScores, targets: Targets) -> Utilities:
    """Return for each document how rare the labels are that it may have, `(n,)` in [0, 1].

    A label counts 1 / root of its answers, so 1 with one answer or none; each document has the mean by
    its probabilities. `targets` `(m, l)` are those of the answered documents.
    """
    worth = np.maximum(targets.sum(axis=0), 1).astype(np.float64) ** -RARITY

    def of(probable: npt.NDArray[np.float64]) -> Utilities:
        return np.asarray((probable @ worth) / np.maximum(probable.sum(axis=1), LEAST))

    return in_pieces(of, scores.probabilities)


def without_crowds(field: Field) -> Field:
    """Return the field with the documents of crowds weighing less, so that a big topic does not take all."""
    return replace(field, weights=field.weights / np.maximum(crowds(field), 1.0) ** CROWDING)


def _reasons(inputs: StrategyInputs, field: Field, places: Sequence[int]) -> list[str]:
    if inputs.scores is None:
        return [f"nothing like it was asked yet; {_others(field, place)}" for place in places]
    if isinstance(inputs.scores, ClassScores):
        return [_doubt_of_labels(inputs.scores, inputs.labelled_targets, field, place) for place in places]
    return [f"the model wavers over a word of it; {_others(field, place)}" for place in places]


def _doubt_of_labels(scores: ClassScores, targets: Targets | None, field: Field, place: int) -> str:
    row: npt.NDArray[np.float32] = scores.probabilities[field.rows[place]]
    if not len(row):
        return _others(field, place)
    counts = targets.sum(axis=0) if targets is not None else np.full(len(row), np.inf)
    best = np.argsort(-row, kind="stable")[:2]
    rare = min(best, key=lambda label: (counts[label], -row[label]))
    if counts[rare] < np.median(counts) / 2 and row[rare] > 1.0 / len(row):
        n = int(counts[rare])
        return f"it may be '{scores.labels[rare]}', which has {n} answer{'' if n == 1 else 's'} so far"
    if scores.exclusive and len(best) == 2:
        first, second = (scores.labels[label] for label in best)
        return f"the model wavers between '{first}' and '{second}'; {_others(field, place)}"
    return f"the model is unsure of '{scores.labels[_least_sure(row)]}'; {_others(field, place)}"


def _least_sure(row: npt.NDArray[np.float32]) -> int:
    return int(np.abs(row - 0.5).argmin())


def _others(field: Field, place: int) -> str:
    n, may_be_more = n_like(field, place)
    if not n:
        return "no open document is like it"
    return f"{'at least ' * may_be_more}{n:,} open document{' is' if n == 1 else 's are'} like it"
