"""Reliability by hand."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.calibration import (
    expected_calibration_error,
    reliability_bins,
    span_confidence,
)
from workbench.domain.scores import DocumentTokenScores
from workbench.domain.spans import Span
from workbench.errors import InputError


def test_bins_hold_the_means_counted_by_hand():
    low, high = reliability_bins([0.2, 0.4, 0.9, 0.7], [True, False, True, True], n_bins=2)
    assert (low.n, low.confidence, low.accuracy) == (2, pytest.approx(0.3), 0.5)
    assert (high.n, high.confidence, high.accuracy) == (2, pytest.approx(0.8), 1.0)
    assert expected_calibration_error((low, high)) == pytest.approx(0.5 * 0.2 + 0.5 * 0.2)


def test_a_confidence_on_an_edge_belongs_to_the_lower_bin():
    bins = reliability_bins([0.0, 0.5, 1.0], [True] * 3, n_bins=2)
    assert [b.n for b in bins] == [2, 1]


def test_no_predictions_have_empty_bins_and_no_error():
    bins = reliability_bins([], [])
    assert len(bins) == 10
    assert bins[0].accuracy is None
    assert expected_calibration_error(bins) is None


def test_float32_sums_a_hair_above_one_are_kept():
    bins = reliability_bins(np.array([1.00001], dtype=np.float32), [True])
    assert bins[-1].n == 1


@pytest.mark.parametrize("bad", [[1.5], [-0.1], [float("nan")], [0.5, 0.5]])
def test_confidences_that_are_none_are_refused(bad):
    with pytest.raises(InputError):
        reliability_bins(bad, [True])


def test_the_least_sure_word_decides_about_a_span():
    words = np.array([[0, 4], [5, 11], [12, 16]], dtype=np.int32)
    tags = np.array([[0.1, 0.9, 0.0], [0.2, 0.1, 0.7], [1.0, 0.0, 0.0]], dtype=np.float32)
    document = DocumentTokenScores(words, tags)
    assert span_confidence(document, Span(0, 11, "PER", "Mira Okafor"), ("PER",)) == pytest.approx(0.8)
    assert span_confidence(document, Span(4, 5, "PER", " "), ("PER",)) == 0.0
