"""Documents about which the model says other things than about answered ones like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from workbench.domain.arrays import AnyArray, Rows, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores
from workbench.errors import InputError
from workbench.strategies.demands import (
    HINTS,
    OF_LABELS,
    check_inputs,
    choice,
    class_scores_for,
    no_choice,
    vectors_for,
)
from workbench.strategies.distances import blocks, nearest
from workbench.strategies.measures import best_first

NAME = "contrastive"
LEAST = 1e-7
Doubles: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contrastive:
    """The largest divergence of a candidate's probabilities from those of its answered neighbours.

    Margatina, Vernikos, Barrault and Aletras 2021, "Active Learning by Acquiring Contrastive Examples"
    (CAL; EMNLP, arXiv:2109.03764): the mean over the `n_neighbours` nearest answered documents of the
    Kullback-Leibler divergence KL(neighbour || candidate). The paper looks for neighbours in the
    features of the model, here in the vectors of the encoder. Labels of their own add their divergences up.
    """

    n_neighbours: int = 10

    kinds: ClassVar[frozenset[Kind]] = OF_LABELS
    needs: ClassVar[frozenset[str]] = frozenset({"scores", "vectors", "labelled_vectors", "labelled_scores"})
    uses: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if self.n_neighbours < 1:
            raise InputError("A contrast needs at least one neighbour.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows, with 1 - exp(-divergence) as utilities; nothing is random.

        Raises InputError without scores of labels, without vectors, and without any answered document.
        """
        n = check_inputs(inputs, n)
        scores = class_scores_for(NAME, inputs)
        said = class_scores_for(NAME, inputs, "labelled_scores")
        vectors = vectors_for(NAME, inputs)
        labelled = vectors_for(NAME, inputs, "labelled_vectors")
        if n == 0:
            return no_choice()
        if not len(said):
            raise InputError(
                f"The strategy '{NAME}' compares with answered documents; there are none.",
                hint=HINTS["labelled_targets"],
            )
        with threadpool_limits(limits=1):
            neighbours, _ = nearest(vectors, labelled, self.n_neighbours)
        values = divergences(scores, said, neighbours)
        rows = best_first(values)[:n]
        reasons = [_reason(scores, said, int(row), neighbours[row]) for row in rows]
        return choice(rows, 1.0 - np.exp(-values[rows]), reasons)


def divergences(scores: ClassScores, said: ClassScores, neighbours: Rows) -> Utilities:
    """Return the mean of KL(neighbour || candidate) over each candidate's neighbours, `(n,)`."""
    values = np.zeros(len(neighbours))
    n_values = max(1, len(said.labels)) * max(1, neighbours.shape[1])
    for rows in blocks(len(neighbours), n_values):
        theirs = said.probabilities[neighbours[rows]].astype(np.float64)  # (b, k, l)
        own = scores.probabilities[rows].astype(np.float64)[:, None, :]
        terms = _terms(theirs, own)
        if not scores.exclusive:
            terms = terms + _terms(1.0 - theirs, 1.0 - own)
        values[rows] = terms.sum(axis=2).mean(axis=1)
    return np.maximum(values, 0.0)


def _terms(theirs: Doubles, own: Doubles) -> Doubles:
    return np.asarray(theirs * (np.log(np.maximum(theirs, LEAST)) - np.log(np.maximum(own, LEAST))))


def _reason(scores: ClassScores, said: ClassScores, row: int, neighbours: Rows) -> str:
    """Say on which label candidate and neighbours differ most."""
    own: AnyArray = scores.probabilities[row]
    theirs: AnyArray = said.probabilities[neighbours].mean(axis=0)
    place = int(np.abs(own - theirs).argmax())
    return (
        f"the model gives '{scores.labels[place]}' {own[place]:.0%} here, "
        f"but {theirs[place]:.0%} to the answered documents most like it"
    )
