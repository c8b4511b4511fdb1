"""A tiny model folder in the format of sentence-transformers, with random weights."""

import json
from pathlib import Path

import pytest

WORDS = ("where", "is", "my", "parcel", "the", "invoice", "wrong", "refund", "now", "##s", "please")
POOLINGS = ("mean_tokens", "cls_token", "max_tokens")


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory):
    """Return a folder with config.json, model.safetensors and tokenizer.json of a BERT of width 16."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("weights")
    vocabulary = {piece: i for i, piece in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def make_folder(tiny_weights, tmp_path):
    """Return a function that makes a model folder with a way of pooling, and files to change."""

    def make(pooling="mean", name="tiny", **files) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file in tiny_weights.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        steps = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
        modules = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(steps)
        ]
        (folder / "1_Pooling").mkdir()
        modes = {f"pooling_mode_{key}": key.startswith(pooling) for key in POOLINGS}
        write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 16, **modes})
        write(folder / "modules.json", modules)
        write(folder / "sentence_bert_config.json", {"max_seq_length": 12, "do_lower_case": False})
        for file_name, content in files.items():
            write(folder / f"{file_name}.json", content)
        return folder

    return make


def write(path, content):
    path.write_text(json.dumps(content))
