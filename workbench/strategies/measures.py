"""Scores to one utility a document. The kind of a question is resolved here and nowhere else.

Every utility lies in [0, 1], higher = ask sooner; a document without words has 0.

| measure          | exclusive labels     | labels of their own          | words                            |
|------------------|----------------------|------------------------------|----------------------------------|
| least-confidence | 1 - best             | 1 - the least certain label  | 1 - geometric mean of best tags  |
| margin           | 1 - (best - second)  | 1 - mean of abs(2p - 1)      | 1 - smallest margin of a word    |
| entropy          | entropy / log l      | mean binary entropy / log 2  | mean entropy of the words / log t |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Rows, Targets, Utilities
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.errors import UnknownNameError
from workbench.strategies.distances import blocks

Measure: TypeAlias = Literal["least-confidence", "margin", "entropy"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
Doubles: TypeAlias = npt.NDArray[np.float64]
AT_ONCE = 250_000  # values: 2 MB, which stay near the processor


def utilities(scores: Scores, measure: Measure) -> Utilities:
    """Return one utility a document, `(n,)` float64 in [0, 1].

    Raises UnknownNameError for a measure that does not exist.
    """
    if measure not in MEASURES:
        raise UnknownNameError("measure", measure, MEASURES)
    if isinstance(scores, TokenScores):
        values = WORDS[measure](scores)
    else:
        of_labels = EXCLUSIVE if scores.exclusive else LABEL_WISE
        values = in_pieces(of_labels[measure], scores.probabilities)
    return np.clip(values, 0.0, 1.0)


def doubts(scores: Scores, targets: Targets | None) -> Utilities:
    """Return how far the model doubts each document, `(n,)` in [0, 1]: the margin utility, but for labels of their own.

    `targets` `(m, l)` are those of the answered documents, None where nothing is known of them.
    """
    if isinstance(scores, ClassScores) and not scores.exclusive:
        return any_label_doubts(scores, share_without(targets))
    return utilities(scores, "margin")


def share_without(targets: Targets | None) -> float:
    """Return the share of answers `(m, l)` without any label; 0 where there are none."""
    return float((~targets.any(axis=1)).mean()) if targets is not None and len(targets) else 0.0


def any_label_doubts(scores: ClassScores, without: float) -> Utilities:
    """Return how far a model of labels of their own doubts each document, `(n,)` in [0, 1].

    A label that it hardly knows gets a probability near 0 everywhere, which every measure of the table takes for
    certainty: what is asked then is about the labels that it knows already. So where documents have labels, one
    that seems to have none is doubtful: 1 - the best probability. As far as they have none (`without` is the share
    of such answers) the doubt is that about the least certain label, 2 min(p, 1 - p).
    """

    def of_rows(p: Doubles) -> Doubles:
        best = p.max(axis=1, initial=0.0)
        least_certain = 2.0 * np.minimum(p, 1.0 - p).max(axis=1, initial=0.0)
        return np.asarray((1.0 - without) * (1.0 - best) + without * least_certain)

    return np.clip(in_pieces(of_rows, scores.probabilities), 0.0, 1.0)


def in_pieces(value: Callable[[Doubles], Utilities], probabilities: npt.NDArray[np.float32]) -> Utilities:
    """Return a value of each row `(n, c)`: some rows at a time, for all of a large pool would fill the memory."""
    values = np.zeros(len(probabilities))
    for rows in blocks(*probabilities.shape, most=AT_ONCE):
        values[rows] = value(probabilities[rows].astype(np.float64))
    return values


def best_first(values: Utilities) -> Rows:
    """Return the rows by falling utility; equal ones stay in row order."""
    return np.argsort(-values, kind="stable").astype(np.int64)


def best_probability(p: Doubles) -> Doubles:
    """Return the largest value of each row `(n, c)`; 1 where there is nothing to choose from."""
    return np.asarray(p.max(axis=1)) if p.shape[1] else np.ones(len(p))


def margins(p: Doubles) -> Doubles:
    """Return best minus second of each row; the best itself where there is one column, 1 where none."""
    if p.shape[1] < 2:
        return best_probability(p)
    rows, best = np.arange(len(p)), p.argmax(axis=1)
    others = p.copy()  # a maximum twice over takes half the time of a partition
    others[rows, best] = -np.inf
    return np.asarray(p[rows, best] - others.max(axis=1))


def entropies(p: Doubles) -> Doubles:
    """Return the entropy of each row over that of equal probabilities; 0 where one column stands alone."""
    if p.shape[1] < 2:
        return np.zeros(len(p))
    return np.asarray(-_p_log_p(p).sum(axis=1) / np.log(p.shape[1]))


def binary_entropies(p: Doubles) -> Doubles:
    """Return the entropy in bits of each probability as a yes or no."""
    return np.asarray(-(_p_log_p(p) + _p_log_p(1.0 - p)) / np.log(2.0))


def _p_log_p(p: Doubles) -> Doubles:
    positive = np.clip(p, 0.0, 1.0)
    return np.asarray(positive * np.log(np.where(positive > 0.0, positive, 1.0)))


def _mean_of_labels(values: Doubles) -> Doubles:
    return values.mean(axis=1) if values.shape[1] else np.zeros(len(values))


def _over_words(scores: TokenScores, value: Callable[[Doubles], Doubles], join: np.ufunc) -> Doubles:
    """Join a value of every word over each document by `join`; documents without words keep 0."""
    words, bounds = scores.flat
    has_words = bounds[1:] > bounds[:-1]
    joined = np.zeros(len(has_words))
    if has_words.any():
        joined[has_words] = join.reduceat(value(words.astype(np.float64)), bounds[:-1][has_words])
    return joined


def _mean_over_words(scores: TokenScores, value: Callable[[Doubles], Doubles]) -> Doubles:
    lengths = np.diff(scores.flat[1])
    return np.asarray(_over_words(scores, value, np.add) / np.maximum(lengths, 1))


def _log_best(p: Doubles) -> Doubles:
    return np.asarray(np.log(np.maximum(best_probability(p), np.finfo(np.float64).tiny)))


def word_least_confidence(scores: TokenScores) -> Utilities:
    """Return 1 - exp(MNLP), so 1 minus the geometric mean of the best tags' probabilities.

    MNLP, the maximum normalised log-probability of Shen et al. 2017, "Deep Active Learning for Named
    Entity Recognition", keeps long documents from being asked for their length alone; exp keeps its
    order and brings it to [0, 1]. The best sequence is that of the best tag of each word.
    """
    return np.asarray(1.0 - np.exp(_mean_over_words(scores, _log_best)))


def word_margin(scores: TokenScores) -> Utilities:
    """Return 1 minus the smallest margin between the two best tags of a word."""
    return _over_words(scores, lambda p: 1.0 - margins(p), np.maximum)


def word_entropy(scores: TokenScores) -> Utilities:
    """Return the mean entropy of the words."""
    return _mean_over_words(scores, entropies)


EXCLUSIVE: dict[Measure, Callable[[Doubles], Utilities]] = {
    "least-confidence": lambda p: 1.0 - best_probability(p),
    "margin": lambda p: 1.0 - margins(p),
    "entropy": entropies,
}
LABEL_WISE: dict[Measure, Callable[[Doubles], Utilities]] = {
    "least-confidence": lambda p: np.minimum(p, 1.0 - p).max(axis=1, initial=0.0),
    "margin": lambda p: _mean_of_labels(1.0 - np.abs(2.0 * p - 1.0)),
    "entropy": lambda p: _mean_of_labels(binary_entropies(p)),
}
WORDS: dict[Measure, Callable[[TokenScores], Utilities]] = {
    "least-confidence": word_least_confidence,
    "margin": word_margin,
    "entropy": word_entropy,
}
