"""What the pages show, without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import as_plain, html_of, open_view
from workbench.config import Home
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.store.database import FILE_NAME
from workbench.ui.launch import MAIN
from workbench.ui.messages import as_markdown
from workbench.usecases.project import create_project, open_project

pytestmark = pytest.mark.slow


def open_home() -> AppTest:
    return AppTest.from_file(str(MAIN), default_timeout=60).run()


def card_of(page: AppTest) -> dict[str, Any]:
    (card,) = [element for element in page.main if element.type == "bidi_component"]
    data: dict[str, Any] = json.loads(card.proto.json)
    return data


def test_without_a_project_the_page_says_how_to_make_one(home: Home) -> None:
    page = open_home()
    assert not page.exception
    assert "workbench init" in page.code[0].value


def test_the_projects_are_listed_with_their_counts_and_figures(tickets: Home) -> None:
    page = open_home()
    assert not page.exception
    shown = [element.value for element in page.markdown]
    assert "**topic** · textcat, 3 labels" in shown
    assert any(text.startswith("macro-F1") and "(held-out, 2 documents)" in text for text in shown)
    assert "no model yet" in shown
    assert "4 documents in the pool, 1 held out" in html_of(page)


def test_a_damaged_project_shows_its_error_and_the_others_stay(tickets: Home) -> None:
    broken = tickets.projects / "broken"
    broken.mkdir()
    (broken / "project.toml").write_text('name = "broken"\n')
    (broken / FILE_NAME).write_bytes(b"no database at all" * 100)
    page = open_home()
    assert not page.exception
    assert len(page.error) == 1
    assert "doctor" in page.error[0].value
    assert "**topic** · textcat, 3 labels" in [element.value for element in page.markdown]


def test_the_card_gets_the_unanswered_documents_in_import_order(tickets: Home) -> None:
    card = card_of(open_view("annotate", project="tickets", question="topic", annotator="ana"))
    (question,) = card["task"]["questions"]
    assert question["keys"] == {"delivery": "1", "billing": "2", "fault": "3"}
    assert card["task"]["annotator"] == "ana"
    assert [document["id"] for document in card["queue"]["documents"]] == ["ticket-2", "ticket-3"]
    assert (card["queue"]["n_answered"], card["queue"]["n_pool"]) == (1, 4)


def test_a_name_is_asked_for_before_anything_is_labelled(tickets: Home) -> None:
    page = open_view("annotate", project="tickets", question="topic")
    page.text_input[0].set_value("  ").run()
    assert "Who is answering" in page.error[0].value


def test_the_name_stands_on_a_button_and_its_field_behind_it(tickets: Home) -> None:
    page = open_view("annotate", project="tickets", question="topic", annotator="a*a")
    (behind,) = page.get("popover")
    assert behind.proto.popover.label == r"as a\*a · change"
    assert [field.label for field in behind.text_input] == ["Annotator"]
    page.text_input(key="annotator").input("bea").run()
    (behind,) = page.get("popover")
    assert behind.proto.popover.label == "as bea · change"
    assert page.query_params["annotator"] in ("bea", ["bea"])
    assert card_of(page)["task"]["annotator"] == "bea"


def test_a_wrong_project_or_question_is_said_and_no_other_is_shown_before_one_is_chosen(
    tickets: Home,
) -> None:
    for view in ("annotate", "review"):
        page = open_view(view, project="nope", question="topic", annotator="ana")
        assert "a project that cannot be chosen here: nope" in as_plain(page.warning[0].value)
        assert page.selectbox(key="project").value is None
        page = open_view(view, project="tickets", question="nope", annotator="ana")
        assert "a question that cannot be chosen here: nope" in as_plain(page.warning[0].value)
        assert not [element for element in page.main if element.type == "bidi_component"]
        assert not page.error


def test_after_a_wrong_link_the_right_question_is_chosen_on_the_page(tickets: Home) -> None:
    page = open_view("annotate", project="nope", question="nope", annotator="ana")
    page.selectbox(key="project").set_value("tickets").run()
    page.segmented_control(key="questions of tickets").set_value("topic").run()
    assert [q["name"] for q in card_of(page)["task"]["questions"]] == ["topic"]
    assert not page.warning


def test_another_project_may_be_chosen_that_asks_other_questions(tickets: Home) -> None:
    create_project(tickets, "other", [Question("mood", "textcat", ("good", "bad"))])
    imported = Imported((), (LabelledDocument(Document("one", "Lovely.")),), ConversionReport(kept=1))
    with open_project(tickets, "other") as project:
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
    page = open_view("annotate", project="tickets", question="topic", annotator="ana")
    page.selectbox(key="project").set_value("other").run()
    assert not page.error
    assert [q["name"] for q in card_of(page)["task"]["questions"]] == ["mood"]


def test_a_project_without_documents_leads_to_the_import(tickets: Home) -> None:
    create_project(tickets, "other", [Question("mood", "textcat", ("good", "bad"))])
    page = open_view("annotate", project="other")
    assert page.info[0].value == "There are no documents to label yet."
    (link,) = [element.proto for element in page.main if element.type == "page_link"]
    assert (link.label, link.page) == ("Import documents", "data")
    assert "tab=import" in link.query_string


def test_foreign_names_cannot_write_markdown() -> None:
    escaped = r"\!\[x\]\(https\://example\.org/x\.png\) \:red\[y\]"
    assert as_markdown("![x](https://example.org/x.png) :red[y]") == escaped
