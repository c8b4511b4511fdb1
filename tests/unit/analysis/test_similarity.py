"""Nearest vectors, seen by eye."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.similarity import most_similar

VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0], [0.6, -0.8]], dtype=np.float32)


def test_the_nearest_come_first_and_equal_ones_in_their_order():
    rows, cosines = most_similar(VECTORS, np.array([1, 0], dtype=np.float32), 4)
    assert rows.tolist() == [0, 2, 4, 1]
    assert cosines.tolist() == pytest.approx([1, 0.6, 0.6, 0])


def test_fewer_vectors_than_asked_for_are_all_of_them():
    rows, _ = most_similar(VECTORS[:2], np.array([0, 1], dtype=np.float32), 10)
    assert rows.tolist() == [1, 0]
    rows, cosines = most_similar(np.zeros((0, 2), dtype=np.float32), np.array([0, 1], dtype=np.float32), 3)
    assert rows.tolist() == cosines.tolist() == []
