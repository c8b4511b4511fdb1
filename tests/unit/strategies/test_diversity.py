"""Cluster-margin on points that can be checked by eye."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores
from workbench.errors import InputError
from workbench.strategies.diversity import ClusterMargin, in_turns

# Bundles of directions: rows 0-2 about 2 degrees, rows 4-6 about 120 degrees.
ANGLES = np.array([0, 2, 4, 90, 118, 120, 122, 240, 244, 300]) * np.pi / 180
VECTORS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)


def inputs(margins, vectors=VECTORS):
    best = (1 + np.array(margins)) / 2
    p = np.stack([best, 1 - best], axis=1).astype(np.float32)
    return StrategyInputs(len(margins), ClassScores(("a", "b"), p), vectors)


def ask(given, n, **options):
    choice = ClusterMargin(**options)(given, n, np.random.default_rng(0))
    return choice.rows.tolist(), choice.utilities


def test_each_bundle_gives_one_document_and_the_certain_ones_none():
    angles = np.array([0, 3, 6, 118, 120, 124, 240, 244, 246, 300, 302, 60]) * np.pi / 180
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    rows, _ = ask(inputs([0.1] * 9 + [1.0] * 3, vectors), 3, candidates_per_choice=3)
    assert sorted(rows) == [1, 4, 7]


def test_the_document_in_the_middle_of_its_bundle_is_taken():
    rows, _ = ask(inputs([0.1] * 3 + [1.0] + [0.1] * 3 + [1.0] * 3), 2, candidates_per_choice=3)
    assert sorted(rows) == [1, 5]


def test_only_the_least_certain_are_candidates():
    margins = [0.9, 0.9, 0.9, 0.1, 0.9, 0.2, 0.9, 0.9, 0.9, 0.0]
    rows, values = ask(inputs(margins), 3, candidates_per_choice=1)
    assert sorted(rows) == [3, 5, 9]
    assert sorted(values) == pytest.approx([0.8, 0.9, 1.0], abs=1e-6)


def test_turns_go_from_heavy_to_light_clusters_and_from_the_middle_out():
    clusters = np.array([0, 0, 1, 1, 1, 2])
    weights = np.array([0.5, 0.5, 0.9, 0.9, 0.9, 0.1])
    closeness = np.array([-2.0, -1.0, -3.0, -1.0, -2.0, -9.0])
    assert in_turns(clusters, weights, closeness).tolist() == [3, 1, 5, 4, 0, 2]


def test_equal_weights_and_places_keep_the_order_of_the_rows():
    assert in_turns(np.array([1, 0, 1, 0]), np.ones(4), np.zeros(4)).tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize("options", [{"candidates_per_choice": 0}, {"n_iterations": 0}])
def test_senseless_options_are_refused(options):
    with pytest.raises(InputError):
        ClusterMargin(**options)
