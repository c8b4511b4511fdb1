"""Documents about which the model contradicts itself when parts of it are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import AnyArray, Samples, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores
from workbench.strategies.demands import OF_LABELS, check_inputs, choice, class_scores_for, needed
from workbench.strategies.distances import blocks
from workbench.strategies.measures import best_first, binary_entropies, entropies

NAME = "bald"


@dataclass(frozen=True, slots=True)
class Bald:
    """The most information that an answer gives about the model, by Monte-Carlo dropout.

    Houlsby, Huszár, Ghahramani and Lengyel 2011, "Bayesian Active Learning for Classification and
    Preference Learning" (arXiv:1112.5745); with dropout as samples Gal, Islam and Ghahramani 2017,
    "Deep Bayesian Active Learning with Image Data" (ICML, arXiv:1703.02910). The utility is the entropy
    of the mean of the samples less the mean of their entropies: high where each sample is sure and
    they differ, not where a text is ambiguous. Both entropies are relative to that of equal
    probabilities; labels of their own give the mean over the labels.
    """

    kinds: ClassVar[frozenset[Kind]] = OF_LABELS
    needs: ClassVar[frozenset[str]] = frozenset({"scores", "samples"})
    uses: ClassVar[frozenset[str]] = frozenset()

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows; the chance is in the samples. Raises InputError without scores of labels or samples."""
        n = check_inputs(inputs, n)
        scores = class_scores_for(NAME, inputs)
        samples: Samples = needed(NAME, inputs, "samples")
        values = mutual_information(samples, exclusive=scores.exclusive)
        rows = best_first(values)[:n]
        return choice(rows, values[rows], [_reason(scores, samples[:, row]) for row in rows])


def mutual_information(samples: Samples, *, exclusive: bool) -> Utilities:
    """Return how much the samples of each document differ, `(n,)` in [0, 1], of samples `(s, n, l)`."""
    n_samples, n, n_labels = samples.shape
    values = np.zeros(n)
    if not n_samples or not n_labels:
        return values
    for rows in blocks(n, n_samples * n_labels):
        part = samples[:, rows].astype(np.float64)
        if exclusive:
            total = entropies(part.mean(axis=0))
            each = np.mean([entropies(one) for one in part], axis=0)
        else:
            total = binary_entropies(part.mean(axis=0)).mean(axis=1)
            each = binary_entropies(part).mean(axis=(0, 2))
        values[rows] = total - each
    return np.clip(values, 0.0, 1.0)


def _reason(scores: ClassScores, samples: AnyArray) -> str:
    """Say which label the samples `(s, l)` of one document disagree about most."""
    place = int(np.round(samples.max(axis=0) - samples.min(axis=0), 4).argmax())
    low, high = samples[:, place].min(), samples[:, place].max()
    return (
        f"asked {len(samples)} times with parts left out, the model gives "
        f"'{scores.labels[place]}' from {low:.0%} to {high:.0%}"
    )
