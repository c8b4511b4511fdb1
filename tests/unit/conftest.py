"""A tiny transformer of random weights for the learners that fine-tune one."""

from __future__ import annotations

from pathlib import Path

import pytest

WORDS = ["ada", "rome", "nyc", "is", "in", "good", "bad", "so", "very", "and", "big", "##ger", "##s"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of weights: two layers, width 32, a WordPiece vocabulary of a few words."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    from workbench.artefacts import write_json, write_tensors
    from workbench.networks.backbone import empty_backbone

    folder = tmp_path_factory.mktemp("tiny-bert")
    config = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 48,
    }
    write_json(folder / "config.json", config)
    torch.manual_seed(0)
    backbone = empty_backbone(config)
    for name, weight in backbone.named_parameters():
        torch.nn.init.normal_(weight, 1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.1)
    state = {name: values.numpy() for name, values in backbone.state_dict().items()}
    write_tensors(folder / "model.safetensors", state)
    made = Tokenizer(models.WordPiece({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(folder / "tokenizer.json"))
    return folder
