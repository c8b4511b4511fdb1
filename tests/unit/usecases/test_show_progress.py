"""Counts, the learning curve and the facts of bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench import artefacts
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.errors import ArtefactError
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.show_progress import (
    CurveStep,
    bundle_folders,
    has_line,
    headline,
    learning_curve,
    question_progress,
    read_bundle_facts,
)

TOPIC = Question("topic", "textcat", ("a", "b"))


def run_of(number: int, n_examples: int, figures: dict[str, Any], learner: str = "tfidf") -> Run:
    return Run(
        id=f"run-{number}",
        question="topic",
        learner=learner,
        seed=0,
        labels=TOPIC.labels,
        label_version=0,
        n_examples=n_examples,
        data_hash="0" * 64,
        figures=figures,
        basis="held-out",
    )


@pytest.fixture
def project(tmp_path: Path):  # type: ignore[no-untyped-def]
    home = Home(tmp_path)
    create_project(home, "p", [TOPIC])
    documents = [LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(4)]
    documents.append(LabelledDocument(Document("held", "never asked", part="held-out")))
    imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
    with open_project(home, "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield opened


def test_answers_to_held_out_documents_are_not_counted(project: Project) -> None:
    project.store.record(
        [
            Annotation("1", "d0", "topic", "ana", ("a",)),
            Annotation("2", "d1", "topic", "ana", status="skipped"),
            Annotation("3", "held", "topic", "ana", ("b",)),
        ]
    )
    progress = question_progress(project, TOPIC)
    assert (progress.n_pool, progress.n_answered, progress.n_skipped) == (4, 1, 1)
    assert progress.share == 0.25
    assert progress.newest is None


def test_macro_f1_stands_for_texts_and_strict_f1_for_entities() -> None:
    texts = headline(run_of(1, 9, {"n": 5, "macro_f1": 0.5, "macro_f1_interval": [0.4, 0.6]}))
    spans = headline(run_of(2, 9, {"n_documents": 7, "strict_f1": 0.25, "macro_f1": 0.5}))
    assert texts is not None
    assert spans is not None
    assert (texts.name, texts.value, texts.low, texts.high, texts.n_documents) == (
        "macro-F1",
        0.5,
        0.4,
        0.6,
        5,
    )
    assert (spans.name, spans.value, spans.low, spans.n_documents) == ("strict F1", 0.25, None, 7)
    assert headline(run_of(3, 9, {"n": 5, "macro_f1": None})) is None


def test_the_curve_has_the_newest_run_of_each_place(project: Project) -> None:
    for number, (n_examples, value) in enumerate([(20, 0.3), (40, 0.5), (20, 0.4)]):
        project.store.save_run(run_of(number, n_examples, {"n": 5, "macro_f1": value}))
    curve = learning_curve(project, "topic")
    assert [(step.run.n_examples, step.headline.value) for step in curve] == [(20, 0.4), (40, 0.5)]


def test_a_line_needs_one_learner_at_two_places() -> None:
    def step(number: int, n_examples: int, learner: str) -> CurveStep:
        run = run_of(number, n_examples, {"n": 5, "macro_f1": 0.5}, learner)
        figure = headline(run)
        assert figure is not None
        return CurveStep(run, figure)

    assert not has_line([])
    assert not has_line([step(1, 20, "tfidf"), step(2, 40, "linear")])
    assert has_line([step(1, 20, "tfidf"), step(2, 40, "tfidf")])


def test_the_size_of_a_bundle_is_that_of_its_graph(project: Project) -> None:
    folder = project.models / "topic-x-int8"
    folder.mkdir(parents=True)
    files = {"model.onnx": {"bytes": 5_000_000}, "tokenizer.json": {"bytes": 700_000}}
    told = {"question": "topic", "run": "run-1", "n_examples": 9, "created_at": "", "gate": {"figures": []}}
    artefacts.write_json(folder / "bundle.json", {**told, "files": files})
    assert read_bundle_facts(folder).n_bytes == 5_000_000


def test_a_manifest_that_lacks_something_is_refused_by_name(project: Project) -> None:
    folder = project.models / "topic-x-int8"
    folder.mkdir(parents=True)
    artefacts.write_json(folder / "bundle.json", {"files": {"model.onnx": {"bytes": 1}}})
    assert bundle_folders(project) == [folder]
    with pytest.raises(ArtefactError, match="'question'"):
        read_bundle_facts(folder)
