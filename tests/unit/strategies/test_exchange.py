"""Batches that get better when one document after the other is exchanged."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.strategies.test_coverage import field, unit_vectors
from workbench.domain.ports import StrategyInputs
from workbench.strategies.coverage import Kernel, cover, lay_out
from workbench.strategies.exchange import exchange

# Two pairs, and place 2 between them: whoever takes it first cannot have one of each pair.
BRIDGE = [
    [1.0, 0.9, 0.6, 0.0, 0.0],
    [0.9, 1.0, 0.6, 0.0, 0.0],
    [0.6, 0.6, 1.0, 0.6, 0.6],
    [0.0, 0.0, 0.6, 1.0, 0.9],
    [0.0, 0.0, 0.6, 0.9, 1.0],
]


def covers(laid, places):
    """Return how far a field is covered by some of its places, each document as it weighs."""
    covered = laid.covered.copy()
    for place in places:
        others, similar = laid.around(place)
        covered[others] = np.maximum(covered[others], similar)
    return float(covered @ laid.weights)


def test_a_first_choice_that_is_in_the_way_is_taken_back():
    laid = field(BRIDGE)
    greedy = cover(laid, 2)[0]
    assert greedy[0] == 2
    places, gains = exchange(laid, greedy)
    assert sorted(places) in ([0, 3], [0, 4], [1, 3], [1, 4])
    assert gains == pytest.approx([2.5, 1.9], abs=1e-6)
    assert covers(laid, places) == pytest.approx(4.4, abs=1e-6)


def test_who_may_not_join_does_not():
    laid = field(BRIDGE)
    assert sorted(exchange(laid, [2, 0], lambda place, chosen: False)[0]) == [0, 2]
    places, _ = exchange(laid, [2, 0], lambda place, chosen: place != 3)
    assert 3 not in places


def test_what_is_not_open_never_comes_in():
    laid = replace(field(BRIDGE, weights=[1, 1, 1, 0, 0]), rows=np.array([0, 1, 2, -1, -1]))
    assert set(exchange(laid, cover(laid, 2)[0])[0]) <= {0, 1, 2}


def test_an_empty_batch_and_one_of_everything_stay():
    laid = field(BRIDGE)
    assert exchange(laid, []) == ([], [])
    assert sorted(exchange(laid, cover(laid, 5)[0])[0]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(8))
def test_it_never_covers_less_and_ends_where_no_exchange_would_cover_more(seed):
    rng = np.random.default_rng(seed)
    vectors = unit_vectors(rng, 70, 4)
    inputs = StrategyInputs(70, vectors=vectors, labelled_vectors=vectors[:2])
    laid = lay_out(inputs, rng.random(70), Kernel(0.3), 9, rng)
    greedy = cover(laid, 9)[0]
    places, gains = exchange(laid, greedy)
    assert len(set(places)) == 9
    assert covers(laid, places) >= covers(laid, greedy) - 1e-6
    assert sum(gains) == pytest.approx(covers(laid, places) - covers(laid, []), abs=1e-4)
    others = set(range(70)) - set(places)
    best = max(covers(laid, [*places[:k], other, *places[k + 1 :]]) for k in range(9) for other in others)
    assert covers(laid, places) >= best - 1e-3
