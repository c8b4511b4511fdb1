"""A document of which only some words are asked: greyed text, marking inside only, and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.test_accessibility import RULES
from tests.e2e.test_labelling import drag, open_question, wait_until_saved
from tests.e2e.test_the_card import press, store_of
from workbench.domain.runs import Batch, Proposal
from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.store.suggestions import Suggestions

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The kettle 🫖 leaks since Monday. I bought it at Ana Müller a new …
SCOPE = ((13, 31), (45, 55))  # leaks since Monday | Ana Müller
MONDAY, ANA, KETTLE = Span(25, 31, "DATE", "Monday"), Span(45, 55, "PERSON", "Ana Müller"), (4, 10)


@pytest.fixture
def asked(app: Any) -> Any:
    """The served project; of its first document some words are asked, and a model has a say."""
    said = (Span(*KETTLE, "PRODUCT", "kettle"), ANA)
    with store_of(app) as store:
        proposals = (Proposal("ticket-0", 0.5, "doubt", SCOPE), Proposal("ticket-2", 0.4, "doubt"))
        store.save_batch(Batch("b1", "entities", "mnlp", 0, proposals))
        Suggestions(store).replace(
            "entities", [Suggestion("ticket-0", "ner-run", 0, spans=said, sureness=(0.8, 0.9))]
        )
    return app


def test_only_the_words_that_are_asked_can_be_marked_and_the_answer_says_so(page: Any, asked: Any) -> None:
    open_question(page, asked, "entities")
    shown = page.locator(".wb-greyed").all_text_contents()
    assert "".join(shown).startswith("The kettle 🫖 ")
    assert not any("Monday" in piece or "Ana" in piece for piece in shown)
    expect(page.locator("[data-part=scope]")).to_contain_text("Only the words that are not greyed are asked")
    expect(page.locator(".wb-tag")).to_have_attribute("data-label", "PERSON 90 %")  # and no kettle
    drag(page, "kettle")
    press(page, "2")
    expect(page.locator("[data-part=notice]")).to_contain_text("This is not asked")
    press(page, "Escape", "ArrowRight", "ArrowRight", "ArrowRight", "3")  # the keys pass over what is greyed
    press(page, "a")
    wait_until_saved(page)
    (answer,) = asked.answers("entities")
    assert (answer.scope, answer.spans) == (SCOPE, (MONDAY, ANA))
    expect(page.locator("[data-part=scope]")).to_be_hidden()  # of the next document all is asked
    assert page.locator(".wb-greyed").count() == 0


def test_a_selection_that_reaches_beyond_is_cut_and_a_notice_says_so(page: Any, asked: Any) -> None:
    open_question(page, asked, "entities")
    drag(page, "kettle 🫖 leaks since Monday")
    press(page, "3")
    expect(page.locator("[data-part=notice]")).to_contain_text("greyed words were left out")
    press(page, "a")
    wait_until_saved(page)
    (answer,) = asked.answers("entities")
    assert answer.spans == (Span(13, 31, "DATE", "leaks since Monday"), ANA)


def test_all_of_a_text_can_be_marked_instead_and_then_no_word_is_unknown(page: Any, asked: Any) -> None:
    open_question(page, asked, "entities")
    page.get_by_role("button", name="Mark all of it").click()
    assert page.locator(".wb-greyed").count() == 0
    expect(page.locator(".wb-tag")).to_have_count(2)  # the model's kettle is there to be accepted
    press(page, "a")
    wait_until_saved(page)
    (answer,) = asked.answers("entities")
    assert (answer.scope, answer.spans) == (None, (Span(*KETTLE, "PRODUCT", "kettle"), ANA))


def test_back_to_the_asked_words_only_while_nothing_is_marked_outside(page: Any, asked: Any) -> None:
    open_question(page, asked, "entities")
    press(page, "*")
    drag(page, "kettle")
    press(page, "2", "*")
    expect(page.locator("[data-part=notice]")).to_contain_text("delete it first")
    assert page.locator(".wb-greyed").count() == 0
    press(page, "Backspace", "*", "a")
    wait_until_saved(page)
    (answer,) = asked.answers("entities")
    assert (answer.scope, answer.spans) == (SCOPE, (ANA,))


def test_a_decision_that_is_changed_later_stays_about_the_same_words(page: Any, asked: Any) -> None:
    open_question(page, asked, "entities")
    press(page, "a")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-2]")
    page.locator("[data-part=decisions] button").first.click()
    assert page.locator(".wb-greyed").count() > 0
    press(page, "ArrowRight", "ArrowRight", "ArrowRight", "3", "a")
    wait_until_saved(page)
    page.wait_for_function("document.querySelector('[data-part=decisions]').textContent.includes('2 spans')")
    assert [(a.scope, a.spans) for a in asked.answers("entities")] == [(SCOPE, (MONDAY, ANA))]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_greyed_can_be_read_in_both_themes(browser: Any, asked: Any, theme: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    open_question(page, asked, "entities")
    page.wait_for_timeout(1500)  # the parts of a page fade in
    result = Axe().run(page, options=RULES).response
    looks = page.evaluate(
        "[...document.querySelectorAll('.wb-text, .wb-greyed')].map((found) => getComputedStyle(found).color)"
    )
    page.close()
    assert len(set(looks)) == 2  # greyed text does not look like the rest
    assert not [rule["help"] for rule in result["violations"]]
    checked = [rule for rule in result["passes"] if rule["id"] == "color-contrast"]
    assert any("wb-greyed" in node["html"] for node in checked[0]["nodes"])
