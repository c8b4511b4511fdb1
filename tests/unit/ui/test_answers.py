"""From the browser's JSON to recorded annotations and a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.config import Home
from workbench.domain.questions import LabelChange
from workbench.domain.spans import Span
from workbench.errors import InputError, StoreError
from workbench.ui.answers import annotation_from, record_answers
from workbench.usecases.project import Project, open_project


def sent(client_id: str = "c1", **changes: Any) -> dict[str, Any]:
    """Return an answer as the card sends it."""
    answer = {
        "client_id": client_id,
        "project": "tickets",
        "question": "topic",
        "annotator": "ana",
        "document_id": "ticket-2",
        "status": "answered",
        "labels": ["fault"],
        "spans": [],
        "label_version": 0,
        "seconds": 2.5,
    }
    return {**answer, **changes}


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
