"""A kernel head: every answered document is a prototype that speaks for its labels.

A label's density at a vector is the sum of exp(sharpness x cosine) over its answered documents (Parzen
windows on the sphere). A label that means several things keeps a prototype for each, where a linear head
has one direction: with twelve answers in six groups that decides whether it is found at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.domain.arrays import AnyArray, Rows, Vectors
from workbench.domain.scores import ClassScores
from workbench.learners.linear_head import NEVER, sigmoid, softmax

SHARPNESSES = (10.0, 20.0, 30.0, 50.0)
SMALLEST = 1e-38  # the least density: a label without a neighbour is not impossible
ROWS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class KernelHead:
    """Unit vectors `(m, d)` float32 of the answered documents, their labels `(m, l)` bool, offsets `(l,)`."""

    labels: tuple[str, ...]
    exclusive: bool
    prototypes: Vectors
    targets: AnyArray
    offsets: Vectors
    sharpness: float

    def score(self, vectors: Vectors) -> ClassScores:
        """Return the scores of unit vectors `(n, d)`: softmax when exclusive, else a sigmoid each."""
        logits = np.zeros((len(vectors), len(self.labels)))
        for rows in blocks(len(vectors)):
            likeness = vectors[rows] @ self.prototypes.T
            logits[rows] = label_logits(likeness, self.targets, self.sharpness, exclusive=self.exclusive)
        logits += self.offsets
        probabilities = softmax(logits) if self.exclusive else sigmoid(logits)
        return ClassScores(self.labels, probabilities.astype(np.float32), self.exclusive)


def label_logits(likeness: AnyArray, targets: AnyArray, sharpness: float, *, exclusive: bool) -> AnyArray:
    """Return logits `(n, l)` from cosines `(n, m)` to prototypes with labels `(m, l)`; -inf hides one.

    Exclusive labels: the log density of each. Others: the log density of the documents that have the label
    over that of those that have not.
    """
    highest = likeness.max(axis=1, keepdims=True)
    nearest = np.where(np.isfinite(highest), highest, 0.0)
    kernel = np.exp(sharpness * (likeness - nearest)).astype(np.float32)
    logits = log_density(kernel, targets)
    if not exclusive:
        logits -= log_density(kernel, ~targets)
    logits[:, ~targets.any(axis=0)] = NEVER
    return logits


def log_density(kernel: AnyArray, members: AnyArray) -> AnyArray:
    """Return the log of the summed kernel of each column's members, `(n, l)`."""
    sums = (kernel @ members.astype(np.float32)).astype(np.float64)
    return np.asarray(np.log(np.maximum(sums, SMALLEST)))


def unseen_logits(
    vectors: Vectors, targets: AnyArray, groups: Rows, *, sharpnesses: tuple[float, ...], exclusive: bool
) -> list[AnyArray]:
    """Return for each sharpness the logits `(n, l)` of every document by all others.

    Documents of one group (the same text) do not speak for each other. This is exact: nothing is fitted,
    so leaving one out costs nothing.
    """
    found = [np.zeros(targets.shape) for _ in sharpnesses]
    for rows in blocks(len(vectors)):
        likeness = vectors[rows] @ vectors.T
        likeness[groups[rows][:, None] == groups[None, :]] = -np.inf
        for logits, sharpness in zip(found, sharpnesses, strict=True):
            logits[rows] = label_logits(likeness, targets, sharpness, exclusive=exclusive)
    return found


def blocks(n: int) -> Iterator[slice]:
    """Return slices of at most ROWS rows, so that memory grows with the prototypes only."""
    return (slice(start, start + ROWS) for start in range(0, n, ROWS))
