"""Tiny networks of random weights: four layers, width 16, and a tokenizer of nine words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.networks.backbone import empty_backbone
from workbench.networks.heads import TextClassifier, TokenTagger
from workbench.networks.network import Network

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "ada", "rome", "so", "is", "in", "very", "and"]
LABELS = {"textcat": ("a", "b", "c"), "textcat-multi": ("a", "b"), "ner": ("PER",)}


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def tiny_network(kind: str = "textcat", *, n_layers: int = 4, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    backbone = empty_backbone(
        {
            "model_type": "bert",
            "vocab_size": len(PIECES),
            "hidden_size": 16,
            "num_hidden_layers": n_layers,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "max_position_embeddings": 32,
        }
    )
    labels = LABELS[kind]
    module = (
        TokenTagger(backbone, 1 + 2 * len(labels))
        if kind == "ner"
        else TextClassifier(backbone, len(labels), exclusive=kind == "textcat")
    )
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.3)
    return Network(module.eval(), tiny_tokenizer(), kind, labels, 16)  # type: ignore[arg-type]


@pytest.fixture
def make_network() -> Callable[..., Network]:
    return tiny_network
