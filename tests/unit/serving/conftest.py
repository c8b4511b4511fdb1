"""Tiny bundles, made by hand: eight pieces, two labels, one table and one product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.artefacts import empty_folder, publish_folder, write_json

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "ada", "rome"]
LABELS = {"textcat": ["good", "bad"], "textcat-multi": ["good", "bad"], "ner": ["PER"]}
# What each piece says about each output: textcat (good, bad); ner (O, B-PER, I-PER).
TABLES = {
    2: [[0, 0], [0, 0], [0, 0], [0, 0], [9, 0], [0, 9], [0, 0], [0, 0]],
    3: [[9, 0, 0], [9, 0, 0], [9, 0, 0], [9, 0, 0], [9, 0, 0], [9, 0, 0], [0, 9, 0], [9, 0, 0]],
}


def tiny_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(
        models.WordLevel({piece: number for number, piece in enumerate(PIECES)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def tiny_model(kind: str, *, n_outputs: int | None = None, rows: int = len(PIECES)) -> onnx.ModelProto:
    width = n_outputs or len(LABELS[kind]) * (2 if kind == "ner" else 1) + (kind == "ner")
    table = np.array(TABLES[width], dtype=np.float32)[:rows]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["vectors", "column"], ["logits" if kind == "ner" else "kept"]),
    ]
    if kind != "ner":
        nodes.append(helper.make_node("ReduceSum", ["kept", "middle"], ["logits"], keepdims=0))
    shape = ["batch", "length", width] if kind == "ner" else ["batch", width]
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        ids,
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2]), "last"),
            numpy_helper.from_array(np.array([1]), "middle"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


GOLDEN = {
    "textcat": {"texts": ["good"], "scores": [[[0.999877, 0.000123]]], "tolerance": 0.01},
    "textcat-multi": {"texts": ["good"], "scores": [[[0.999877, 0.5]]], "tolerance": 0.01},
    "ner": {"texts": ["ada"], "scores": [[[0.000123, 0.999754, 0.000123]]], "tolerance": 0.01},
}

FIGURE = {
    "name": "share of equal answers", "value": 0.99, "limit": 0.98, "direction": "at least", "passed": True
}  # fmt: skip
GATE = {"recipe": "by-row", "passed": True, "figures": [FIGURE]}


@pytest.fixture
def make_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Publish a bundle; `model` may be bytes of anything, `facts` and `labels` replace the usual ones."""

    def make(
        kind: str = "textcat",
        *,
        model: bytes | None = None,
        facts: Mapping[str, Any] | None = None,
        labels: Mapping[str, Any] | None = None,
        tokenizer: str | None = None,
    ) -> Path:
        work = empty_folder(tmp_path / "work")
        content = tiny_model(kind).SerializeToString() if model is None else model
        (work / "model.onnx").write_bytes(content)
        (work / "tokenizer.json").write_text(tokenizer or tiny_tokenizer().to_str(), encoding="utf-8")
        (work / "README.md").write_text("A model.\n", encoding="utf-8")
        usual = {"question": "mood", "kind": kind, "labels": LABELS[kind], "thresholds": {}}
        write_json(work / "labels.json", {**usual, **(labels or {})})
        final = tmp_path / "bundle"
        publish_folder(
            work,
            final,
            {"max_pieces": 16, "golden": GOLDEN[kind], "gate": GATE, **(facts or {})},
            manifest="bundle.json",
        )
        return final

    return make


@pytest.fixture
def graph() -> Callable[..., onnx.ModelProto]:
    return tiny_model
