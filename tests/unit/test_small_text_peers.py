"""The peer of benchmarks: small-text's own loop."""

import numpy as np
import pytest

from tests.neighbours import stand_in_unless_installed

pytestmark = [pytest.mark.torch, pytest.mark.slow]
NAMES = [
    "random", "least-confidence", "breaking-ties", "subsampling", "prediction-entropy", "discriminative",
    "lightweight-coreset", "embedding-kmeans", "contrastive", "greedy-coreset", "cvirs", "seals", "anchor-subsampling",
]  # fmt: skip


def points(name, n=300, several=False):
    rng = np.random.default_rng(0)
    targets = np.arange(n) % 3
    vectors = (np.eye(3, 6)[targets] + rng.normal(size=(n, 6)) * 0.3).astype(np.float32)
    if name == "cvirs":
        targets = np.eye(3, dtype=np.int64)[targets]
    return vectors, targets


@pytest.mark.parametrize("name", NAMES)
def test_every_peer_asks_full_batches_of_rows_never_asked_before(name, monkeypatch):
    from benchmarks.small_text_peers import STRATEGIES, peer_curve

    stand_in_unless_installed(monkeypatch)
    assert list(STRATEGIES) == NAMES
    vectors, targets = points(name)
    curves = [
        peer_curve(name, vectors, targets, vectors, targets, range(12), batch=12, rounds=4, seed=1)
        for _ in range(2)
    ]
    asked = np.concatenate(curves[0].rows)
    assert [len(rows) for rows in curves[0].rows] == [12] * 4
    assert curves[0].rows[0] == tuple(range(12))
    assert len(set(asked.tolist())) == 48
    assert len(curves[0].values) == len(curves[0].seconds) == 4
    assert 0.5 < curves[0].values[-1] <= 1
    assert curves[0].rows == curves[1].rows  # the same seed


def test_the_caller_judges_by_a_head_of_its_own():
    from benchmarks.small_text_peers import fit_head, peer_curve

    sizes = []

    def fit(vectors, targets):
        sizes.append(len(targets))
        return fit_head(vectors, targets)

    vectors, targets = points("random")
    peer_curve("random", vectors, targets, vectors, targets, range(10), batch=5, rounds=3, seed=0, fit=fit)
    assert sizes == [10, 15, 20]


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_labels_is_asked_by_all_but_those_that_are_left_out(name, monkeypatch):
    from benchmarks.small_text_peers import ONE_LABEL_ONLY, peer_curve

    stand_in_unless_installed(monkeypatch)
    vectors, targets = points("cvirs", n=200)
    ask = [name, vectors, targets, vectors, targets, range(12), 12, 3, 1]
    if name in ONE_LABEL_ONLY:
        with pytest.raises(NotImplementedError, match="single-label"):
            peer_curve(*ask)
    else:
        assert [len(rows) for rows in peer_curve(*ask).rows] == [12] * 3
