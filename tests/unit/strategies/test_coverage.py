"""Facility location on similarities that can be added up by hand."""

import numpy as np
import pytest

from workbench.strategies.coverage import Field, Kernel, cover, covered_by, lay_out, n_like, sample_by_weight

EYE = np.eye(3, dtype=np.float32)


def field(similar, weights=None, covered=None):
    n = len(similar)
    return Field(
        np.arange(n),
        np.array(similar, dtype=np.float32),
        np.ones(n) if weights is None else np.array(weights, dtype=np.float64),
        np.zeros(n, dtype=np.float32) if covered is None else np.array(covered, dtype=np.float32),
    )


# Places 0 to 2 are alike, 1 in their middle; 3 stands alone.
PAIRS = [[1.0, 0.8, 0.2, 0.0], [0.8, 1.0, 0.8, 0.0], [0.2, 0.8, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def test_the_kernel_is_nothing_up_to_its_threshold_and_one_at_a_copy():
    left = np.array([[1.0, 0.0]], dtype=np.float32)
    right = np.array(
        [[1.0, 0.0], [0.75, np.sqrt(1 - 0.75**2)], [0.5, np.sqrt(0.75)], [-1.0, 0.0]], np.float32
    )
    assert Kernel(0.5)(left, right)[0] == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=1e-6)
    assert Kernel(0.5, 2)(left, right)[0] == pytest.approx([1.0, 0.25, 0.0, 0.0], abs=1e-6)


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


def test_the_lazy_choice_is_the_greedy_one():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    weights = rng.random(60)
    laid = lay_out(vectors, weights, vectors[:3], Kernel(0.2), rng)
    covered, greedy = laid.covered.copy(), []
    for _ in range(12):
        adds = np.maximum(laid.similar - covered, 0) @ laid.weights
        adds[greedy] = -1
        greedy.append(int(adds.argmax()))
        covered = np.maximum(covered, laid.similar[greedy[-1]])
    assert cover(laid, 12)[0] == greedy


def test_an_answered_document_covers_its_like():
    assert covered_by(EYE, EYE[:1], Kernel(0.5)).tolist() == [1.0, 0.0, 0.0]
    assert covered_by(EYE, None, Kernel(0.5)).tolist() == [0.0, 0.0, 0.0]
    assert covered_by(EYE, EYE[:0], Kernel(0.5)).tolist() == [0.0, 0.0, 0.0]


def test_of_a_large_pool_a_sample_is_drawn_by_weight():
    weights = np.full(1000, 1e-9)
    weights[500:520] = 1.0
    drawn = sample_by_weight(weights, 20, np.random.default_rng(0))
    assert drawn.tolist() == list(range(500, 520))


def test_the_documents_of_a_sample_weigh_alike():
    rng = np.random.default_rng(0)
    vectors = np.eye(40, dtype=np.float32)
    laid = lay_out(vectors, rng.random(40), None, Kernel(0.5), rng, at_most=10)
    assert len(laid.rows) == 10
    assert laid.weights.tolist() == [1.0] * 10


def test_who_is_like_it_are_counted_without_itself():
    assert [n_like(field(PAIRS), place) for place in range(4)] == [1, 2, 1, 0]
