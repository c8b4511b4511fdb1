"""Which label a document may have, guessed from the names of the labels and from the answers so far.

Seeded k-means (Basu, Banerjee & Mooney 2002, "Semi-supervised Clustering by Seeding") of unit vectors, soft as in
Banerjee, Dhillon, Ghosh & Sra 2005, "Clustering on the Unit Hypersphere using von Mises-Fisher Distributions":
each label has a centre, which begins at the vector of its name and moves to the documents that are near it,
held by the name and by the answers. No model is looked at, so there is a guess before the first answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Probabilities, Rows, Targets, Vectors
from workbench.domain.label_names import LabelNames
from workbench.domain.ports import StrategyInputs
from workbench.strategies.distances import blocks, one_thread

LOOKED_AT = 8_000  # documents that move the centres: all of a pool of that size, else as many, evenly
SWEEPS = 4  # later ones drift away from the names
NARROWNESS = 20.0  # how fast a label becomes unlikely as the cosine falls
NAME, ANSWER = 5.0, 6.0  # how many documents a name and an answer weigh
BELIEVED = 10  # right guesses with which the names come, before any answer speaks for or against them
TOLD_APART = (
    0.25  # of the way from chance to always right: how well names must fit the answers to be believed
)
MEANT = 0.35  # cosine: names such as "label 7", "A" or "yes" stay below it from nearly every text
AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """Guesses labels of documents by `centres` (l, d), which began at `names`; `trust` in these is from 0 to 1."""

    names: LabelNames
    centres: Vectors
    trust: float

    def probabilities(self, vectors: Vectors) -> Probabilities:
        """Return how probable each label is, `(n, l)`; each row's sum is 1."""
        return _softly(vectors, self.centres).astype(np.float32)

    def labels(self, vectors: Vectors) -> Rows:
        """Return the most probable label of each document, `(n,)`; -1 where no name is near enough to say."""
        found = np.full(len(vectors), -1, dtype=np.int64)
        for rows in blocks(len(vectors), len(self.centres), most=AT_ONCE):
            some = np.asarray(vectors[rows], dtype=np.float32)
            is_meant = (some @ self.names.vectors.T).max(axis=1) >= MEANT
            found[rows] = np.where(is_meant, (some @ self.centres.T).argmax(axis=1), -1)
        return found


def guesses_of(inputs: StrategyInputs) -> Guesses | None:
    """Return what can be guessed of the candidates; None without names of two labels that fit the answers."""
    names = inputs.label_names
    if names is None or inputs.vectors is None or len(names.labels) < 2:
        return None
    rows = np.unique(np.linspace(0, max(inputs.n_candidates - 1, 0), LOOKED_AT).astype(np.int64))
    seen = np.asarray(inputs.vectors[rows[: inputs.n_candidates]], dtype=np.float32)
    trust = trust_in(names, inputs.labelled_vectors, inputs.labelled_targets)
    if trust < TOLD_APART:
        return None
    held = NAME * trust * names.vectors
    if inputs.labelled_vectors is not None and inputs.labelled_targets is not None:
        shares = inputs.labelled_targets.astype(np.float32)
        held = held + ANSWER * (shares.T @ inputs.labelled_vectors)
    with one_thread():
        return Guesses(names, _moved(_unit(held), held, seen), trust)


def trust_in(names: LabelNames, labelled: Vectors | None, targets: Targets | None) -> float:
    """Return how far names tell labels apart, from 0 (no better than chance) to 1.

    It is the share of the answered documents whose nearest name is one of their labels, above that of chance;
    without answers 1. The first few answers say little: the names come with ten right guesses.
    """
    if labelled is None or targets is None:
        return 1.0
    nearest = (labelled @ names.vectors.T).argmax(axis=1)
    n_right = int(targets[np.arange(len(targets)), nearest].sum())
    right = (n_right + BELIEVED) / (len(targets) + BELIEVED)
    chance = 1.0 / len(names.labels)
    return max((right - chance) / (1.0 - chance), 0.0)


def _moved(centres: Vectors, held: Vectors, seen: Vectors) -> Vectors:
    """Return the centres after some sweeps over the documents that are looked at."""
    for _ in range(SWEEPS):
        drawn = _softly(seen, centres) ** 2  # whoever is between two labels moves neither much
        drawn /= drawn.sum(axis=1, keepdims=True)
        centres = _unit(held + drawn.T @ seen)
    return centres


def _softly(vectors: Vectors, centres: Vectors) -> npt.NDArray[np.float32]:
    logits = np.float32(NARROWNESS) * (vectors @ centres.T)
    logits -= logits.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
