"""A small invented project with a judged run, made without training anything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench import artefacts
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.usecases.judge import judge
from workbench.usecases.project import create_project, open_project
from workbench.usecases.runs import publish_run

TOPIC = Question("topic", "textcat", ("delivery", "billing", "fault"))
ENTITIES = Question("entities", "ner", ("PERSON", "PRODUCT"))
TEXTS = ("My parcel is late.", "The invoice is wrong.", "<b>Smoke</b> comes out of it. 🔥", "Hello?")


class WeightlessModel:
    """Saves something that can be published; it is never asked."""

    def score(self, texts):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        artefacts.write_json(folder / "weights.json", [])


def make_run(number: int, n_examples: int) -> tuple[Run, object]:
    """Return a run that takes the held-out `fault` for `delivery`, and its judgement."""
    examples = [
        Example("held-1", "It sparks <script>alert(1)</script>", ("fault",)),
        Example("held-2", "Where is it?", ("delivery",)),
    ]
    scores = ClassScores(TOPIC.labels, np.array([[0.7, 0.1, 0.2], [0.9, 0.05, 0.05]], dtype=np.float32))
    judgement = judge(TOPIC, examples, scores, basis="held-out")
    run = Run(
        id=f"topic-tfidf-{number}",
        question="topic",
        learner="tfidf",
        seed=0,
        labels=TOPIC.labels,
        label_version=0,
        n_examples=n_examples,
        data_hash="0" * 64,
        figures=judgement.figures.as_dict(),
        basis="held-out",
        seconds=1.5,
        created_at=now(),
    )
    return run, judgement


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return an empty home that the app finds."""
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.fixture
def tickets(home: Home) -> Home:
    """Return a home with the project `tickets`: one answer, one skip, two runs."""
    create_project(home, "tickets", [TOPIC, ENTITIES])
    documents = [LabelledDocument(Document(f"ticket-{n}", text)) for n, text in enumerate(TEXTS)]
    documents.append(LabelledDocument(Document("held-1", "It sparks.", part="held-out")))
    imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
    with open_project(home, "tickets") as project:
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        project.store.record(
            [
                Annotation("one", "ticket-0", "topic", "ben", ("delivery",)),
                Annotation("two", "ticket-1", "topic", "ben", status="skipped"),
            ]
        )
        for number, n_examples in ((1, 20), (2, 40)):
            run, judgement = make_run(number, n_examples)
            publish_run(project, run, WeightlessModel(), judgement)  # type: ignore[arg-type]
    return home
