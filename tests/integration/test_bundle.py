"""From a torch network to a bundle that serves: the whole way, on tiny networks and on the real one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores, Scores
from workbench.domain.steps import step_of
from workbench.errors import ArtefactError, GateError, InputError, NotEnoughDataError, UnknownNameError
from workbench.export import bundle_writer
from workbench.export.bundle_writer import bundle_name, export_network
from workbench.export.gate import GateReport, HeldOut, check, largest_difference, rows_of
from workbench.export.int8 import Recipe, to_int8
from workbench.export.model_card import Origin
from workbench.export.onnx_graph import to_onnx
from workbench.export.recipes import RECIPES, choose
from workbench.export.scores import Comparison, GraphRun, graph_scores
from workbench.networks.backbone import default_base, empty_backbone, keep_layers, load_backbone
from workbench.networks.heads import TextClassifier, TokenTagger
from workbench.networks.network import Network, network_scores
from workbench.serving.bundle import Bundle
from workbench.serving.onnx_bytes import read_graph
from workbench.tokenisation.pieces import cut_many, load_tokenizer, special_pieces
from workbench.tokenisation.windows import padded

pytestmark = [pytest.mark.torch, pytest.mark.slow]
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


def head_on(backbone: torch.nn.Module, kind: str, n_labels: int) -> TextClassifier | TokenTagger:
    if kind == "ner":
        return TokenTagger(backbone, 1 + 2 * n_labels)
    return TextClassifier(backbone, n_labels, exclusive=kind == "textcat")


def tiny_network(kind: str) -> Network:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    backbone = empty_backbone(
        {"model_type": "bert", "vocab_size": len(PIECES), "max_position_embeddings": 32, **sizes}
    )
    module = head_on(backbone, kind, len(LABELS[kind]))
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.normal_(1.0 if name.endswith("LayerNorm.weight") else 0.0, 0.3)
        module.head.weight.mul_(4.0)
    return Network(module.eval(), tiny_tokenizer(), kind, LABELS[kind], 16)  # type: ignore[arg-type]


def sentences(n: int, seed: int = 1) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(PIECES[4:], k=draw.randint(1, 20))) for _ in range(n)]


def held_out_of(network: Network, texts: list[str]) -> HeldOut:
    """What the network itself says is taken for the truth: the export must not lose it."""
    scores = network_scores(network, texts)
    if isinstance(scores, ClassScores):
        examples = [
            Example(str(n), text, labels)
            for n, (text, labels) in enumerate(zip(texts, decode_labels(scores), strict=True))
        ]
    else:
        examples = [
            Example(str(n), text, spans=spans)
            for n, (text, spans) in enumerate(zip(texts, decode_spans(scores, texts), strict=True))
        ]
    return HeldOut(examples)


def origin(network: Network, **thresholds: float) -> Origin:
    question = Question("mood", network.kind, network.labels)
    run = Run(
        "r1", "mood", "tiny", 0, network.labels, 0, 12, "0" * 64, figures={"macro_f1": 0.9}, basis="held-out"
    )
    return Origin("tickets", question, run, thresholds)


HELD_OUT = sentences(60)
THRESHOLDS = {"textcat": {}, "textcat-multi": {"a": 1.0, "b": 0.25}, "ner": {}}


@dataclass(frozen=True)
class Published:
    network: Network
    folder: Path
    report: GateReport


def figures_of(scores: Scores) -> dict[str, object]:
    """Judge scores by something that only the exported graph can say."""
    first = float(rows_of(scores)[0][0, 0])
    row = {"label": "a", "precision": 0.5, "recall": None, "f1": 0.25, "support": len(scores)}
    return {"macro_f1": first, "basis": "held-out", "per_label": [row]}


@pytest.fixture(scope="module")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Published]:
    """Export a tiny network of a kind, once for all tests: a graph takes seconds to write."""

    @cache
    def once(kind: str) -> Published:
        network = tiny_network(kind)
        folder = tmp_path_factory.mktemp(kind) / bundle_name("mood", "r1")
        report = export_network(
            network,
            held_out_of(network, HELD_OUT),
            folder,
            origin=origin(network, **THRESHOLDS[kind]),
            figures_of=figures_of,
        )
        return Published(network, folder, report)

    return once


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi", "ner"])
def test_an_exported_network_answers_from_its_bundle_as_in_torch(
    publish: Callable[[str], Published], kind: str
) -> None:
    made = publish(kind)
    assert made.report.passed
    assert made.folder.name == "mood-r1-int8"
    assert sorted(p.name for p in made.folder.iterdir()) == sorted(
        ["README.md", "bundle.json", "labels.json", "model.onnx", "tokenizer.json"]
    )
    assert [p.name for p in made.folder.parent.iterdir()] == [made.folder.name]
    ours, theirs = Bundle.load(made.folder).score(HELD_OUT), network_scores(made.network, HELD_OUT)
    pairs = list(zip(rows_of(ours), rows_of(theirs), strict=True))
    assert len(pairs) == (60 if kind == "ner" else 1)
    assert max(float(np.abs(a - b).max()) for a, b in pairs) < 0.1


def test_a_bundle_says_where_it_comes_from_and_how_it_was_judged(
    publish: Callable[[str], Published],
) -> None:
    made = publish("textcat")
    facts = json.loads((made.folder / "bundle.json").read_text())
    assert facts["gate"] == made.report.as_json()
    assert facts["run"] == "r1"
    assert facts["recipe"]["name"] == made.report.recipe
    assert facts["figures_before_int8"] == {"macro_f1": 0.9}
    served = Bundle.load(made.folder).score(HELD_OUT[:1])
    assert facts["figures"]["macro_f1"] == pytest.approx(float(rows_of(served)[0][0, 0]), abs=1e-4)
    network = float(rows_of(network_scores(made.network, HELD_OUT))[0][0, 0])
    assert facts["figures_float32"]["macro_f1"] == pytest.approx(network, abs=1e-4)
    assert set(facts["changed_answers"]) == {"n", "documents"}
    assert facts["basis"] == "held-out"
    assert len(facts["golden"]["texts"]) == len(facts["golden"]["scores"]) == 10
    assert {"onnxruntime", "tokenizers", "torch"} <= set(facts["versions"])
    card = (made.folder / "README.md").read_text()
    for part in ("# tickets / mood", "`a`, `b`, `c`", "12 labelled documents", "macro_f1", "at least 0.98"):
        assert part in card
    assert "Of the exported graph itself. Measured on: held-out." in card
    assert "| a | 0.500 | – | 0.250 | 60 |" in card


def test_thresholds_travel_with_the_bundle(publish: Callable[[str], Published]) -> None:
    assert Bundle.load(publish("textcat-multi").folder).thresholds == {"a": 1.0, "b": 0.25}


def test_a_classifier_of_unit_vectors_left_in_training_mode_is_served_like_any_other() -> None:
    network = tiny_network("textcat")
    network.module.normalise = True  # type: ignore[union-attr]
    expected = network_scores(network, HELD_OUT)
    network.module.train()
    content = to_int8(to_onnx(network.module, max_pieces=16), RECIPES[0])
    assert read_graph(content.SerializeToString()).vocabulary_rows == len(PIECES)
    found = graph_scores(GraphRun(content, n_threads=1, longest=16), network, HELD_OUT)
    assert np.abs(rows_of(found)[0] - rows_of(expected)[0]).max() < 0.05


def test_nothing_is_published_when_the_gate_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.name.endswith("head.weight.transposed") or "head.weight" in tensor.name:
                tensor.raw_data = bytes(len(tensor.raw_data))

    forgetful = Recipe("forgetful", "forgets its head", forget)
    monkeypatch.setattr(bundle_writer, "PRECISIONS", {"int8": (forgetful,)})
    network = tiny_network("textcat")
    with pytest.raises(GateError, match="forgetful"):
        export_network(network, held_out_of(network, sentences(30)), tmp_path / "b", origin=origin(network))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["textcat", "ner"])
def test_an_export_may_keep_the_weights_in_float32_and_tells_its_steps(kind: str, tmp_path: Path) -> None:
    network = tiny_network(kind)
    told: list[str] = []
    report = export_network(
        network,
        held_out_of(network, sentences(30)),
        tmp_path / "b",
        origin=origin(network),
        precision="float32",
        progress=lambda done, total, what: told.append(step_of(what)[0]),
    )
    assert report.passed
    assert report.recipe == "float32"
    assert not [figure.name for figure in report.figures if "int8" in figure.name]
    assert list(dict.fromkeys(told)) == ["trace", "verify", "publish"]
    texts = sentences(8)
    served = Bundle.load(tmp_path / "b").score(texts)
    assert largest_difference(network_scores(network, texts), served) < 1e-4
    assert "all weights in fp32" in (tmp_path / "b" / "README.md").read_text(encoding="utf-8")


def test_another_precision_is_refused(tmp_path: Path) -> None:
    network = tiny_network("textcat")
    with pytest.raises(UnknownNameError, match="int4"):
        export_network(
            network,
            held_out_of(network, sentences(5)),
            tmp_path / "b",
            origin=origin(network),
            precision="int4",
        )


def test_a_published_bundle_is_never_written_over(tmp_path: Path) -> None:
    network = tiny_network("textcat")
    (tmp_path / "b").mkdir()
    with pytest.raises(ArtefactError, match="already"):
        export_network(network, held_out_of(network, sentences(5)), tmp_path / "b", origin=origin(network))


def test_a_network_of_other_labels_is_refused(tmp_path: Path) -> None:
    network = tiny_network("textcat")
    with pytest.raises(InputError, match="labels changed"):
        export_network(
            network,
            held_out_of(network, sentences(5)),
            tmp_path / "b",
            origin=origin(tiny_network("textcat-multi")),
        )


def test_an_export_needs_documents_to_judge_by(tmp_path: Path) -> None:
    network = tiny_network("textcat")
    with pytest.raises(NotEnoughDataError):
        export_network(network, HeldOut([]), tmp_path / "b", origin=origin(network))


THINGS = ("invoice", "printer", "parcel", "password", "train ticket", "contract", "heating", "phone line")


def tickets(n: int, seed: int) -> list[Example]:
    """Invent tickets; the label is the thing they are about."""
    draw = random.Random(seed)
    verbs = ["has not arrived", "is broken again", "was charged twice", "must be changed", "cannot be found"]
    ends = ["please help", "since Monday", "what should I do?", "and nobody answers me", "thank you"]
    things = draw.choices(THINGS, k=n)
    return [
        Example(
            str(number),
            " ".join([f"My {thing} {draw.choice(verbs)}", *draw.sample(ends, draw.randint(0, 4))]),
            (thing,),
        )
        for number, thing in enumerate(things)
    ]


@pytest.fixture(scope="module")
def minilm() -> Network:
    """Three layers of the default weights, with a head that knows the mean vector of each label."""
    base = default_base()
    module = TextClassifier(keep_layers(load_backbone(base), (1, 3, 5)), len(THINGS)).eval()
    tokenizer = load_tokenizer(base / "tokenizer.json")
    examples = tickets(160, seed=2)
    pieces = [p.ids for p in cut_many(tokenizer, [e.text for e in examples])]
    ids, mask = padded(pieces, special_pieces(tokenizer))
    with torch.inference_mode():
        vectors = module.vectors(torch.from_numpy(ids), torch.from_numpy(mask))
        rows = [[e.labels == (thing,) for e in examples] for thing in THINGS]
        means = torch.stack([vectors[torch.tensor(of_label)].mean(dim=0) for of_label in rows])
        centred = means - means.mean(dim=0)
    with torch.no_grad():
        module.head.weight.copy_(4.0 * centred / centred.norm(dim=1, keepdim=True))
        module.head.bias.copy_(-(module.head.weight @ means.mean(dim=0)))
    return Network(module, tokenizer, "textcat", THINGS)


@pytest.fixture(scope="module")
def minilm_graph(minilm: Network) -> onnx.ModelProto:
    return to_onnx(minilm.module, max_pieces=minilm.max_pieces)


def dynamic(folder: Path) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        onnx.save(model, folder / "fp32.onnx")
        quantize_dynamic(
            folder / "fp32.onnx", folder / "int8.onnx", per_channel=True, weight_type=QuantType.QInt8
        )
        model.CopyFrom(onnx.load(folder / "int8.onnx"))

    return change


def test_plain_dynamic_int8_is_refused_because_answers_depend_on_the_batch(
    minilm: Network, minilm_graph: onnx.ModelProto, tmp_path: Path
) -> None:
    held_out = HeldOut(tickets(120, seed=1))
    compared = Comparison.of(minilm, minilm_graph, held_out.texts)
    plain = Recipe("plain dynamic", "onnxruntime's quantize_dynamic", dynamic(tmp_path))
    with pytest.raises(GateError, match=r"alone against batches.*FAILED"):
        choose(minilm_graph, lambda m, name: check(compared.with_int8(m), held_out, recipe=name), (plain,))


def test_a_student_of_the_default_weights_passes_and_is_small(
    minilm: Network, minilm_graph: onnx.ModelProto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_writer, "to_onnx", lambda *_, **__: minilm_graph)
    report = export_network(minilm, HeldOut(tickets(120, seed=1)), tmp_path / "b", origin=origin(minilm))
    assert report.recipe == "by-row"
    assert (tmp_path / "b" / "model.onnx").stat().st_size < 20e6
    assert b"site-packages" not in (tmp_path / "b" / "model.onnx").read_bytes()
    (answer,) = Bundle.load(tmp_path / "b").predict(["My parcel is late"])
    assert answer.labels == ("parcel",)
