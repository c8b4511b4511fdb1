"""What is known of judged documents: files, metadata, languages; real SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.analysis.judged import JudgedDocument
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.errors import InputError
from workbench.usecases.project import create_project, open_project
from workbench.usecases.slice_documents import slice_values


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with three documents of two files; the second file holds the first document again."""
    home = Home(tmp_path)
    create_project(home, "tickets", [Question("topic", "textcat", ("a", "b"))])
    one = LabelledDocument(Document("1", "Where is it?", {"channel": "mail", "language": "en"}))
    two = LabelledDocument(Document("2", "It is late.", {"channel": "chat", "language": "en"}))
    three = LabelledDocument(Document("3", "It is late, and I do not like it.", {"channel": "mail"}))
    with open_project(home, "tickets") as project:
        for name, documents in (("old.csv", (one, two)), ("new.csv", (one, three))):
            imported = Imported((), documents, ConversionReport(kept=2))
            project.store.import_documents(
                imported, file_name=name, file_sha256=name.ljust(64, "0"), format="csv"
            )
        project.store.record([Annotation(f"c{n}", n, "topic", "ana", ("a",)) for n in ("1", "2")])
    return home


def test_documents_are_described_by_file_and_metadata_in_their_order(home: Home) -> None:
    judged = [JudgedDocument(Example(id, "x" * int(id), ("a",)), ("a",)) for id in ("3", "1", "2")]
    with open_project(home, "tickets") as project:
        values = slice_values(project, judged)
    assert values["file"] == ["new.csv", "old.csv", "old.csv"]
    assert values["channel"] == ["mail", "mail", "chat"]
    assert values["language"] == ["(unknown)", "en", "en"]  # nobody guessed: it is the source's own
    assert values["length"] == ["3 to 3 characters", "1 to 1 characters", "2 to 2 characters"]


def test_guessed_languages_do_not_hide_those_of_the_source(home: Home) -> None:
    judged = [JudgedDocument(Example(id, "text", ("a",)), ("a",)) for id in ("1", "3")]
    with open_project(home, "tickets") as project:
        (project.folder / "data").mkdir()
        (project.folder / "data" / "languages.json").write_text('{"1": "en", "3": "de"}')
        values = slice_values(project, judged)
    assert values["language"] == ["en", "de"]
    assert values["language (source)"] == ["en", "(unknown)"]
    assert "length" not in values  # both are equally long


def test_answers_of_some_documents_are_read_by_themselves(home: Home) -> None:
    with open_project(home, "tickets") as project:
        assert [a.document_id for a in project.store.current("topic", ["2", "3"])] == ["2"]
        assert len(project.store.current("topic")) == 2
        with pytest.raises(InputError, match="not in the project"):
            project.store.current("topic", ["nope"])
