"""small-text's strategies over cached vectors choose what small-text's own loop chooses."""

import sys

import numpy as np
import pytest

from tests.neighbours import stand_in_unless_installed
from workbench import catalog
from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores
from workbench.errors import InputError, MachineError, UnknownNameError

LABELS = ("a", "b", "c", "d")
N, M = 120, 24
torch = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 4, size=N + M)
    targets[N : N + 4] = range(4)
    vectors = rng.normal(size=(N + M, 8)) + np.eye(4, 8)[targets] * 1.5
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), targets


def theirs(points, strategy, n, multi_label=False):
    """Ask small-text's own loop, and return the rows with the classifier that it trained."""
    from small_text import PoolBasedActiveLearner, SklearnDataset

    from benchmarks.small_text_peers import EmbeddingFactory, as_theirs, head

    vectors, targets = points
    factory = EmbeddingFactory(head(), 4, kwargs={"multi_label": multi_label})
    dataset = SklearnDataset(vectors, as_theirs(targets), target_labels=np.arange(4))
    learner = PoolBasedActiveLearner(factory, strategy, dataset)
    known = np.arange(N, N + M)
    learner.initialize_data(known, as_theirs(targets[known]))
    return sorted(learner.query(num_samples=n).tolist()), learner.classifier


def ours(points, name, classifier, n, exclusive=True):
    vectors, targets = points
    p = classifier.model.predict_proba(vectors[:N]).astype(np.float32)
    labelled = targets[N:] if targets.ndim == 2 else np.eye(4, dtype=bool)[targets[N:]]
    inputs = StrategyInputs(
        N, ClassScores(LABELS, p, exclusive), vectors[:N], vectors[N:], labelled.astype(bool)
    )
    return catalog.strategy(name)(inputs, n, np.random.default_rng(0)).rows.tolist()


@pytest.mark.parametrize("n", [1, 10, 60])
@pytest.mark.torch
@pytest.mark.slow
def test_breaking_ties_is_margin_here_and_in_small_texts_own_loop(points, n):
    from small_text import BreakingTies

    rows, classifier = theirs(points, BreakingTies(), n)
    assert sorted(ours(points, "small-text/breaking-ties", classifier, n)) == rows
    assert ours(points, "small-text/breaking-ties", classifier, n) == ours(points, "margin", classifier, n)


@pytest.mark.parametrize("name", ["least-confidence", "prediction-entropy", "greedy-coreset", "seals"])
@pytest.mark.torch
@pytest.mark.slow
def test_what_draws_nothing_gives_the_rows_of_small_texts_own_loop(points, name, monkeypatch):
    from benchmarks.small_text_peers import STRATEGIES

    stand_in_unless_installed(monkeypatch)
    rows, classifier = theirs(points, STRATEGIES[name](), 10)
    assert sorted(ours(points, f"small-text/{name}", classifier, 10)) == rows


@pytest.mark.torch
@pytest.mark.slow
def test_cvirs_gives_the_rows_of_small_texts_own_loop_on_labels_of_their_own(points):
    from benchmarks.small_text_peers import STRATEGIES

    vectors, targets = points
    several = (
        np.eye(4, dtype=np.int64)[targets] | np.eye(4, dtype=np.int64)[(targets + (vectors[:, 5] > 0)) % 4]
    )
    rows, classifier = theirs((vectors, several), STRATEGIES["cvirs"](), 10, multi_label=True)
    assert sorted(ours((vectors, several), "small-text/cvirs", classifier, 10, exclusive=False)) == rows


@pytest.mark.torch
@pytest.mark.slow
def test_bald_asks_where_the_samples_contradict_each_other():
    samples = np.full((6, 40, 2), 0.5, dtype=np.float32)  # unsure, but of one mind
    for row in (4, 17, 33):
        samples[::2, row], samples[1::2, row] = (1.0, 0.0), (0.0, 1.0)
    choice = catalog.strategy("small-text/bald")(
        StrategyInputs(40, samples=samples), 3, np.random.default_rng(0)
    )
    assert sorted(choice.rows.tolist()) == [4, 17, 33]


@pytest.mark.torch
@pytest.mark.slow
def test_contrastive_asks_where_the_model_contradicts_the_answers_nearby():
    rng = np.random.default_rng(0)
    near = np.repeat(np.eye(2, 4), 15, axis=0) + rng.normal(size=(30, 4)) * 0.01
    vectors = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    p = np.tile(np.float32([0.9, 0.1]), (30, 1))  # the model calls all of them "a"
    targets = np.repeat(np.eye(2, dtype=bool), 15, axis=0)  # the answers around the second point say "b"
    inputs = StrategyInputs(30, ClassScores(("a", "b"), p), vectors, vectors, targets)
    rows = catalog.strategy("small-text/contrastive")(inputs, 15, np.random.default_rng(0)).rows
    assert sorted(rows.tolist()) == list(range(15, 30))


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize("name", ["lightweight-coreset", "embedding-kmeans", "discriminative", "subsampling"])
def test_another_seed_gives_other_rows_where_chance_has_a_part(points, name):
    vectors = np.random.default_rng(1).normal(size=(5000, 4)).astype(np.float32)
    p = np.random.default_rng(2).dirichlet(np.ones(4), size=5000).astype(np.float32)
    inputs = StrategyInputs(5000, ClassScores(LABELS, p), vectors, vectors[:4])
    chosen = {
        tuple(sorted(catalog.strategy(f"small-text/{name}")(inputs, 20, np.random.default_rng(seed)).rows))
        for seed in range(3)
    }
    assert len(chosen) == 3


@pytest.mark.parametrize("name", ["egl", "egl-word", "egl-layer"])
def test_expected_gradient_length_is_refused_with_the_reason(name):
    with pytest.raises(InputError, match="gradients of a torch module"):
        catalog.strategy(f"small-text/{name}")
    assert f"small-text/{name}" not in catalog.strategy_names()


def test_a_name_near_to_one_of_small_texts_is_helped_along():
    with pytest.raises(UnknownNameError, match="small-text/breaking-ties"):
        catalog.strategy("small-text/breakingties")


@pytest.mark.parametrize("name", ["seals", "anchor-subsampling"])
def test_without_hnswlib_it_says_which_extra_is_missing(monkeypatch, points, name):
    vectors, targets = points
    monkeypatch.setattr("workbench.strategies.small_text.find_spec", lambda package: None)
    scores = ClassScores(LABELS, np.full((N, 4), 0.25, np.float32))
    inputs = StrategyInputs(N, scores, vectors[:N], vectors[N:], np.eye(4, dtype=bool)[targets[N:]])
    with pytest.raises(MachineError, match="hnswlib") as error:
        catalog.strategy(f"small-text/{name}")(inputs, 5, np.random.default_rng(0))
    assert "[ann]" in error.value.hint


def test_badge_refuses_to_write_out_more_than_memory_holds():
    features = np.zeros((20_000, 384), np.float32)
    scores = ClassScores(tuple(map(str, range(77))), np.full((20_000, 77), 1 / 77, np.float32))
    inputs = StrategyInputs(20_000, scores, features=features)
    with pytest.raises(InputError, match="591,360,000 numbers"):
        catalog.strategy("small-text/badge")(inputs, 5, np.random.default_rng(0))


def test_a_strategy_of_small_text_is_found_without_loading_it():
    before = set(sys.modules)
    assert all(catalog.strategy(name).reason for name in catalog.SMALL_TEXT_STRATEGIES)
    assert not {name.partition(".")[0] for name in set(sys.modules) - before} & {"small_text", "torch"}
