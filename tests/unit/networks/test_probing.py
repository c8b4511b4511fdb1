"""Features and Monte-Carlo samples of networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from workbench.errors import InputError
from workbench.networks.network import Network, network_scores
from workbench.networks.network_model import NetworkModel
from workbench.networks.probing import network_features, network_samples

pytestmark = pytest.mark.torch
Make = Callable[..., Network]
TEXTS = ["NYC is bigger", "", "Ada is so very good and " * 20, "bad"]


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_the_head_makes_the_scores_of_the_features(make_network: Make, kind: str) -> None:
    network = make_network(kind)
    features = network_features(network, TEXTS, batch_size=2)
    assert features.shape == (4, 32)
    with torch.inference_mode():
        logits = network.module.head(torch.from_numpy(features))
        p = logits.softmax(dim=1) if kind == "textcat" else logits.sigmoid()
    scores: Any = network_scores(network, TEXTS)
    assert p.numpy() == pytest.approx(scores.probabilities, abs=1e-5)


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_samples_differ_and_are_those_of_their_seed(make_network: Make, kind: str) -> None:
    network = make_network(kind)
    samples = network_samples(network, TEXTS, n_samples=3, seed=5)
    assert samples.shape == (3, 4, 2)
    assert samples.dtype == np.float32
    assert samples.std(axis=0).max() > 1e-4
    assert np.array_equal(samples, network_samples(network, TEXTS, n_samples=3, seed=5))
    assert not np.array_equal(samples, network_samples(network, TEXTS, n_samples=3, seed=6))
    if kind == "textcat":
        assert samples.sum(axis=2) == pytest.approx(np.ones((3, 4)), abs=1e-5)


def test_the_dropout_of_the_training_does_not_change_the_samples(make_network: Make) -> None:
    network = make_network()
    samples = network_samples(network, TEXTS, n_samples=2, seed=0)
    drops = [part for part in network.module.modules() if isinstance(part, torch.nn.Dropout)]
    for part in drops:
        part.p = 0.0
    assert np.array_equal(samples, network_samples(network, TEXTS, n_samples=2, seed=0))
    assert drops
    assert all(part.p == 0.0 for part in drops)


def test_sampling_leaves_scores_and_chance_as_they_were(make_network: Make) -> None:
    network = make_network()
    network.module.eval()
    before: Any = network_scores(network, TEXTS)
    state = torch.get_rng_state()
    network_samples(network, TEXTS, n_samples=2, seed=1)
    assert torch.equal(state, torch.get_rng_state())
    assert not network.module.training
    after: Any = network_scores(network, TEXTS)
    assert np.array_equal(before.probabilities, after.probabilities)


def test_no_texts_have_no_features_and_no_samples(make_network: Make) -> None:
    network = make_network()
    assert network_features(network, []).shape == (0, 32)
    assert network_samples(network, [], n_samples=2, seed=0).shape == (2, 0, 2)


def test_a_model_of_labels_gives_both_and_a_tagger_refuses(make_network: Make) -> None:
    model = NetworkModel("topic", make_network())
    assert model.features(TEXTS).shape == (4, 32)
    assert model.samples(TEXTS, n_samples=2, seed=0)["topic"].shape == (2, 4, 2)
    tagger = NetworkModel("names", make_network("ner"))
    with pytest.raises(InputError, match="tagger"):
        tagger.features(TEXTS)
    with pytest.raises(InputError, match="tagger"):
        tagger.samples(TEXTS, n_samples=2, seed=0)
