"""Neighbours against all cosines, one by one."""

import numpy as np
import pytest

from workbench.domain.neighbours import Neighbours
from workbench.errors import InputError
from workbench.strategies import distances
from workbench.strategies.neighbourhoods import find_neighbours


def unit_vectors(n, width=6, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("block", [10, 100, 4_000_000])
def test_they_are_the_nearest_of_each_and_mutual(monkeypatch, block):
    monkeypatch.setattr(distances, "BLOCK_VALUES", block)
    vectors = unit_vectors(30)
    cosines = vectors @ vectors.T
    found = find_neighbours(vectors, n_nearest=4)
    nearest = {i: set(np.argsort(-cosines[i])[1:5].tolist()) for i in range(30)}
    for i in range(30):
        some = slice(found.starts[i], found.starts[i + 1])
        mutual = nearest[i] | {j for j in range(30) if i in nearest[j]} | {i}
        assert found.others[some].tolist() == sorted(mutual)
        assert found.cosines[some] == pytest.approx(cosines[i][sorted(mutual)], abs=1e-6)


def test_opposite_and_orthogonal_ones_are_neighbours_too_when_there_are_no_others():
    found = find_neighbours(np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32), n_nearest=2)
    assert found.others.tolist() == [0, 1, 2] * 3
    assert found.cosines == pytest.approx([1, 0, -1, 0, 1, 0, -1, 0, 1], abs=1e-6)


@pytest.mark.parametrize("n", [0, 1])
def test_one_document_is_its_own_neighbour_and_none_has_none(n):
    found = find_neighbours(unit_vectors(n))
    assert (found.n_documents, found.others.tolist(), len(found)) == (n, [0] * n, n)


def test_other_candidates_are_named_by_their_places():
    found = find_neighbours(unit_vectors(5))
    some = found.among([4, 1])
    assert (len(found), len(some), some.n_documents, some.places.tolist()) == (5, 2, 5, [4, 1])
    assert some.cosines is found.cosines


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(InputError, match="3 neighbours do not fit 2 cosines"):
        Neighbours(
            np.array([0, 3]), np.zeros(3, np.int32), np.zeros(2, np.float32), 64, np.zeros(1, np.int64)
        )
