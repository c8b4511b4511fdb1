"""Documents are found by what stands in them and by what was said about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.usecases.change_labels import change_labels
from workbench.usecases.find_documents import (
    PAGE,
    Filter,
    choices_of_metadata,
    find_documents,
    history_of,
    settled_of,
)
from workbench.usecases.project import Project, create_project, open_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [Question("topic", "textcat", ("delivery", "billing"))])
    documents = [
        Document("a", "100 % late", {"channel": "mail", "stars": 2}),
        Document("b", "100 times late", {"channel": "chat", "stars": 2}),
        Document("c", "Under_score", {"channel": "mail"}),
        Document("d", "Nothing", part="held-out"),
    ]
    imported = Imported((), tuple(map(LabelledDocument, documents)), ConversionReport(kept=4))
    with open_project(Home(tmp_path), "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        opened.store.record(
            [
                Annotation("1", "a", "topic", "ana", ("delivery",)),
                Annotation("2", "a", "topic", "ben", ("billing",)),
                Annotation("3", "b", "topic", "ana", status="skipped"),
                Annotation("4", "d", "topic", "ana", ("billing",), flagged=True, comment="sure?"),
            ]
        )
        yield opened


def ids(project: Project, wanted: Filter) -> list[str]:
    return [row.document.id for row in find_documents(project, "topic", wanted).rows]


def test_signs_of_the_search_itself_are_text(project: Project) -> None:
    assert ids(project, Filter("100 %")) == ["a"]
    assert ids(project, Filter("r_s")) == ["c"]
    assert ids(project, Filter("\\")) == []
    assert ids(project, Filter("LATE")) == ["a", "b"]
    assert ids(project, Filter("'; drop table documents; --")) == []


def test_standing_label_part_and_metadata_narrow_what_is_found(project: Project) -> None:
    assert ids(project, Filter(standing="disagreed")) == ["a"]
    assert ids(project, Filter(standing="answered")) == ["a", "d"]
    assert ids(project, Filter(standing="skipped")) == ["b"]
    assert ids(project, Filter(standing="unanswered")) == ["c"]
    assert ids(project, Filter(standing="flagged")) == ["d"]
    assert ids(project, Filter(label="billing", part="held-out")) == ["d"]
    assert ids(project, Filter(metadata={"channel": "mail"})) == ["a", "c"]
    assert ids(project, Filter("late", metadata={"channel": "mail", "stars": "2"})) == ["a"]


def test_answers_are_said_in_todays_labels(project: Project) -> None:
    change_labels(project, "topic", [LabelChange("rename", ("billing",), ("money",))])
    (row,) = find_documents(project, "topic", Filter(label="money", part="held-out")).rows
    assert row.answer is not None
    assert (row.answer.labels, row.standing) == (("money",), "answered")
    assert settled_of(project, "topic", ["d", "c"])["d"].labels == ("money",)
    assert [a.labels for a in history_of(project, "d")] == [("billing",)]


def test_fields_with_few_values_can_be_chosen(project: Project) -> None:
    assert choices_of_metadata(project) == {"channel": ["chat", "mail"], "stars": ["2"]}


def test_a_page_beyond_the_last_is_the_last(project: Project) -> None:
    more = tuple(LabelledDocument(Document(f"n{n}", f"Text {n}")) for n in range(PAGE + 1))
    project.store.import_documents(
        Imported((), more, ConversionReport(kept=len(more))),
        file_name="g",
        file_sha256="1" * 64,
        format="csv",
    )
    page = find_documents(project, "topic", Filter("Text"), page=99)
    assert (page.number, page.n_pages, page.n_found, len(page.rows)) == (1, 2, PAGE + 1, 1)
    assert find_documents(project, "topic", Filter("nowhere"), page=3).n_pages == 1
