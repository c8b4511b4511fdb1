"""A session that ends while somebody labels, and a computer that several annotators share."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_labelling import labels_by_document, open_question, wait_until_saved
from tests.e2e.test_people import people, sign_in
from tests.e2e.test_the_card import press

__all__ = ["people"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
CARD = "/annotate?project=tickets&question=topic"
LEFT = """answers => answers.forEach((answer, place) => localStorage.setItem(
  'workbench-answer-' + answer.client_id, JSON.stringify({ ...answer, place })))"""
STORED = "Object.keys(localStorage).filter((key) => key.startsWith('workbench-answer-')).sort()"
ANSWER = {
    "project": "tickets",
    "question": "topic",
    "status": "answered",
    "labels": ["fault"],
    "spans": [],
    "label_version": 0,
    "seconds": 1,
}
# Two answers wait when another name takes over the card; note whose answers are sent from then on.
TAKE_OVER = """() => {
  const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
  window.sent = [];
  card.outbox.send = (answers) => {
    window.sent.push(...answers.map(({ annotator }) => annotator));
    return { saved: answers.map((one) => one.client_id), refused: [], ranking: card.queue.ranking, questions: null };
  };
  const documents = ['ticket-5', 'ticket-6'].map((id) => (
    { id, text: id, asked: ['topic'], reasons: {}, suggestions: {} }));
  const queue = { documents, decisions: [], ranking: card.queue.ranking, ranked: {},
    n_answered: 0, n_pool: 7 };
  card.update({ task: { ...card.task, annotator: 'ben' }, queue });
}"""
AWAY = """() => {
  const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
  card.outbox.send = () => { throw new Error('away'); };
}"""


def sign_out_on_the_server(context: Any) -> None:
    """Let the session end, as after 14 days: the page that is open does not know."""
    context.clear_cookies()


@pytest.fixture
def tabs(browser: Any) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def open_card(page: Any, app: Any, name: str) -> None:
    page.goto(app.url + CARD)
    sign_in(page, name)
    page.wait_for_selector(".wb-card[data-document]", timeout=60_000)  # empty when all lie with somebody else


def test_answers_of_somebody_else_wait_and_are_told_while_ones_own_are_sent(tabs: Any, people: Any) -> None:
    page = tabs.new_page()
    page.goto(people.url)
    left = [
        {**ANSWER, "annotator": "Ana", "document_id": f"ticket-{n}", "client_id": f"of-ana-{n}"}
        for n in (3, 4, 5)
    ]
    own = {**ANSWER, "annotator": "ben", "document_id": "ticket-6", "client_id": "of-ben"}
    page.evaluate(LEFT, [*left, own])
    open_card(page, people, "ben")
    expect(page.locator("[data-part=others]")).to_have_text(
        "3 answers of Ana wait on this computer; they are sent when Ana labels here again."
    )
    press(page, "1")
    wait_until_saved(page)
    page.wait_for_function(f"{STORED}.length === 3", timeout=20_000)
    assert page.evaluate(STORED) == [f"workbench-answer-of-ana-{n}" for n in (3, 4, 5)]
    assert {answer.annotator for answer in people.history("topic")} == {"ben"}

    sign_out_on_the_server(tabs)
    open_card(page, people, "Ana")
    page.wait_for_function(f"{STORED}.length === 0", timeout=20_000)
    expect(page.locator("[data-part=others]")).to_be_hidden()
    of_ana = [answer for answer in people.history("topic") if answer.annotator == "Ana"]
    assert {answer.document_id for answer in of_ana} == {"ticket-3", "ticket-4", "ticket-5"}


def test_a_card_that_another_name_takes_over_sends_that_name_only(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.evaluate(AWAY)
    press(page, "1", "2")
    page.evaluate(TAKE_OVER)
    expect(page.locator("[data-part=others]")).to_contain_text("2 answers of ana wait")
    press(page, "3")
    wait_until_saved(page)
    page.wait_for_timeout(2000)
    assert page.evaluate("window.sent") == ["ben"]
    assert len(page.evaluate(STORED)) == 2


def test_a_page_whose_session_ended_asks_to_sign_in_and_goes_on_by_itself(tabs: Any, people: Any) -> None:
    page = tabs.new_page()
    open_card(page, people, "ben")
    press(page, "1")
    wait_until_saved(page)
    page.evaluate("window.isSamePage = true")
    sign_out_on_the_server(tabs)
    press(page, "2", "3")
    link = page.get_by_role("link", name="Sign in again")
    expect(link).to_be_visible(timeout=20_000)
    press(page, "2")  # labelling goes on meanwhile
    assert len(people.history("topic")) == 1
    assert len(page.evaluate(STORED)) == 3
    with tabs.expect_page() as opened:
        link.click()
    sign_in(opened.value, "ben")
    opened.value.wait_for_url("**/annotate?**")
    page.bring_to_front()
    page.wait_for_function("document.querySelector('[data-part=session]').hidden", timeout=20_000)
    page.wait_for_function(f"{STORED}.length === 0", timeout=20_000)
    assert page.evaluate("window.isSamePage")
    assert labels_by_document(people.answers("topic")) == {
        "ticket-0": ("delivery",), "ticket-1": ("billing",), "ticket-2": ("fault",), "ticket-3": ("billing",),
    }  # fmt: skip
    assert len(people.history("topic")) == 4


def test_nothing_goes_out_under_the_name_of_whoever_signed_in_meanwhile(tabs: Any, people: Any) -> None:
    page = tabs.new_page()
    open_card(page, people, "ben")
    sign_out_on_the_server(tabs)
    press(page, "1", "2")
    other = tabs.new_page()
    open_card(other, people, "cy")
    expect(other.locator("[data-part=others]")).to_contain_text("2 answers of ben wait on this computer")
    page.bring_to_front()
    # Streamlit connects again as cy, or the card finds out by itself that ben is not signed in.
    page.wait_for_function(
        "/cy/.test([...document.querySelectorAll('.wb-notice')].map((one) => one.textContent).join()) "
        "|| /of ben wait/.test(document.querySelector('[data-part=others]').textContent)",
        timeout=40_000,
    )
    page.wait_for_timeout(3000)
    assert people.history("topic") == []
    assert len(page.evaluate(STORED)) == 2
