"""A small project and short ways to say what is imported and answered."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.project_store import ImportCounts, ProjectStore

TOPIC = Question("topic", "textcat", ("billing", "delivery", "other"))
ENTITIES = Question("entities", "ner", ("PER", "LOC"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making a project takes a quarter of a second: it is made once and copied."""
    folder = tmp_path_factory.mktemp("empty") / "desk"
    ProjectStore.create(folder, "desk", [TOPIC, ENTITIES]).close()
    return folder


@pytest.fixture
def store(empty_project: Path, folder: Path) -> Iterator[ProjectStore]:
    shutil.copytree(empty_project, folder)
    with ProjectStore.open(folder) as made:
        yield made


@pytest.fixture
def make_import() -> Callable[..., Imported]:
    """Say an import as documents and annotations."""

    def make(
        documents: Sequence[Document],
        annotations: Sequence[Annotation] = (),
        questions: Sequence[Question] = (),
    ) -> Imported:
        labelled = tuple(
            LabelledDocument(d, tuple(a for a in annotations if a.document_id == d.id)) for d in documents
        )
        return Imported(tuple(questions), labelled, ConversionReport(kept=len(documents)), {"bom": False})

    return make


@pytest.fixture
def bring(store: ProjectStore, make_import: Callable[..., Imported]) -> Callable[..., ImportCounts]:
    """Import into the project."""

    def run(*args: object, format: str = "csv", file_name: str = "tickets.csv") -> ImportCounts:
        return store.import_documents(
            make_import(*args), file_name=file_name, file_sha256="0" * 64, format=format
        )

    return run


@pytest.fixture
def five(store: ProjectStore, bring: Callable[..., ImportCounts]) -> ProjectStore:
    """The project with the documents t0 to t4, without answers."""
    bring([Document(f"t{i}", f"Parcel {i} for Ada in Bern") for i in range(5)])
    return store


@pytest.fixture
def answer() -> Callable[..., Annotation]:
    """Say an answer to the topic; the client id follows from what is said."""

    def make(document: str, *labels: str, annotator: str = "ada", **more: object) -> Annotation:
        values: dict[str, object] = {
            "client_id": derived_client_id(document, annotator, *labels, repr(sorted(more.items()))),
            "document_id": document,
            "question": "topic",
            "annotator": annotator,
            "labels": labels,
        }
        return Annotation(**{**values, **more})  # type: ignore[arg-type]

    return make


@pytest.fixture
def propose(five: ProjectStore) -> Callable[..., Batch]:
    """Save a batch of documents for the topic."""

    def run(*ids: str, batch: str = "b1", question: str = "topic") -> Batch:
        proposals = tuple(Proposal(id, float(len(ids) - i), "uncertain") for i, id in enumerate(ids))
        saved = Batch(batch, question, "margin", 7, proposals, created_at="2026-01-01T00:00:00+00:00")
        five.save_batch(saved)
        return saved

    return run
