"""Several questions on one card: skip, flag and comment belong to the one that has the line at its side."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_labelling import open_question, shown_document, wait_until_saved
from tests.e2e.test_the_card import press

pytestmark = [pytest.mark.browser, pytest.mark.slow]
QUESTIONS = ("topic", "aspects", "entities")


def said(app: Any) -> dict[str, tuple[str, bool, str]]:
    """Return status, flag and comment of the last answer to each question."""
    last = {name: app.history(name)[-1] for name in QUESTIONS}
    return {name: (answer.status, answer.flagged, answer.comment) for name, answer in last.items()}


def panel(page: Any, question: str) -> Any:
    return page.locator(".wb-question", has=page.get_by_role("toolbar", name=f"Labels of {question}"))


def test_skip_flag_and_comment_go_to_the_question_in_focus_alone(page: Any, app: Any) -> None:
    open_question(page, app, "all questions")
    press(page, "f", "1")  # topic is flagged and answered
    press(page, ".")
    expect(page.get_by_label("Comment on aspects")).to_be_focused()
    page.keyboard.type("price or service?")
    press(page, "Enter", "1", "Enter")
    expect(page.get_by_label("Comment")).to_be_hidden()  # entities have none
    expect(page.locator(".wb-marks")).to_have_text(["⚑ flagged", "commented", ""])
    expect(page.locator("[data-part=flag]")).to_have_text("⚑ topic")
    press(page, " ")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")
    expect(page.locator(".wb-marks")).to_have_text(["", "", ""])
    expect(page.locator("[data-part=decisions] em").first).to_have_text("⚑ delivery · price · skipped")
    wait_until_saved(page)
    assert said(app) == {
        "topic": ("answered", True, ""),
        "aspects": ("answered", False, "price or service?"),
        "entities": ("skipped", False, ""),
    }


def test_a_skipped_question_is_seen_and_can_still_be_answered_before_the_document_goes(
    page: Any, app: Any
) -> None:
    open_question(page, app, "all questions")
    press(page, " ")
    expect(panel(page, "topic")).to_contain_text("skipped")
    expect(panel(page, "aspects")).to_have_class("wb-question wb-active")
    assert shown_document(page) == "ticket-0"
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-0]")
    expect(panel(page, "topic")).to_contain_text("skipped")
    press(page, "2")  # topic after all
    expect(panel(page, "topic")).not_to_contain_text("skipped")
    press(page, " ", "Enter")
    wait_until_saved(page)
    assert {name: status for name, (status, _, _) in said(app).items()} == {
        "topic": "answered", "aspects": "skipped", "entities": "answered",
    }  # fmt: skip


def test_shift_and_space_skip_the_whole_document_and_undo_brings_it_back(page: Any, app: Any) -> None:
    open_question(page, app, "all questions")
    press(page, "1", "Shift+ ")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")
    wait_until_saved(page)
    assert {status for status, _, _ in said(app).values()} == {"skipped"}
    expect(page.locator("[data-part=count]")).to_contain_text("0 of 7 answered")
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-1]")
    expect(page.locator("[data-part=decisions] em")).to_have_text(["skipped"])
    press(page, "Backspace")
    assert shown_document(page) == "ticket-0"
    wait_until_saved(page)
    assert {status for status, _, _ in said(app).values()} == {"withdrawn"}


def test_a_decision_that_was_partly_skipped_comes_back_as_it_was_after_a_reload(page: Any, app: Any) -> None:
    open_question(page, app, "all questions")
    press(page, " ", "f", "2", "Enter", "Enter")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-1]")
    expect(page.locator("[data-part=count]")).to_contain_text("0 of 7 answered")
    page.locator("[data-part=decisions] li button").click()
    expect(panel(page, "topic")).to_contain_text("skipped")
    expect(panel(page, "aspects")).to_contain_text("⚑ flagged")
    press(page, "3", "Enter", "Enter")
    wait_until_saved(page)
    assert said(app)["topic"] == ("answered", False, "")
    assert said(app)["aspects"] == ("answered", True, "")
    expect(page.locator("[data-part=count]")).to_contain_text("1 of 7 answered")
