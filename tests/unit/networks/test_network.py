"""Networks on disk, and their scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.scores import ClassScores, TokenScores
from workbench.errors import ArtefactError, InputError, NewerVersionError
from workbench.networks.heads import TextClassifier
from workbench.networks.network import Network, load_network, network_scores, save_network
from workbench.tokenisation.pieces import cut_many, special_pieces

pytestmark = pytest.mark.torch
Make = Callable[..., Network]
TEXTS = ["NYC🗽 is bigger", "", "\u200b", "Ada is so very good and " * 20, "bad", "NYC🗽 is bigger"]


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_class_scores_have_a_row_a_text_in_order(make_network: Make, kind: str) -> None:
    scores = network_scores(make_network(kind), TEXTS, batch_size=2)
    assert isinstance(scores, ClassScores)
    assert scores.probabilities.shape == (6, 2)
    assert scores.exclusive == (kind == "textcat")
    assert scores.probabilities[0] == pytest.approx(scores.probabilities[5], abs=1e-6)
    if kind == "textcat":
        assert scores.probabilities.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-6)


def test_token_scores_have_a_row_a_word_however_long_the_text(make_network: Make) -> None:
    network = make_network("ner", ("PER",))
    scores = network_scores(network, TEXTS, batch_size=2)
    assert isinstance(scores, TokenScores)
    assert [len(d.words) for d in scores.documents] == [4, 0, 0, 120, 1, 4]
    for document, pieces in zip(scores.documents, cut_many(network.tokenizer, TEXTS), strict=True):
        assert np.array_equal(document.words, pieces.words)
        assert document.probabilities.shape == (len(pieces.words), 3)


def test_scores_do_not_depend_on_what_stands_beside_a_text(make_network: Make) -> None:
    network = make_network()
    together = network_scores(network, TEXTS).probabilities  # type: ignore[union-attr]
    alone = [network_scores(network, [text]).probabilities[0] for text in TEXTS]  # type: ignore[union-attr]
    assert together == pytest.approx(np.stack(alone), abs=1e-6)


def test_no_texts_have_no_scores(make_network: Make) -> None:
    assert len(network_scores(make_network(), [])) == 0
    assert len(network_scores(make_network("ner"), [])) == 0


def test_scoring_leaves_no_dropout_and_no_gradient(make_network: Make) -> None:
    network = make_network()
    network.module.train()
    first = network_scores(network, TEXTS).probabilities  # type: ignore[union-attr]
    network.module.train()
    assert np.array_equal(first, network_scores(network, TEXTS).probabilities)  # type: ignore[union-attr]
    assert all(weight.grad is None for weight in network.module.parameters())


@pytest.mark.parametrize(
    ("kind", "labels"), [("textcat", ("a", "b")), ("textcat-multi", ("ä",)), ("ner", ("a",))]
)
def test_a_saved_network_comes_back(make_network: Make, tmp_path: Path, kind: str, labels: Any) -> None:
    network = make_network(kind, labels)
    (tmp_path / "saved").mkdir()
    save_network(network, tmp_path / "saved")
    again = load_network(tmp_path / "saved")
    assert (again.kind, again.labels, again.max_pieces) == (kind, labels, network.max_pieces)
    assert again.tokenizer.to_str() == network.tokenizer.to_str()
    state = again.module.state_dict()
    assert all(state[name].equal(values) for name, values in network.module.state_dict().items())
    files = {"config.json", "model.safetensors", "network.json", "tokenizer.json"}
    assert {path.name for path in (tmp_path / "saved").iterdir()} == files
    if kind != "ner":
        first, second = network_scores(network, TEXTS), network_scores(again, TEXTS)
        assert np.array_equal(first.probabilities, second.probabilities)  # type: ignore[union-attr]


def test_a_normalising_classifier_stays_one(make_network: Make, tmp_path: Path) -> None:
    made = make_network()
    module = TextClassifier(made.module.backbone, 2, normalise=True, exclusive=False)
    save_network(Network(module, made.tokenizer, "textcat-multi", ("a", "b"), 12), tmp_path)
    again = load_network(tmp_path).module
    assert isinstance(again, TextClassifier)
    assert (again.normalise, again.exclusive) == (True, False)


def test_half_precision_weights_are_saved_in_full(make_network: Make, tmp_path: Path) -> None:
    network = make_network()
    network.module.to(torch.bfloat16)
    save_network(network, tmp_path)
    tensors = read_tensors(tmp_path / "model.safetensors")
    assert {array.dtype.name for array in tensors.values()} == {"float32"}


@pytest.fixture
def saved(make_network: Make, tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    folder.mkdir()
    save_network(make_network(), folder)
    return folder


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "ranking"},
        {"labels": []},
        {"labels": ["a", "a"]},
        {"labels": ["a", 1]},
        {"labels": "ab"},
        {"max_pieces": "12"},
        {"max_pieces": True},
        {"normalise": 1},
        {"network_version": 0},
        {"network_version": None},
    ],
)
def test_facts_that_make_no_sense_are_refused(saved: Path, change: dict[str, object]) -> None:
    path = saved / "network.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ArtefactError, match="does not describe a network"):
        load_network(saved)


@pytest.mark.parametrize("change", [{"labels": ["a", "b", "c"]}, {"kind": "ner"}, {"max_pieces": 25}])
def test_facts_that_do_not_fit_the_weights_are_refused(saved: Path, change: dict[str, object]) -> None:
    path = saved / "network.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ArtefactError):
        load_network(saved)


def test_a_network_of_a_newer_workbench_is_named_as_such(saved: Path) -> None:
    path = saved / "network.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "network_version": 2}))
    with pytest.raises(NewerVersionError, match="newer workbench"):
        load_network(saved)


@pytest.mark.parametrize("change", ["missing", "extra", "shape", "nan"])
def test_weights_that_do_not_fit_are_refused(saved: Path, change: str) -> None:
    tensors = read_tensors(saved / "model.safetensors")
    if change == "missing":
        del tensors["head.bias"]
    elif change == "extra":
        tensors["head.more"] = np.zeros(2, dtype=np.float32)
    elif change == "shape":
        tensors["head.bias"] = np.zeros(3, dtype=np.float32)
    else:
        tensors["head.bias"][0] = np.nan
    write_tensors(saved / "model.safetensors", tensors)
    with pytest.raises(ArtefactError):
        load_network(saved)


def test_a_tokenizer_with_more_pieces_than_the_network_is_refused(saved: Path) -> None:
    path = saved / "tokenizer.json"
    content = json.loads(path.read_text())
    content["model"]["vocab"]["beyond"] = 99
    path.write_text(json.dumps(content))
    with pytest.raises(ArtefactError, match="knows a piece 99"):
        load_network(saved)


def test_a_head_of_another_kind_is_refused(make_network: Make) -> None:
    network = make_network()
    with pytest.raises(InputError, match="cannot answer a question of kind ner"):
        Network(network.module, network.tokenizer, "ner", ("a",))
    with pytest.raises(InputError, match="3 labels of kind textcat need 3"):
        Network(network.module, network.tokenizer, "textcat", ("a", "b", "c"))
    with pytest.raises(InputError, match="takes 4 to 24"):
        Network(network.module, network.tokenizer, "textcat", ("a", "b"), 25)


def test_the_network_uses_the_special_pieces_of_its_tokenizer(make_network: Make) -> None:
    special = special_pieces(make_network().tokenizer)
    assert (special.first, special.last, special.pad) == (2, 3, 0)
