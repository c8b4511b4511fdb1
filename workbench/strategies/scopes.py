"""Which words of a document are worth an answer: those that the model doubts, with their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from workbench.domain.annotations import Scope
from workbench.domain.arrays import AnyArray, Offsets
from workbench.domain.decoding import spans_of_document, words_under
from workbench.domain.scores import DocumentTokenScores
from workbench.strategies.measures import margins

LEAST_DOUBT = 0.5  # of the doubt of the document's most doubtful word
LEAST_APART = 2  # words between two ranges; with fewer they are one
MOST = 0.6  # of the words; who reads more than that reads the whole text


def doubtful_scope(document: DocumentTokenScores, labels: tuple[str, ...], text: str) -> Scope | None:
    """Return the character ranges of the doubtful words; None where the whole text is worth asking.

    A word is doubtful when 1 - margin of its tags is at least half of that of the most doubtful one. With it
    are asked the predicted span that holds it and one word on each side, and no predicted span is cut. A
    text without words, one without any doubt, and one of which more than 60 % would be asked are asked whole.
    """
    doubts = 1.0 - margins(document.probabilities.astype(np.float64))
    if not doubts.size or doubts.max() <= 0.0:
        return None
    spans = [words_under(document.words, span) for span in spans_of_document(document, labels, text)]
    asked = _with_whole_spans(doubts >= LEAST_DOUBT * doubts.max(), spans)
    asked = _without_small_gaps(_with_whole_spans(_widened(asked), spans))
    return _ranges(document.words, asked) if asked.mean() <= MOST else None


def _with_whole_spans(asked: AnyArray, spans: Sequence[Sequence[int]]) -> AnyArray:
    """Add the words of every span of which one word is asked."""
    whole = asked.copy()
    for words in spans:
        whole[words] |= asked[words].any()
    return whole


def _widened(asked: AnyArray) -> AnyArray:
    """Add one word on each side."""
    padded = np.pad(asked, 1)
    return np.asarray(padded[:-2] | padded[1:-1] | padded[2:])


def _without_small_gaps(asked: AnyArray) -> AnyArray:
    """Add the words between two ranges that are too near to each other."""
    whole = asked.copy()
    for left, right in pairwise(np.flatnonzero(asked).tolist()):
        if right - left - 1 < LEAST_APART:
            whole[left:right] = True
    return whole


def _ranges(words: Offsets, asked: AnyArray) -> Scope:
    """Return the characters from the first to the last word of each run of asked words."""
    edges = np.flatnonzero(np.diff(np.pad(asked, 1).astype(np.int8)))
    return tuple(
        (int(words[first, 0]), int(words[behind - 1, 1])) for first, behind in edges.reshape(-1, 2).tolist()
    )
