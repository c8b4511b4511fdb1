"""A bundle is checked as a whole before it answers, and answers in the words of the question."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.domain.scores import ClassScores, TokenScores
from workbench.errors import ArtefactError, NewerVersionError, WorkbenchError
from workbench.serving.bundle import Bundle
from workbench.serving.files import predict_file

MakeBundle = Callable[..., Path]


def test_a_textcat_bundle_gives_one_label_a_text(make_bundle: MakeBundle) -> None:
    answers = Bundle.load(make_bundle()).predict(["good", "so bad"])
    assert [a.labels for a in answers] == [("good",), ("bad",)]
    assert answers[0].probabilities[0] == pytest.approx(0.999877, abs=1e-5)


def test_scores_stand_in_the_order_of_the_texts_whatever_their_length(make_bundle: MakeBundle) -> None:
    scores = Bundle.load(make_bundle()).score(["so so so so bad", "good", "so bad"])
    assert isinstance(scores, ClassScores)
    assert scores.probabilities.argmax(axis=1).tolist() == [1, 0, 1]


def test_no_texts_give_no_answers(make_bundle: MakeBundle) -> None:
    bundle = Bundle.load(make_bundle())
    assert bundle.predict([]) == []
    assert len(bundle.score([])) == 0


def test_a_multi_bundle_gives_every_label_over_its_threshold(make_bundle: MakeBundle) -> None:
    at_half = Bundle.load(make_bundle("textcat-multi")).predict(["good", "good bad"])
    assert [a.labels for a in at_half] == [("good", "bad"), ("good", "bad")]


def test_thresholds_come_from_the_bundle(make_bundle: MakeBundle) -> None:
    folder = make_bundle("textcat-multi", labels={"thresholds": {"bad": 0.6}})
    assert [a.labels for a in Bundle.load(folder).predict(["good", "so"])] == [("good",), ("good",)]


def test_entities_are_spans_of_the_original_string(make_bundle: MakeBundle) -> None:
    text = "So  🗽 ADA, rome"
    (answer,) = Bundle.load(make_bundle("ner")).predict([text])
    (entity,) = answer.entities
    assert (entity.span.start, entity.span.end, entity.span.covered) == (6, 9, "ADA")
    assert text[entity.span.start : entity.span.end] == "ADA"
    assert entity.score == pytest.approx(0.99975, abs=1e-4)


def test_a_long_text_is_windowed_and_never_cut(make_bundle: MakeBundle) -> None:
    text = "so " * 200 + "ada"
    bundle = Bundle.load(make_bundle("ner"))
    scores = bundle.score([text])
    assert isinstance(scores, TokenScores)
    assert len(scores.documents[0].words) == 201
    assert [e.span.start for e in bundle.predict([text])[0].entities] == [600]


def test_a_text_without_words_has_no_entities(make_bundle: MakeBundle) -> None:
    assert Bundle.load(make_bundle("ner")).predict(["\u200b", ""])[0].entities == ()


@pytest.mark.parametrize(("kind", "key"), [("textcat", "labels"), ("ner", "entities")])
def test_a_file_gets_labels_or_entities_as_the_question_asks_and_null_for_empty_lines(
    make_bundle: MakeBundle, tmp_path: Path, kind: str, key: str
) -> None:
    bundle = Bundle.load(make_bundle(kind))
    (tmp_path / "new.txt").write_text("good\n\n \t\nada\n")
    records = list(predict_file(bundle, tmp_path / "new.txt"))
    assert [set(record) for record in records] == [{"line", "text", key}] * 4
    assert [record["line"] for record in records if record[key] is None] == [2, 3]
    assert records[3][key]
    (tmp_path / "blank.txt").write_text("\n\n")
    assert [record[key] for record in predict_file(bundle, tmp_path / "blank.txt")] == [None, None]


def test_a_bundle_keeps_answering_when_its_folder_is_deleted(make_bundle: MakeBundle) -> None:
    folder = make_bundle()
    bundle = Bundle.load(folder)
    shutil.rmtree(folder)
    assert bundle.predict(["bad"])[0].labels == ("bad",)


def rewrite(folder: Path, **facts: Any) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps({**manifest, **facts}))


def test_a_bundle_of_a_newer_workbench_is_refused_with_exit_3(make_bundle: MakeBundle) -> None:
    folder = make_bundle()
    rewrite(folder, manifest_version=2)
    with pytest.raises(NewerVersionError) as caught:
        Bundle.load(folder)
    assert caught.value.exit_code == 3


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


def link_out(folder: Path) -> None:
    outside = folder.parent / "outside.json"
    shutil.move(folder / "labels.json", outside)
    (folder / "labels.json").symlink_to(outside)


def make_a_pipe(folder: Path) -> None:
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")


def forget_the_hashes(folder: Path) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps({**manifest, "files": dict.fromkeys(manifest["files"])}))


def name_a_path(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["files"][name] = manifest["files"]["labels.json"]
    (folder / "bundle.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_byte,
        link_out,
        make_a_pipe,
        forget_the_hashes,
        lambda f: (f / "model.onnx").unlink(),
        lambda f: (f / "bundle.json").unlink(),
        lambda f: (f / "extra.txt").write_text("more"),
        lambda f: (f / "LABELS.json").write_text("{}"),
        lambda f: name_a_path(f, "../labels.json"),
        lambda f: name_a_path(f, "/etc/passwd"),
        lambda f: (f / "bundle.json").write_text('{"files": {}, "files": {}}'),
        lambda f: (f / "bundle.json").write_text("not JSON"),
        lambda f: rewrite(f, manifest_version="1"),
        lambda f: rewrite(f, files=[]),
        lambda f: shutil.rmtree(f),
    ],
    ids=[
        "tampered",
        "link",
        "pipe",
        "no-hashes",
        "missing",
        "no-manifest",
        "extra",
        "case-twin",
        "dot-dot",
        "absolute",
        "duplicate-keys",
        "no-json",
        "text-version",
        "no-files",
        "no-folder",
    ],
)
def test_a_folder_that_is_not_as_published_is_refused(
    make_bundle: MakeBundle, damage: Callable[[Path], object]
) -> None:
    folder = make_bundle()
    damage(folder)
    with pytest.raises(ArtefactError) as caught:
        Bundle.load(folder)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "facts",
    [
        {"max_pieces": "16"},
        {"max_pieces": 1},
        {"golden": None},
        {"golden": {"texts": [], "scores": [], "tolerance": 0.01}},
        {"golden": {"texts": ["good"], "scores": [[[0.5, 0.5]]], "tolerance": 0.01}},
        {"golden": {"texts": ["good"], "scores": [[[0.999877]]], "tolerance": 0.01}},
        {"golden": {"texts": ["good"], "scores": [["x"]], "tolerance": 0.01}},
        {"golden": {"texts": ["good"], "scores": [], "tolerance": 0.01}},
        {"golden": {"texts": [5], "scores": [[[1, 0]]], "tolerance": 0.01}},
        {"golden": {"texts": ["good"], "scores": [[[0.999877, 0.000123]]], "tolerance": "much"}},
    ],
    ids=[
        "text-pieces",
        "few-pieces",
        "none",
        "empty",
        "other-answers",
        "narrow",
        "text",
        "short",
        "number-text",
        "tolerance",
    ],
)
def test_a_bundle_that_does_not_answer_as_at_publishing_is_refused(
    make_bundle: MakeBundle, facts: dict[str, Any]
) -> None:
    folder = make_bundle(facts=facts)
    with pytest.raises(ArtefactError):
        Bundle.load(folder)


@pytest.mark.parametrize(
    "labels",
    [
        {"labels": ["good"]},
        {"labels": ["good", "bad", "so"]},
        {"labels": ["good", "good"]},
        {"labels": ["good", 5]},
        {"labels": []},
        {"labels": "goodbad"},
        {"kind": "regression"},
        {"kind": ["textcat"]},
        {"kind": "ner", "labels": ["PER"]},
        {"question": "../up"},
        {"question": None},
        {"thresholds": {"so": 0.5}},
        {"thresholds": {"good": 2.0}},
        {"thresholds": {"good": "0.5"}},
        {"thresholds": [0.5]},
        {"thresholds": None},
        {"more": 1},
    ],
    ids=lambda labels: str(labels)[:40],
)
def test_labels_that_do_not_fit_are_refused(make_bundle: MakeBundle, labels: dict[str, Any]) -> None:
    folder = make_bundle(labels=labels)
    with pytest.raises(ArtefactError):
        Bundle.load(folder)


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_pickle_under_another_name_is_refused_and_not_executed(
    make_bundle: MakeBundle, tmp_path: Path, name: str
) -> None:
    canary = tmp_path / "executed"
    content = pickle.dumps(Canary(canary))
    folder = (
        make_bundle(model=content)
        if name == "model.onnx"
        else make_bundle(tokenizer=content.decode("latin-1"))
    )
    with pytest.raises(ArtefactError):
        Bundle.load(folder)
    assert not canary.exists()


def test_a_tokenizer_with_more_pieces_than_the_model_knows_is_refused(
    make_bundle: MakeBundle, graph: Callable[..., Any]
) -> None:
    folder = make_bundle(model=graph("textcat", rows=6).SerializeToString())
    with pytest.raises(ArtefactError, match="piece 7, the model only 6"):
        Bundle.load(folder)


def test_an_answer_that_is_no_number_is_refused(make_bundle: MakeBundle, graph: Callable[..., Any]) -> None:
    model = graph("textcat")
    model.graph.initializer[0].raw_data = np.full((8, 2), np.nan, dtype=np.float32).tobytes()
    folder = make_bundle(model=model.SerializeToString())
    with pytest.raises(ArtefactError, match="not finite"):
        Bundle.load(folder)


def test_a_file_is_predicted_line_by_line(make_bundle: MakeBundle, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "good", "id": "a"}\n\n{"text": "bad"}\n')
    records = list(predict_file(Bundle.load(make_bundle()), path))
    assert [r["line"] for r in records] == [1, 3]
    assert records[0]["id"] == "a"
    assert "id" not in records[1]
    assert records[1]["labels"] == [{"label": "bad", "probability": pytest.approx(0.999877, abs=1e-5)}]


def test_nothing_is_predicted_from_a_file_with_a_bad_line(make_bundle: MakeBundle, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "good"}\n{"text": 5}\n')
    with pytest.raises(WorkbenchError, match="line 2"):
        next(predict_file(Bundle.load(make_bundle()), path))


FIGURE = {"name": "equal answers", "value": 0.99, "limit": 0.98, "direction": "at least", "passed": True}


@pytest.mark.parametrize(
    "gate",
    [
        None,
        {"passed": True, "figures": []},
        {"passed": False, "figures": []},
        {"passed": True, "figures": [{**FIGURE, "value": 0.5}]},
        {"passed": True, "figures": [FIGURE, {**FIGURE, "direction": "at most"}]},
        {"passed": True, "figures": [{**FIGURE, "passed": False}]},
        {"passed": False, "figures": [FIGURE]},
        {"passed": True, "figures": [{**FIGURE, "value": "0.99"}]},
        {"passed": True, "figures": ["0.99"]},
    ],
)
def test_a_bundle_that_did_not_pass_its_gate_answers_only_when_asked_to(
    make_bundle: MakeBundle, gate: Any
) -> None:
    folder = make_bundle(facts={"gate": gate})
    with pytest.raises(ArtefactError, match="gate"):
        Bundle.load(folder)
    assert Bundle.load(folder, despite_gate=True).predict(["good"])[0].labels == ("good",)
