"""The base install, four packages and no torch, predicts with a bundle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from workbench.artefacts import empty_folder, publish_folder, write_json

pytestmark = [pytest.mark.slow, pytest.mark.network]
ROOT = Path(__file__).parents[2]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "late", "broken"]
SAYS = np.array([[0, 0], [0, 0], [0, 0], [0, 0], [9, 0], [0, 9]], dtype=np.float32)
NOT_IN_BASE = (
    "torch",
    "sklearn",
    "sqlalchemy",
    "transformers",
    "onnx",
    "spacy",
    "pandas",
    "safetensors",
    "streamlit",
)


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        env={**inherited, **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def base_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new environment with the wheel and its own requirements only."""
    folder = tmp_path_factory.mktemp("base")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    assert run(sys.executable, "-m", "venv", folder / "venv").returncode == 0
    python = folder / "venv" / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    if installed.returncode != 0 and os.environ.get("CI") != "true":
        reason = (installed.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"the package registry cannot be reached: {reason}")
    assert installed.returncode == 0, installed.stderr
    return python


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Publish a bundle of six pieces that knows what is late and what is broken."""
    work = empty_folder(tmp_path / "work")
    tokenizer = Tokenizer(models.WordLevel({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    frame = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    (work / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    (work / "model.onnx").write_bytes(six_piece_graph())
    (work / "README.md").write_text("A model.\n", encoding="utf-8")
    labels = {"question": "topic", "kind": "textcat", "labels": ["delivery", "repair"], "thresholds": {}}
    write_json(work / "labels.json", labels)
    golden = {"texts": ["late"], "scores": [[[0.999877, 0.000123]]], "tolerance": 0.01}
    figure = {"name": "agreed", "value": 1.0, "limit": 0.98, "direction": "at least", "passed": True}
    facts = {"max_pieces": 64, "golden": golden, "gate": {"passed": True, "figures": [figure]}}
    publish_folder(work, tmp_path / "bundle", facts, manifest="bundle.json")
    return tmp_path / "bundle"


def six_piece_graph() -> bytes:
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["vectors", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["logits"], keepdims=0),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])
    weights = {"table": SAYS, "last": np.array([2]), "middle": np.array([1])}
    stored = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "six", inputs, [output], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def test_the_base_install_predicts_a_file_from_the_command_line(
    base_python: Path, bundle: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("my parcel is late\nthe heating is broken\n", encoding="utf-8")
    done = run(base_python.with_name("workbench"), "predict", bundle, texts)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["labels"][0]["label"] for r in records] == ["delivery", "repair"]
    assert [r["text"] for r in records] == texts.read_text().splitlines()


def test_the_base_install_refuses_a_changed_bundle_without_a_traceback(
    base_python: Path, bundle: Path, tmp_path: Path
) -> None:
    (bundle / "extra.txt").write_text("more")
    (tmp_path / "texts.txt").write_text("late\n")
    done = run(base_python.with_name("workbench"), "predict", bundle, tmp_path / "texts.txt")
    assert done.returncode == 2
    assert "extra.txt" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("package", NOT_IN_BASE)
def test_the_base_install_does_not_bring(base_python: Path, package: str) -> None:
    done = run(base_python, "-c", f"import importlib.util as u; print(u.find_spec({package!r}))")
    assert done.stdout.strip() == "None", done.stdout + done.stderr
