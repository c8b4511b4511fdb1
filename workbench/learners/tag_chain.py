"""A linear chain over the words of a text: how tags follow each other, and what that says of each word.

The steps are counted in the answers, one added to each, and legal IOB2 only: I-X follows B-X or I-X. A word's
vector already knows its neighbours, so that a step counts half of its log-probability beyond that of the tag
alone (a whole one says the same thing twice and costs a third of the F1; see `docs/decisions/`, "tags").
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Probabilities, Rows
from workbench.domain.decoding import forbidden_steps

STRENGTH = 0.5
AT_ONCE = 60_000  # words, so that a batch stays in the processor's cache
Floats = npt.NDArray[np.float32]


def count_steps(targets: Rows, bounds: Rows, n_tags: int) -> Floats:
    """Return `(t + 1, t)` float32: what the step from a tag to another adds; row t is the start of a text.

    `targets` (k,) are tag numbers, -1 where the tag is unknown: a step from or to it is not counted.
    """
    counts = np.ones((n_tags + 1, n_tags))
    before = np.empty_like(targets)
    before[1:] = targets[:-1]
    starts = bounds[:-1][np.diff(bounds) > 0]
    before[starts] = n_tags
    known = (targets >= 0) & (before >= 0)
    np.add.at(counts, (before[known], targets[known]), 1.0)
    alone = np.bincount(targets[targets >= 0], minlength=n_tags) + 1.0
    steps = np.log(counts / counts.sum(axis=1, keepdims=True)) - np.log(alone / alone.sum())
    return np.asarray(STRENGTH * steps, dtype=np.float32)


def tag_probabilities(logits: Floats, bounds: Rows, steps: Floats) -> Probabilities:
    """Return `(k, t)` float32: the probability of each word's tags over all legal sequences of its text.

    Forward and backward sums (Rabiner 1989, "A tutorial on hidden Markov models"), for texts of like length
    together; each sum is scaled to one, so that nothing under- or overflows.
    """
    n_tags = logits.shape[1]
    factors = np.exp(steps + forbidden_steps(n_tags).astype(np.float32))
    emissions = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    found = np.zeros_like(emissions)
    for firsts, lengths in _alike(bounds):
        places = firsts[:, None] + np.minimum(np.arange(lengths[-1]), lengths[:, None] - 1)
        inside = np.arange(lengths[-1]) < lengths[:, None]
        both = _both_ways(emissions[places.T], inside.T, factors)
        found[places[inside]] = both.transpose(1, 0, 2)[inside]
    return found


def _alike(bounds: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Give first word and length of texts that have words, those of like length together, short ones first."""
    lengths = np.diff(bounds)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    while len(order):
        # As many texts as fit when all are filled up to the longest of them.
        filled = lengths[order] * np.arange(1, len(order) + 1)
        n_texts = max(1, int(np.searchsorted(filled, AT_ONCE, side="right")))
        some, order = order[:n_texts], order[n_texts:]
        yield bounds[some], lengths[some]


def _both_ways(emissions: Floats, inside: npt.NDArray[np.bool_], factors: Floats) -> Floats:
    """Return probabilities `(m, b, t)` of b texts of at most m words; what is not `inside` (m, b) is no word."""
    n_steps, n_tags = len(emissions), emissions.shape[2]
    forward = np.empty_like(emissions)
    forward[0] = _scaled(factors[n_tags] * emissions[0])
    for word in range(1, n_steps):
        forward[word] = _scaled((forward[word - 1] @ factors[:n_tags]) * emissions[word])
    after = np.ones_like(emissions[0])
    for word in range(n_steps - 2, -1, -1):
        longer = _scaled((emissions[word + 1] * after) @ factors[:n_tags].T)
        after = np.where(inside[word + 1][:, None], longer, np.float32(1.0))
        forward[word] *= after
    forward /= forward.sum(axis=2, keepdims=True)
    return forward


def _scaled(values: Floats) -> Floats:
    """Scale rows to a sum of one; a row that sums to nothing has no legal sequence and counts all alike."""
    sums = values.sum(axis=1, keepdims=True)
    alike = np.full_like(values, 1.0 / values.shape[1])
    return np.asarray(np.divide(values, sums, out=alike, where=sums > 0))
