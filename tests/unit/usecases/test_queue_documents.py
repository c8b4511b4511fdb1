"""Which documents an annotator gets next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.suggestions import Suggestion
from workbench.store.candidates import IN_IMPORT_ORDER
from workbench.store.suggestions import Suggestions
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.queue_documents import queue_documents


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a project of six documents, d0 to d5, and one that is held out."""
    home = Home(tmp_path)
    create_project(home, "p", [Question("topic", "textcat", ("a", "b"))])
    documents = [LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(6)]
    documents.append(LabelledDocument(Document("held", "never asked", part="held-out")))
    imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
    with open_project(home, "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield opened


def propose(project: Project, batch: str, *ids: str) -> None:
    proposals = tuple(Proposal(id, 1.0, "it teaches most") for id in ids)
    project.store.save_batch(Batch(batch, "topic", "margin", 0, proposals))


def ids(project: Project, annotator: str, n: int = 20, showing: tuple[str, ...] = ()) -> list[str]:
    return [document.id for document in queue_documents(project, ["topic"], annotator, n=n, showing=showing)]


def test_without_a_batch_documents_come_in_import_order(project: Project) -> None:
    queued = queue_documents(project, ["topic"], "ana", n=2)
    assert [(document.id, document.text, document.reasons["topic"].reason) for document in queued] == [
        ("d0", "text 0", IN_IMPORT_ORDER),
        ("d1", "text 1", IN_IMPORT_ORDER),
    ]


def test_the_best_of_the_newest_batch_come_first(project: Project) -> None:
    propose(project, "old", "d1", "d2")
    propose(project, "new", "d5", "d3")
    assert ids(project, "ana") == ["d5", "d3", "d0", "d1", "d2", "d4"]
    assert queue_documents(project, ["topic"], "ana")[0].reasons["topic"].reason == "it teaches most"


def test_what_another_annotator_has_leased_is_not_given_twice(project: Project) -> None:
    propose(project, "batch", "d5", "d3", "d1")
    assert ids(project, "ana", n=2) == ["d5", "d3"]
    assert ids(project, "ben", n=3) == ["d1", "d0", "d2"]


def test_answered_and_skipped_documents_do_not_come_again(project: Project) -> None:
    propose(project, "batch", "d5", "d3")
    project.store.record(
        [
            Annotation("1", "d5", "topic", "ana", ("a",)),
            Annotation("2", "d0", "topic", "ana", status="skipped"),
        ]
    )
    assert ids(project, "ana") == ["d3", "d1", "d2", "d4"]


def test_a_withdrawn_answer_brings_its_document_back(project: Project) -> None:
    project.store.record(
        [
            Annotation("1", "d0", "topic", "ana", ("a",)),
            Annotation("2", "d0", "topic", "ana", status="withdrawn"),
        ]
    )
    assert ids(project, "ana", n=1) == ["d0"]


def test_a_new_batch_frees_the_leases_on_the_old_one_but_for_what_is_shown(project: Project) -> None:
    propose(project, "old", "d0", "d1", "d2")
    ids(project, "ana", n=3)
    propose(project, "new", "d4", "d1", "d2")
    assert ids(project, "ana", n=1, showing=("d1",)) == ["d4"]
    assert ids(project, "ben", n=1) == ["d2"]  # d1 is on ana's screen, d2 is free again


def test_a_control_sample_is_not_primed_on_the_card_of_all_questions(tmp_path: Path) -> None:
    home = Home(tmp_path)
    create_project(home, "two", [Question(name, "textcat", ("a", "b")) for name in ("topic", "tone")])
    documents = tuple(LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(4))
    with open_project(home, "two") as project:
        imported = Imported((), documents, ConversionReport(kept=4))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        drawn = (Proposal("d1", 0.0, "drawn by chance"), Proposal("d3", 0.0, "drawn by chance"))
        project.store.save_batch(Batch("control", "tone", "random", 0, drawn))
        ranked = (Proposal("d3", 1.0, "it teaches most"), Proposal("d2", 0.5, "it teaches most"))
        project.store.save_batch(Batch("best", "topic", "margin", 0, ranked))
        for name in ("topic", "tone"):
            found = [Suggestion(f"d{n}", "run", 0, ("a",), (("a", 0.9),)) for n in range(4)]
            Suggestions(project.store).replace(name, found)
        queued = queue_documents(project, ["topic", "tone"], "ana", n=1)
        assert {d.id: sorted(d.suggestions) for d in queued} == {"d3": ["topic"]}
        queued = queue_documents(project, ["topic", "tone"], "ana")
        assert {d.id for d in queued if "tone" not in d.suggestions} == {"d1", "d3"}
        assert all("topic" in d.suggestions for d in queued)
