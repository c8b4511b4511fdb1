"""From the browser's JSON to recorded annotations and a receipt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.ui.card import sent
from workbench.config import Home
from workbench.domain.questions import LabelChange
from workbench.domain.spans import Span
from workbench.errors import InputError, StoreError, UnknownNameError
from workbench.ui.answers import annotation_from, given_at, record_answers
from workbench.usecases.project import Project, open_project


def test_an_answer_becomes_an_annotation_of_its_annotator() -> None:
    annotation = annotation_from(sent())
    assert (annotation.document_id, annotation.annotator, annotation.labels) == (
        "ticket-2",
        "ana",
        ("fault",),
    )
    assert annotation.seconds == 2.5


def test_spans_keep_the_text_that_the_browser_saw() -> None:
    answer = sent(labels=[], spans=[{"start": 3, "end": 8, "label": "PRODUCT", "covered": "Smoke"}])
    assert annotation_from(answer).spans == (Span(3, 8, "PRODUCT", "Smoke"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"document_id": 7},
        {"labels": None},
        {"spans": [{"start": 1}]},
        {"seconds": "soon"},
    ],
)
def test_what_the_card_never_sends_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        annotation_from(sent(**changes))


def test_a_second_sending_is_saved_again_and_changes_nothing(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        first = record_answers([sent()], lambda name: project)
        second = record_answers([sent(), sent("c2", document_id="ticket-3")], lambda name: project)
        assert (first.saved, second.saved) == (("c1",), ("c1", "c2"))
        assert len(project.store.annotations("topic")) == 4  # two of them were there before


def test_a_span_beside_its_text_is_refused_and_the_others_are_saved(tickets: Home) -> None:
    shifted = {"start": 2, "end": 7, "label": "PRODUCT", "covered": "Smoke"}
    answers = [sent("bad", question="entities", labels=[], spans=[shifted]), sent("good")]
    with open_project(tickets, "tickets") as project:
        receipt = record_answers(answers, lambda name: project)
    assert receipt.saved == ("good",)
    assert [refusal.client_id for refusal in receipt.refused] == ["bad"]
    assert "Smoke" in receipt.refused[0].message


def test_an_answer_with_a_label_that_was_renamed_meanwhile_is_kept_under_its_new_name(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
        assert record_answers([sent()], lambda name: project).saved == ("c1",)
        answered = [a.labels for a in project.store.current("topic") if a.counts]
        assert answered == [("delivery",), ("defect",)]


def test_an_answer_that_the_store_cannot_take_now_is_neither_saved_nor_refused() -> None:
    def busy(name: str) -> Project:
        raise StoreError("The disk is full.")

    receipt = record_answers([sent()], busy)
    assert (receipt.saved, receipt.refused) == ((), ())
    assert receipt.error is not None


def test_what_cannot_be_recorded_is_refused_one_by_one(tickets: Home) -> None:
    def opened(name: str) -> Project:
        if name != "tickets":
            raise UnknownNameError("project", name, ["tickets"])
        return project

    homeless = {name: value for name, value in sent("homeless").items() if name != "project"}
    answers = [
        sent("gone", project="deleted"),
        homeless,
        sent("null", project=None),
        sent("odd", project=["tickets"]),
        None,
        "text",
        {"project": "tickets"},
        sent("mood", question="mood"),
        sent("large", label_version=10**30),
        sent("good"),
    ]
    with open_project(tickets, "tickets") as project:
        receipt = record_answers(answers, opened)
        assert project.store.annotations("topic", "ticket-2")[0].client_id == "good"
    assert receipt.saved == ("good",)
    assert [r.client_id for r in receipt.refused] == ["gone", "homeless", "null", "odd", "mood", "large"]
    assert "deleted" in receipt.refused[0].message
    assert str(receipt.error) == "3 answers without a client id were left out."


def test_a_time_and_a_run_have_bounds() -> None:
    assert annotation_from(sent(seconds=1e300)).seconds == 86_400
    assert annotation_from(sent(suggested_by="r" * 200)).raw == {"suggested_by": "r" * 200}
    for changes in (
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": 10**400},
    ):
        with pytest.raises(InputError):
            annotation_from(sent(**changes))
    with pytest.raises(InputError, match="200"):
        annotation_from(sent(suggested_by="r" * 201))


NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-09-21T11:00:00.250Z", "2026-09-21T11:00:00.250000+00:00"),
        ("2026-09-21T13:30:00+02:00", "2026-09-21T11:30:00.000000+00:00"),
        ("2026-09-14T12:00:00Z", "2026-09-14T12:00:00.000000+00:00"),
        ("2026-09-14T11:59:59Z", "2026-09-21T12:00:00.000000+00:00"),  # too old
        ("2026-09-21T12:00:01Z", "2026-09-21T12:00:00.000000+00:00"),  # in the future
        ("2026-09-21T11:00:00", "2026-09-21T12:00:00.000000+00:00"),  # of no time zone
        ("0001-01-01T00:00:00+14:00", "2026-09-21T12:00:00.000000+00:00"),
        ("9999-12-31T23:59:59-14:00", "2026-09-21T12:00:00.000000+00:00"),
        ("yesterday", "2026-09-21T12:00:00.000000+00:00"),
        (1_790_000_000, "2026-09-21T12:00:00.000000+00:00"),
        (None, "2026-09-21T12:00:00.000000+00:00"),
    ],
)
def test_an_answer_counts_from_when_it_was_given_if_that_can_be_true(said: object, expected: str) -> None:
    assert given_at(said, NOW) == expected


def test_an_answer_that_waited_keeps_its_time() -> None:
    at = datetime.now(UTC) - timedelta(hours=3)
    assert annotation_from(sent(at=at.isoformat())).created_at == at.isoformat(timespec="microseconds")
