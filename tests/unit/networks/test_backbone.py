"""Which weights are let in, and what can be done with the layers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.artefacts import read_tensors, write_tensors
from workbench.errors import ArtefactError, InputError, MachineError
from workbench.networks import backbone as module
from workbench.networks.backbone import (
    config_of,
    freeze_vocabulary,
    keep_layers,
    load_backbone,
    longest_row,
    n_vocabulary,
    set_dropout,
    width_of,
)

pytestmark = pytest.mark.torch
Write = Callable[..., Path]


def states(backbone: torch.nn.Module) -> torch.Tensor:
    ids = torch.tensor([[2, 5, 6, 3]])
    with torch.inference_mode():
        found: torch.Tensor = backbone.eval()(
            input_ids=ids, attention_mask=torch.ones_like(ids)
        ).last_hidden_state
    return found


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_weights_are_loaded_as_they_are_written(weights: Write) -> None:
    folder = weights()
    loaded = load_backbone(folder).state_dict()
    for name, values in read_tensors(folder / "model.safetensors").items():
        assert np.array_equal(loaded[name].numpy(), values)


def test_the_encoder_inside_a_model_with_a_head_is_found(weights: Write) -> None:
    plain, inside = weights("plain"), weights("inside", prefix="bert.")
    tensors = read_tensors(inside / "model.safetensors")
    extra = {
        "cls.bias": np.zeros(3, dtype=np.float32),
        "bert.pooler.dense.bias": np.zeros(32, dtype=np.float32),
    }
    write_tensors(inside / "model.safetensors", {**tensors, **extra})
    assert states(load_backbone(plain)).equal(states(load_backbone(inside)))


@pytest.mark.parametrize("kind", ["roberta", "xlm-roberta"])
def test_other_architectures_run_on_ids_and_mask_alone(weights: Write, kind: str) -> None:
    backbone = load_backbone(weights(model_type=kind))
    assert states(backbone).shape == (1, 4, 32)
    assert longest_row(backbone) == 23
    too_long = torch.full((1, longest_row(backbone) + 1), 5)
    with pytest.raises((IndexError, RuntimeError)):
        backbone(input_ids=too_long, attention_mask=torch.ones_like(too_long))
    assert backbone(input_ids=too_long[:, 1:], attention_mask=torch.ones_like(too_long[:, 1:]))


@pytest.mark.parametrize(
    "code",
    [
        {"auto_map": {"AutoModel": "evil--code.Model"}},
        {"_attn_implementation_internal": "evil/kernel"},
        {"attn_implementation": "evil/kernel"},
        {"trust_remote_code": True},
        {"custom_pipelines": {}},
        {"quantization_config": {}},
    ],
)
def test_a_configuration_that_brings_code_is_refused(weights: Write, code: dict[str, object]) -> None:
    folder = weights()
    change_config(folder, **code)
    with pytest.raises(ArtefactError, match="code of its own"):
        load_backbone(folder)


@pytest.mark.parametrize("kind", ["unheard", None, "gpt2", ["bert"]])
def test_an_unknown_architecture_is_refused_with_the_known_ones(weights: Write, kind: object) -> None:
    folder = weights()
    change_config(folder, model_type=kind)
    with pytest.raises(ArtefactError, match=r"Unknown architecture.*\n.*bert"):
        load_backbone(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"num_attention_heads": 5},
        {"num_attention_heads": 0},
        {"hidden_size": "wide"},
        {"num_hidden_layers": 1},
        {"num_hidden_layers": 3},
        {"vocab_size": 10**9},
        {"hidden_act": "evil"},
        {"hidden_size": -1},
    ],
)
def test_a_configuration_that_does_not_fit_the_weights_is_refused(
    weights: Write, change: dict[str, object]
) -> None:
    folder = weights()
    change_config(folder, **change)
    with pytest.raises(ArtefactError):
        load_backbone(folder)


def test_weights_in_another_format_are_never_read(weights: Write) -> None:
    folder = weights()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ArtefactError, match=r"model\.safetensors is missing"):
        load_backbone(folder)


def test_the_architecture_can_be_written_and_read_again(weights: Write) -> None:
    folder = weights()
    backbone = load_backbone(folder)
    again = json.loads(json.dumps(config_of(backbone)))
    assert {key: again[key] for key in ("model_type", "vocab_size", "hidden_size")} == {
        "model_type": "bert",
        "vocab_size": n_vocabulary(backbone),
        "hidden_size": width_of(backbone),
    }
    assert not [key for key in again if key.startswith("_")]


def test_kept_layers_are_copies_in_the_order_given(weights: Write) -> None:
    whole = load_backbone(weights(num_hidden_layers=3))
    kept = keep_layers(whole, [2, 0])
    first = kept.encoder.layer[0].output.dense.weight  # type: ignore[union-attr,index]
    assert first.equal(whole.encoder.layer[2].output.dense.weight)  # type: ignore[union-attr,index]
    assert config_of(kept)["num_hidden_layers"] == 2
    with torch.no_grad():
        first.zero_()
    assert whole.encoder.layer[2].output.dense.weight.any()  # type: ignore[union-attr,index]
    assert config_of(whole)["num_hidden_layers"] == 3


def test_all_layers_kept_give_the_same_states(weights: Write) -> None:
    whole = load_backbone(weights())
    assert states(keep_layers(whole, [0, 1])).equal(states(whole))


@pytest.mark.parametrize("layers", [[], [2], [0, 0], [-1]])
def test_layers_that_are_not_there_cannot_be_kept(weights: Write, layers: list[int]) -> None:
    with pytest.raises(InputError, match="0 to 1"):
        keep_layers(load_backbone(weights()), layers)


def test_without_dropout_training_mode_changes_nothing(weights: Write) -> None:
    backbone = load_backbone(weights())
    expected = states(backbone)
    set_dropout(backbone, 0.0)
    ids = torch.tensor([[2, 5, 6, 3]])
    trained = backbone.train()(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    assert trained.detach().equal(expected)


def test_a_frozen_vocabulary_has_no_gradient(weights: Write) -> None:
    backbone = load_backbone(weights())
    freeze_vocabulary(backbone)
    frozen = [name for name, weight in backbone.named_parameters() if not weight.requires_grad]
    assert frozen == ["embeddings.word_embeddings.weight"]


def test_default_weights_that_were_changed_are_refused(
    weights: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = weights()
    module._checked_default.cache_clear()
    with pytest.raises(ArtefactError, match="not those of all-MiniLM"):
        module._checked_default(folder)
    monkeypatch.setattr(module, "DEFAULT_PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(MachineError, match="not installed"):
        module.default_base()


@pytest.mark.slow
def test_the_default_weights_are_the_known_ones() -> None:
    backbone = load_backbone(module.default_base())
    assert (width_of(backbone), n_vocabulary(backbone), longest_row(backbone)) == (384, 30522, 512)
