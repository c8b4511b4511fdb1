"""Facility location on similarities that can be added up by hand."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.domain.neighbours import Neighbours
from workbench.domain.ports import StrategyInputs
from workbench.strategies import coverage
from workbench.strategies.coverage import (
    Field,
    Kernel,
    cover,
    crowds,
    gains_of,
    lay_out,
    n_like,
    sample_by_weight,
)
from workbench.strategies.distances import nearness_of

EYE = np.eye(3, dtype=np.float32)
RAW = Kernel(0.0)


def neighbours(cosines, n_nearest=64):
    """Return the neighbours that a full matrix of cosines says, without those that are 0."""
    cosines = np.array(cosines, dtype=np.float32)
    rows, others = np.nonzero(cosines)
    starts = np.searchsorted(rows, np.arange(len(cosines) + 1))
    return Neighbours(
        starts, others.astype(np.int32), cosines[rows, others], n_nearest, np.arange(len(cosines))
    )


def field(similar, weights=None, covered=None):
    n = len(similar)
    near = neighbours(similar)
    return Field(
        near,
        RAW(near.cosines),
        np.arange(n),
        np.ones(n) if weights is None else np.array(weights, dtype=np.float64),
        np.zeros(n, dtype=np.float32) if covered is None else np.array(covered, dtype=np.float32),
    )


def unit_vectors(rng, n, width):
    vectors = rng.normal(size=(n, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# Places 0 to 2 are alike, 1 in their middle; 3 stands alone.
PAIRS = [[1.0, 0.8, 0.2, 0.0], [0.8, 1.0, 0.8, 0.0], [0.2, 0.8, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def test_the_kernel_is_nothing_up_to_its_threshold_and_one_at_a_copy():
    cosines = np.array([1.0, 0.75, 0.5, -1.0], dtype=np.float32)
    assert Kernel(0.5)(cosines) == pytest.approx([1.0, 0.5, 0.0, 0.0])
    assert Kernel(0.5, 2)(cosines) == pytest.approx([1.0, 0.25, 0.0, 0.0])
    assert cosines.tolist() == [1.0, 0.75, 0.5, -1.0]


def test_the_middle_of_a_crowd_comes_first_and_then_who_is_not_covered():
    places, gains = cover(field(PAIRS), 3)
    assert places == [1, 3, 0]  # 0 and 2 add as much as each other: the lower one
    assert gains == pytest.approx([2.6, 1.0, 0.2], abs=1e-6)


def test_a_weight_may_turn_the_order():
    assert cover(field(PAIRS, weights=[1, 1, 1, 3]), 2)[0] == [3, 1]


def test_what_is_covered_already_adds_nothing():
    assert cover(field(PAIRS, covered=[0.8, 1.0, 0.8, 0.0]), 1)[0] == [3]


def test_who_may_not_join_is_passed_over():
    assert cover(field(PAIRS), 2, lambda place, chosen: place != 1)[0] == [0, 3]


def test_after_thousands_that_may_not_join_the_batch_stays_short(monkeypatch):
    asked = []
    monkeypatch.setattr(coverage, "MOST_REFUSED", 2)
    assert cover(field(PAIRS), 2, lambda place, chosen: bool(asked.append(place)))[0] == []
    assert len(asked) == 2


def test_what_a_place_adds_is_multiplied_by_its_worth_which_may_fall():
    def worth(places, chosen):
        return np.where(places == 3, 3.0, 1.0) / (1 + len(chosen))

    places, gains = cover(field(PAIRS), 3, worth=worth)
    assert places == [3, 1, 0]
    assert gains == pytest.approx([3.0, 2.6 / 2, 0.2 / 3], abs=1e-6)


def test_what_is_not_open_is_neither_chosen_nor_counted():
    answered = replace(field(PAIRS, weights=[1, 0, 1, 1]), rows=np.array([0, -1, 1, 2]))
    assert gains_of(answered) == pytest.approx([1.2, 1.6, 1.2, 1.0])
    assert cover(answered, 3)[0] == [0, 3, 2]
    assert [n_like(answered, place)[0] for place in range(4)] == [0, 2, 0, 0]


def test_gains_and_crowds_are_sums_over_neighbours_whatever_the_blocks(monkeypatch):
    one = field(PAIRS, weights=[1, 2, 1, 3], covered=[0.5, 0.0, 0.0, 0.0])
    for at_once in (1, 3, 1 << 20):
        monkeypatch.setattr(coverage, "AT_ONCE", at_once)
        assert gains_of(one) == pytest.approx([0.5 + 1.6 + 0.2, 0.3 + 2.0 + 0.8, 0.0 + 1.6 + 1.0, 3.0])
        assert crowds(one) == pytest.approx([1.0 + 1.6 + 0.2, 0.8 + 2.0 + 0.8, 0.2 + 1.6 + 1.0, 3.0])


def test_the_lazy_choice_is_the_greedy_one():
    rng = np.random.default_rng(0)
    vectors, weights = unit_vectors(rng, 60, 5), rng.random(60)
    inputs = StrategyInputs(60, vectors=vectors, labelled_vectors=vectors[:3])
    laid = lay_out(inputs, weights, Kernel(0.2), 12, rng)
    similar = np.maximum(Kernel(0.2)(vectors @ vectors.T), 0)  # 60 documents: all are neighbours
    covered, greedy = similar[:3].max(axis=0), []
    for _ in range(12):
        adds = np.maximum(similar - covered, 0) @ weights
        adds[greedy] = -1
        greedy.append(int(adds.argmax()))
        covered = np.maximum(covered, similar[greedy[-1]])
    assert cover(laid, 12)[0] == greedy


def test_an_answered_document_covers_its_like():
    every = np.arange(3)
    assert nearness_of(EYE, EYE[:1], every).tolist() == [1.0, 0.0, 0.0]
    assert nearness_of(EYE, EYE[:2], np.array([2, 1])).tolist() == [0.0, 1.0]
    assert nearness_of(EYE, None, every).tolist() == nearness_of(EYE, EYE[:0], every).tolist() == [-1.0] * 3
    inputs = StrategyInputs(3, vectors=EYE, labelled_vectors=EYE[:1])
    laid = lay_out(inputs, np.ones(3), Kernel(0.5), 2, np.random.default_rng(0))
    assert laid.covered.tolist() == [1.0, 0.0, 0.0]


def test_given_neighbours_and_nearness_are_used_and_only_candidates_are_open():
    pool = neighbours(PAIRS).among([1, 3])
    inputs = StrategyInputs(
        2, vectors=EYE[:2], neighbours=pool, nearness=np.array([0.25, -1.0], dtype=np.float32)
    )
    laid = lay_out(inputs, np.array([5.0, 7.0]), RAW, 2, np.random.default_rng(0))
    assert laid.rows.tolist() == [-1, 0, -1, 1]
    assert laid.weights.tolist() == [0.0, 5.0, 0.0, 7.0]
    assert laid.covered.tolist() == [0.0, 0.25, 0.0, 0.0]
    assert cover(laid, 2) == ([3, 1], pytest.approx([7.0, 3.75]))


def test_of_a_large_pool_a_sample_is_drawn_by_weight():
    weights = np.full(1000, 1e-9)
    weights[500:520] = 1.0
    drawn = sample_by_weight(weights, 20, np.random.default_rng(0))
    assert drawn.tolist() == list(range(500, 520))


def test_the_documents_of_a_sample_weigh_alike(monkeypatch):
    monkeypatch.setattr(coverage, "MOST_LOOKED_AT", 10)
    rng = np.random.default_rng(0)
    inputs = StrategyInputs(40, vectors=np.eye(40, dtype=np.float32))
    laid = lay_out(inputs, rng.random(40), Kernel(0.5), 1, rng)
    assert len(laid.rows) == 10
    assert laid.weights.tolist() == [1.0] * 10


def test_who_are_like_it_are_counted_without_itself():
    assert [n_like(field(PAIRS), place) for place in range(4)] == [
        (1, False),
        (2, False),
        (1, False),
        (0, False),
    ]
    few = replace(field(PAIRS), neighbours=neighbours(PAIRS, n_nearest=2))
    assert n_like(few, 1) == (2, True)  # its two nearest are like it: there may be more
