"""Typed fast, or with a server that dies: every answer arrives once, for the document that was on the screen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.e2e.test_labelling import open_question, wait_until_saved

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LABELS = ("delivery", "billing", "fault")
# What is on the screen at each key, and which answers the server acknowledged.
LISTEN = """() => {
  const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
  window.typed = [];
  window.acknowledged = [];
  addEventListener('keydown', (event) => {
    const shown = document.querySelector('.wb-card').dataset.document;
    if (shown) window.typed.push([shown, Number(event.key)]);
  }, true);
  const settle = card.outbox.settle.bind(card.outbox);
  card.outbox.settle = (receipt) => { window.acknowledged.push(...receipt.saved); return settle(receipt); };
  window.left = () => card.outbox.waiting.length;
}"""


def type_labels(page: Any, n: int, pause: int) -> None:
    for place in range(n):
        page.keyboard.press(str(1 + place % len(LABELS)))
        page.wait_for_timeout(pause)


def test_eighty_labels_typed_at_twenty_a_second_are_saved_for_what_was_on_the_screen(
    page: Any, app: Any
) -> None:
    app.add_documents(120)
    open_question(page, app, "topic")
    page.evaluate(LISTEN)
    type_labels(page, 80, pause=50)
    wait_until_saved(page)
    saved = [(a.document_id, a.labels[0]) for a in app.history("topic")]
    typed = [(document, LABELS[key - 1]) for document, key in page.evaluate("window.typed")]
    assert saved == typed
    assert len(saved) == 80 == len({document for document, _ in saved})


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_while_labelling(page: Any, app: Any) -> None:
    app.add_documents(200)
    open_question(page, app, "topic")
    page.evaluate(LISTEN)
    for _ in range(4):
        type_labels(page, 8, pause=60)
        app.kill()
        type_labels(page, 4, pause=60)
        app.start()
    type_labels(page, 4, pause=60)
    page.wait_for_function("window.left() === 0", timeout=60_000)
    stored = Counter(annotation.client_id for annotation in app.history("topic"))
    assert set(page.evaluate("window.acknowledged")) <= set(stored)
    assert set(stored.values()) == {1}
    assert len(stored) == len(page.evaluate("window.typed"))


def test_labelling_goes_on_for_as_long_as_the_server_is_away(page: Any, app: Any) -> None:
    app.add_documents(30)
    open_question(page, app, "topic")
    app.kill()
    for _ in range(12):  # Streamlit would put a dialog over the page after some seconds
        page.wait_for_timeout(1000)
        page.keyboard.press("2")
    assert page.locator("[role=dialog]").count() == 0
    assert "not saved" in str(page.locator("[data-part=saved]").text_content())
    app.start()
    page.wait_for_function(
        "!Object.keys(localStorage).some(key => key.startsWith('workbench-answer-'))", timeout=60_000
    )
    assert len(app.history("topic")) == 12


def test_answers_of_another_annotator_in_the_same_browser_wait_for_their_own_name(
    page: Any, app: Any
) -> None:
    left = {
        "project": "tickets",
        "question": "topic",
        "annotator": "ben",
        "document_id": "ticket-3",
        "status": "answered",
        "labels": ["fault"],
        "spans": [],
        "label_version": 0,
        "seconds": 1,
        "client_id": "of-ben",
        "place": 1,
    }
    page.goto(app.url)
    page.evaluate("answer => localStorage.setItem('workbench-answer-of-ben', JSON.stringify(answer))", left)
    open_question(page, app, "topic")
    page.keyboard.press("1")
    wait_until_saved(page)
    assert [a.annotator for a in app.history("topic")] == ["ana"]
    page.goto(f"{app.url}/annotate?project=tickets&question=topic&annotator=ben")
    page.wait_for_function("localStorage.getItem('workbench-answer-of-ben') === null", timeout=60_000)
    assert [(a.annotator, a.document_id) for a in app.history("topic")][1:] == [("ben", "ticket-3")]
