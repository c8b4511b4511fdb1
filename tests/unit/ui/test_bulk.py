"""What the view of many documents shows of a model's suggestions and of others' answers."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import open_view
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.settings import QuestionSettings
from workbench.domain.suggestions import Suggestion
from workbench.store.settings import Settings
from workbench.store.suggestions import Suggestions
from workbench.ui.views import bulk
from workbench.usecases.filter_pool import read_found
from workbench.usecases.project import Project, open_project


def open_page(**chosen: str) -> AppTest:
    return open_view("bulk", **{"project": "tickets", "question": "topic", "annotator": "ana", **chosen})


def suggest(project: Project) -> None:
    found = [Suggestion(f"ticket-{n}", "run", 0, ("fault",), (("fault", 0.75),)) for n in (2, 3)]
    Suggestions(project.store).replace("topic", found)


def names_of(page: AppTest) -> list[str]:
    return [box.label for box in page.selectbox]


def test_suggestions_and_their_filter_are_there_where_they_may_be(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        suggest(project)
    page = open_page()
    assert page.dataframe[0].value["suggested"].tolist() == ["fault", "fault"]
    assert "Suggested label" in names_of(page)


def test_a_question_that_hides_suggestions_has_neither_column_nor_filter(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        suggest(project)
        Settings(project.store).change("topic", QuestionSettings(suggests=False))
    page = open_page(suggested="fault")
    assert list(page.dataframe[0].value.columns) == ["text", "document"]
    assert "Suggested label" not in names_of(page)


def test_a_control_sample_is_not_primed_here(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        suggest(project)
        drawn = (Proposal("ticket-3", 0.0, "drawn by chance"),)
        project.store.save_batch(Batch("control", "topic", "random", 0, drawn))
    page = open_page()
    assert page.dataframe[0].value["suggested"].tolist() == ["fault", ""]
    page = open_page(suggested="fault")
    assert page.dataframe[0].value["document"].tolist() == ["ticket-2"]


def test_an_answer_given_beside_a_suggestion_says_so(tickets: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    with open_project(tickets, "tickets") as project:
        suggest(project)
        drawn = (Proposal("ticket-3", 0.0, "drawn by chance"),)
        project.store.save_batch(Batch("control", "topic", "random", 0, drawn))
        desk = bulk.Desk(project, Question("topic", "textcat", ("delivery", "billing", "fault")), "ana")
        rows = read_found(project, "topic", ["ticket-2", "ticket-3"], annotator="ana")
        bulk.answer(desk, rows, ("billing",), "b1")
        raws = {a.document_id: a.raw for a in project.store.annotations("topic") if a.raw}
    assert raws == {"ticket-2": {"bulk": "b1", "suggested_by": "run"}, "ticket-3": {"bulk": "b1"}}


def test_how_many_of_the_selected_others_have_answered_is_said(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with open_project(tickets, "tickets") as project:
        project.store.record([Annotation("b", "ticket-2", "topic", "ben", ("fault",))])
        desk = bulk.Desk(project, Question("topic", "textcat", ("delivery", "billing", "fault")), "ana")
        rows = read_found(project, "topic", ["ticket-2", "ticket-3"], annotator="ana")
        monkeypatch.setattr(st, "session_state", {"bulk table": "t"})
        monkeypatch.setattr(st, "html", said.append)
        bulk.offer_answers(desk, rows)
        bulk.offer_answers(desk, rows[1:])
    assert "2 selected, 1 of them answered by others already" in said[0]
    assert "1 selected. Answer" in said[1]
