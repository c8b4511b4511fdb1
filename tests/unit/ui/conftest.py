"""A small invented project with a judged run, made without training anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.weightless import WeightlessModel
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores, tags_of
from workbench.domain.spans import Span
from workbench.ui import waking
from workbench.usecases.judge import judge
from workbench.usecases.project import create_project, open_project
from workbench.usecases.runs import publish_run

TOPIC = Question("topic", "textcat", ("delivery", "billing", "fault"))
ENTITIES = Question("entities", "ner", ("PERSON", "PRODUCT"))
TEXTS = ("My parcel is late.", "The invoice is wrong.", "<b>Smoke</b> comes out of it. 🔥", "Hello?")


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


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no worker though a page asks for a first batch; `test_waking.py` looks at what starts one."""
    monkeypatch.setattr(waking, "keep_working", lambda project: None)


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


def make_entities_run() -> tuple[Run, object]:
    """Return a run that missed one span, found one too many, and got the bounds of a third wrong."""
    text = "Ana Gray asks for a kettle from Bob."
    words = np.array([[0, 3], [4, 8], [9, 13], [14, 17], [18, 19], [20, 26], [27, 31], [32, 35]])
    tags = {0: "B-PERSON", 4: "B-PRODUCT", 5: "O", 7: "B-PERSON"}  # only "Ana", "a" too much, no kettle
    columns = list(tags_of(ENTITIES.labels))
    probabilities = np.full((len(words), len(columns)), 0.02, dtype=np.float32)
    for place in range(len(words)):
        probabilities[place, columns.index(tags.get(place, "O"))] = 0.92
    spans = (
        Span.of(text, 0, 8, "PERSON"),
        Span.of(text, 20, 26, "PRODUCT"),
        Span.of(text, 32, 35, "PERSON"),
    )
    scores = TokenScores(ENTITIES.labels, (DocumentTokenScores(words.astype(np.int32), probabilities),))
    judgement = judge(ENTITIES, [Example("held-1", text, spans=spans)], scores, basis="held-out")
    run = replace(
        make_run(9, 30)[0],
        id="entities-bert-1",
        question="entities",
        labels=ENTITIES.labels,
        figures=judgement.figures.as_dict(),
    )
    return run, judgement


@pytest.fixture
def entities_run(tickets: Home) -> str:
    """Publish a judged run of `entities` and return its id."""
    run, judgement = make_entities_run()
    with open_project(tickets, "tickets") as project:
        publish_run(project, run, WeightlessModel(), judgement)  # type: ignore[arg-type]
    return run.id
