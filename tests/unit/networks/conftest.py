"""Tiny transformers of random weights: two layers, width 32, and a WordPiece vocabulary of a few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WORDS = ["nyc", "rome", "ada", "is", "in", "big", "good", "bad", "so", "very", "and", "##ger", "##s"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
CONFIG = {
    "model_type": "bert",
    "vocab_size": len(PIECES),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 24,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave the folder out when torch is not wanted: these modules import it at their top."""
    return True if "not torch" in (config.option.markexpr or "") else None


def write_weights(folder: Path, *, prefix: str = "", **changes: Any) -> Path:
    """Write config.json, model.safetensors and tokenizer.json as a published encoder has them."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    from workbench.artefacts import write_json, write_tensors
    from workbench.networks.backbone import empty_backbone

    config = {**CONFIG, **changes}
    write_json(folder / "config.json", config)
    torch.manual_seed(0)
    backbone = empty_backbone(config)
    for name, weight in backbone.named_parameters():
        torch.nn.init.normal_(weight, 1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.3)
    state = {prefix + name: values.numpy() for name, values in backbone.state_dict().items()}
    write_tensors(folder / "model.safetensors", state)
    made = Tokenizer(models.WordPiece({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a folder of weights."""

    def write(name: str = "weights", **changes: Any) -> Path:
        (tmp_path / name).mkdir()
        return write_weights(tmp_path / name, **changes)

    return write


@pytest.fixture
def make_network(weights: Callable[..., Path]) -> Callable[..., Any]:
    """Return a function that makes a network of a kind."""

    def make(kind: str = "textcat", labels: tuple[str, ...] = ("a", "b"), max_pieces: int = 12) -> Any:
        import torch

        from workbench.networks.backbone import load_backbone
        from workbench.networks.heads import TextClassifier, TokenTagger
        from workbench.networks.network import Network
        from workbench.tokenisation.pieces import load_tokenizer

        folder = weights(f"{kind}-{len(labels)}-{max_pieces}")
        torch.manual_seed(1)
        backbone = load_backbone(folder)
        module = (
            TokenTagger(backbone, 1 + 2 * len(labels))
            if kind == "ner"
            else TextClassifier(backbone, len(labels), exclusive=kind == "textcat")
        )
        return Network(module, load_tokenizer(folder / "tokenizer.json"), kind, labels, max_pieces)  # type: ignore[arg-type]

    return make
