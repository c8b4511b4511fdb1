"""Whether a model that is 80 % sure is right 80 % of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.domain.decoding import words_under
from workbench.domain.scores import DocumentTokenScores, tags_of
from workbench.domain.spans import Span
from workbench.errors import InputError


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions with a confidence in (low, high]; the first bin also holds its lower end.

    `confidence` and `accuracy` are means over the n predictions, None when there are none.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def reliability_bins(
    confidences: Sequence[float] | AnyArray, correct: Sequence[bool] | AnyArray, *, n_bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Sort n predictions into bins of equal width by confidence.

    Raises InputError for arrays that do not pair and for confidences outside 0 to 1.
    """
    sure, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if sure.shape != right.shape or sure.ndim != 1 or n_bins < 1:
        raise InputError(f"{sure.shape} confidences do not pair with {right.shape} outcomes.")
    # Float32 probabilities may end a hair above one.
    if sure.size and not (np.isfinite(sure).all() and sure.min() >= 0 and sure.max() <= 1 + 1e-4):
        raise InputError("A confidence lies outside 0 to 1.")
    edges = np.linspace(0, 1, n_bins + 1)
    places = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, n_bins - 1)
    bins = []
    for place in range(n_bins):
        inside = places == place
        n = int(inside.sum())
        means = (float(sure[inside].mean()), float(right[inside].mean())) if n else (None, None)
        bins.append(ReliabilityBin(float(edges[place]), float(edges[place + 1]), n, *means))
    return tuple(bins)


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """Return the mean gap between confidence and accuracy, weighted by predictions; None without any.

    Naeini et al. 2015, https://ojs.aaai.org/index.php/AAAI/article/view/9602
    """
    total = sum(b.n for b in bins)
    if not total:
        return None
    return sum(b.n / total * abs((b.confidence or 0.0) - (b.accuracy or 0.0)) for b in bins)


def span_confidence(document: DocumentTokenScores, span: Span, labels: tuple[str, ...]) -> float:
    """Return how sure the tags of a predicted span are: the least sure word decides.

    Of each word under the span the probability of B- or I- of its label counts. 0 when the span
    covers no word.
    """
    begin = tags_of(labels).index(f"B-{span.label}")
    words = words_under(document.words, span)
    if not words:
        return 0.0
    either = document.probabilities[words, begin : begin + 2].astype(np.float64).sum(axis=1)
    return min(1.0, float(either.min()))
