"""What the card offers beside labels: suggestions, all questions, nested spans, flags, second thoughts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_labelling import drag, labels_by_document, open_question, shown_document, wait_until_saved
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Batch, Proposal
from workbench.domain.settings import QuestionSettings
from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.store.project_store import ProjectStore
from workbench.store.settings import Settings
from workbench.store.suggestions import Suggestions

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def store_of(app: Any) -> ProjectStore:
    return ProjectStore.open(app.home / "projects" / "tickets")


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_spans_nest_and_overlap_and_each_can_be_chosen_and_deleted(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    drag(page, "Ana Müller")
    press(page, "1")
    drag(page, "Müller a new")
    press(page, "2")
    drag(page, "Müller")
    press(page, "3", "Escape")
    expect(page.locator(".wb-tag")).to_have_count(3)
    # The shortest span at a place is chosen first, a second click chooses the next longer one.
    page.locator(".wb-span", has_text="Müller").first.click()
    page.locator(".wb-span", has_text="Müller").first.click()
    press(page, "Backspace")
    expect(page.locator(".wb-tag")).to_have_count(2)
    press(page, "a")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert set(answer.spans) == {Span(49, 55, "DATE", "Müller"), Span(49, 61, "PRODUCT", "Müller a new")}


def test_spans_are_marked_chosen_mended_and_deleted_with_the_keyboard_alone(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowRight", "2")  # kettle 🫖
    press(page, "ArrowRight", "1")  # the word behind it: leaks
    press(page, "ArrowUp", "3")  # the span before it, as a date
    press(page, "ArrowRight", "ArrowRight", "Shift+ArrowUp", "1")  # Monday without its last letter
    press(page, "a")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert answer.spans == (
        Span(4, 12, "DATE", "kettle 🫖"),
        Span(13, 18, "PERSON", "leaks"),
        Span(25, 30, "PERSON", "Monda"),
    )


def test_all_questions_of_a_document_are_answered_on_one_card(page: Any, app: Any) -> None:
    open_question(page, app, "all questions")
    press(page, "3")  # topic: goes on to aspects
    press(page, "2", "1", "Enter")  # aspects
    press(page, "ArrowRight", "ArrowRight", "2", "Enter")  # entities: the document is done
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")
    wait_until_saved(page)
    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("fault",)}
    assert labels_by_document(app.answers("aspects")) == {"ticket-0": ("price", "quality")}
    assert app.answers("entities")[0].spans == (Span(4, 10, "PRODUCT", "kettle"),)
    press(page, "Backspace")
    wait_until_saved(page)
    assert app.answers("topic") == app.answers("aspects") == app.answers("entities") == []


def test_a_question_that_was_passed_over_is_asked_before_the_document_goes(page: Any, app: Any) -> None:
    open_question(page, app, "all questions")
    press(page, "Tab", "Tab", "Enter")
    expect(page.locator("[data-part=notice]")).to_contain_text("topic has no answer yet")
    press(page, "1", "Enter", "Enter")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")


def selected(page: Any) -> str:
    """Return the text that the keys or the mouse selected: it is painted, no element stands around it."""
    return str(page.evaluate("[...(CSS.highlights.get('wb-range') ?? [])].join('')"))


def suggest(app: Any, strategy: str = "margin") -> None:
    proposals = tuple(Proposal(f"ticket-{n}", 0.5, "the model wavers") for n in range(3))
    fresh = [
        Suggestion(
            f"ticket-{n}", "topic-run", 0, labels=("billing",), likely=(("billing", 0.6), ("fault", 0.3))
        )
        for n in range(3)
    ]
    span = Suggestion(
        "ticket-0", "ner-run", 0, spans=(Span(45, 55, "PERSON", "Ana Müller"),), sureness=(0.9,)
    )
    with store_of(app) as store:
        store.save_batch(Batch("b1", "topic", strategy, 0, proposals))
        Suggestions(store).replace("topic", fresh)
        Suggestions(store).replace("entities", [span])


def test_a_suggested_label_is_accepted_by_one_key_and_the_answer_says_so(page: Any, app: Any) -> None:
    suggest(app)
    open_question(page, app, "topic")
    expect(page.locator(".wb-labels .wb-said")).to_have_text("2billing")
    expect(page.locator("[data-part=why]")).to_contain_text("the model wavers (utility 0.50)")
    press(page, "a")
    press(page, "x", "a")  # rejected: nothing is left to accept
    expect(page.locator("[data-part=notice]")).to_contain_text("Choose a label first")
    press(page, "3")
    wait_until_saved(page)
    first, second = app.answers("topic")
    assert (first.labels, second.labels) == (("billing",), ("fault",))
    assert first.raw == second.raw == {"suggested_by": "topic-run"}


def test_a_suggested_span_is_dashed_and_accepted_or_rejected(page: Any, app: Any) -> None:
    suggest(app)
    open_question(page, app, "entities")
    expect(page.locator(".wb-tag.wb-said")).to_have_attribute("data-label", "PERSON 90 %")
    press(page, "a")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert answer.spans == (Span(45, 55, "PERSON", "Ana Müller"),)
    press(page, "Backspace", "x", "a")
    page.wait_for_function("document.querySelector('[data-part=count]').textContent.startsWith('1 of')")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert answer.spans == ()


def test_a_control_sample_and_a_question_without_suggestions_show_none(page: Any, app: Any) -> None:
    suggest(app, strategy="random")
    with store_of(app) as store:
        Settings(store).change("entities", QuestionSettings(suggests=False))
    for question in ("topic", "entities"):
        open_question(page, app, question)
        expect(page.locator(".wb-said")).to_have_count(0)
        expect(page.locator(".wb-likely")).to_be_hidden()


def test_a_flag_and_a_comment_go_with_the_answer(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    press(page, "f", ".")
    page.keyboard.type("1 or 2? <b>ask Ben</b>")
    press(page, "Enter", "2")
    wait_until_saved(page)
    (answer,) = app.answers("topic")
    assert (answer.flagged, answer.comment, answer.labels) == (True, "1 or 2? <b>ask Ben</b>", ("billing",))
    assert page.locator("[data-part=decisions] li b").count() == 0
    expect(page.locator("[data-part=flag]")).to_be_empty()


def test_one_of_the_last_decisions_is_changed_after_a_reload_or_left_as_it_is(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    press(page, "1", "2")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-2]")
    lines = page.locator("[data-part=decisions] li button")
    expect(lines).to_have_count(2)
    lines.nth(1).click()
    assert shown_document(page) == "ticket-0"
    expect(page.get_by_role("button", name="1 delivery")).to_have_attribute("aria-pressed", "true")
    press(page, "Escape")
    assert shown_document(page) == "ticket-2"
    page.locator("[data-part=decisions] li", has_text="kettle").locator("button").click()
    press(page, "3")
    wait_until_saved(page)
    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("fault",), "ticket-1": ("billing",)}
    assert len(app.history("topic")) == 3
    expect(page.locator("[data-part=count]")).to_have_text(re.compile("^2 of 7"))


def test_a_label_is_found_by_its_letters(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    press(page, "/")
    page.keyboard.type("ill")
    expect(page.locator(".wb-labels button:visible")).to_have_text(["2billing"])
    press(page, "Enter")
    wait_until_saved(page)
    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("billing",)}


def test_the_keys_can_be_switched_off_and_stay_off(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.get_by_role("button", name="keys are on").click()
    press(page, "1", "a", " ")
    assert shown_document(page) == "ticket-0"
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-0]")
    press(page, "1")
    assert shown_document(page) == "ticket-0"
    page.get_by_role("button", name="1 delivery").click()
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")
    page.get_by_role("button", name="keys are off").click()
    press(page, "1")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-2")


def test_a_new_ranking_replaces_what_is_not_yet_seen(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    with store_of(app) as store:
        store.save_batch(Batch("b2", "topic", "margin", 0, (Proposal("ticket-6", 1.0, "it teaches most"),)))
    press(page, "1")
    wait_until_saved(page)
    page.wait_for_timeout(500)
    press(page, "1", "1")  # the next one stood on the card already, then comes the new batch
    assert shown_document(page) in ("ticket-6", "ticket-3")
    wait_until_saved(page)
    order = [annotation.document_id for annotation in app.answers("topic")]
    assert "ticket-6" in [shown_document(page), *order]


def test_two_annotators_never_get_the_same_document(page: Any, app: Any, browser: Any) -> None:
    other = browser.new_page()
    open_question(page, app, "topic")
    app.add_documents(30)
    other.goto(f"{app.url}/annotate?project=tickets&question=topic&annotator=ben")
    other.wait_for_selector(".wb-card[data-document^=more]", timeout=60_000)
    for _ in range(7):
        page.keyboard.press("1")
        other.keyboard.press("2")
    wait_until_saved(page)
    wait_until_saved(other)
    other.close()
    answered = [annotation.document_id for annotation in app.answers("topic")]
    assert len(answered) == 14 == len(set(answered))


def test_what_was_marked_and_written_outlives_a_reload_before_it_is_answered(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    drag(page, "Ana Müller")
    press(page, "1", "f", ".")
    page.keyboard.type("Is that a name?")
    press(page, "Enter")
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-0]")
    expect(page.locator(".wb-tag")).to_have_count(1)
    expect(page.locator("[data-part=flag]")).to_have_text("⚑ flagged")
    press(page, "a")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert (answer.spans, answer.flagged, answer.comment) == (
        (Span(45, 55, "PERSON", "Ana Müller"),),
        True,
        "Is that a name?",
    )


def test_what_is_taken_back_comes_first_after_a_reload_though_the_server_has_not_heard_of_it(
    page: Any, app: Any
) -> None:
    open_question(page, app, "entities")
    drag(page, "Ana Müller")
    press(page, "1", "a")
    wait_until_saved(page)
    page.route("**/labelling/answers", lambda route: route.abort())
    press(page, "Backspace")
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-0]")
    expect(page.locator(".wb-tag")).to_have_count(1)
    expect(page.locator("[data-part=decisions] li")).to_have_count(0)
    page.unroute("**/labelling/answers")
    wait_until_saved(page)
    assert app.answers("entities") == []
    assert shown_document(page) == "ticket-0"


def test_what_was_taken_back_keeps_its_marks_when_the_page_is_loaded_anew(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    drag(page, "Ana Müller")
    press(page, "1", "a")
    wait_until_saved(page)
    press(page, "Backspace")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-0]")
    expect(page.locator(".wb-tag")).to_have_count(1)


def test_backspace_takes_back_the_span_just_marked_before_it_undoes_a_decision(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    press(page, "a", "ArrowRight", "1")
    expect(page.locator(".wb-tag")).to_have_count(1)
    press(page, "Backspace")
    expect(page.locator(".wb-tag")).to_have_count(0)
    assert shown_document(page) == "ticket-1"
    press(page, "Backspace")
    assert shown_document(page) == "ticket-0"


def test_arrows_go_on_from_what_the_mouse_selected(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    drag(page, "since")
    press(page, "ArrowRight")
    assert selected(page) == "Monday"


def test_labels_that_changed_meanwhile_are_taken_over_with_the_next_answer(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    press(page, "1", "2")
    wait_until_saved(page)
    with store_of(app) as store:
        store.change_labels("topic", LabelChange("retire", ("delivery",), ()))
        store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
    press(page, "2")
    expect(page.locator("[data-part=notice]")).to_contain_text("No label any more: delivery, fault")
    expect(page.locator(".wb-labels button")).to_have_text(["1billing", "2defect"])
    wait_until_saved(page)
    for _ in range(6):
        press(page, "1")
        page.wait_for_timeout(200)
    wait_until_saved(page)
    assert "ticket-0" in labels_by_document(app.answers("topic")), "its label was retired: it came again"


def test_a_reopened_decision_is_left_as_it_was_with_escape(page: Any, app: Any) -> None:
    open_question(page, app, "aspects")
    press(page, "1", "Enter", "2", "Enter")
    wait_until_saved(page)
    page.locator("[data-part=decisions] li button").nth(1).click()
    press(page, "3", "Escape")
    expect(page.locator("[data-part=decisions] li em")).to_have_text(["quality", "price"])
    press(page, "Backspace")
    assert shown_document(page) == "ticket-1", "undo takes back the last decision, not the reopened one"
    wait_until_saved(page)
    assert labels_by_document(app.answers("aspects")) == {"ticket-0": ("price",)}


def test_with_nothing_to_label_the_card_says_so_from_the_start(page: Any, app: Any) -> None:
    for n in range(7):
        app.skip(f"ticket-{n}", "topic")
    page.goto(f"{app.url}/annotate?project=tickets&question=topic&annotator=ana")
    expect(page.locator(".wb-text")).to_contain_text("Nothing is left to label", timeout=60_000)
    expect(page.locator(".wb-labels button:visible")).to_have_count(0)
    app.add_documents(1)
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "more-0", timeout=15_000)


def test_the_keys_still_work_after_a_click_beside_the_card(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.mouse.click(640, 780)
    press(page, "1")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-1")
    page.locator("[data-part=why]").click()
    press(page, "1")
    expect(page.locator(".wb-card")).to_have_attribute("data-document", "ticket-2")


def test_a_second_tab_of_the_same_annotator_passes_over_what_the_first_has_answered(
    browser: Any, app: Any
) -> None:
    tabs = browser.new_context()
    page, second = tabs.new_page(), tabs.new_page()
    open_question(page, app, "topic")
    open_question(second, app, "topic")
    page.bring_to_front()
    press(page, "1", "1")
    expect(second.locator(".wb-card")).to_have_attribute("data-document", "ticket-2")
    second.bring_to_front()
    press(second, "2")
    wait_until_saved(page)
    wait_until_saved(second)
    tabs.close()
    assert labels_by_document(app.answers("topic")) == {
        "ticket-0": ("delivery",),
        "ticket-1": ("delivery",),
        "ticket-2": ("billing",),
    }
    assert len(app.history("topic")) == 3


def test_every_one_of_many_labels_is_in_sight_or_below(page: Any, app: Any) -> None:
    more = tuple(f"a_rather_long_name_of_a_label_{n}" for n in range(74))
    with store_of(app) as store:
        store.change_labels("topic", LabelChange("add", (), more))
    open_question(page, app, "topic")
    expect(page.locator(".wb-many button")).to_have_count(77)
    aside = page.evaluate(
        """() => {
            const { right } = document.querySelector(".wb-card").getBoundingClientRect();
            const buttons = [...document.querySelectorAll(".wb-many button")];
            return buttons.filter((one) => one.getBoundingClientRect().right > right).map((one) => one.textContent);
        }"""
    )
    assert aside == [], "columns lie out of sight at the side"
