"""Labelling in a real browser: what was typed is what the store holds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from workbench.domain.spans import Span

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The middle of a character of the shown text, as [x, y] in whole pixels: a fraction makes a drag a click.
PLACE = """([needle, offset]) => {
  const text = document.querySelector('.wb-text');
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let unit = text.textContent.indexOf(needle) + offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (unit < node.length) {
      const range = document.createRange();
      range.setStart(node, unit);
      range.setEnd(node, unit + 1);
      const box = range.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);
    }
    unit -= node.length;
  }
}"""


def open_question(page: Any, app: Any, question: str) -> None:
    page.goto(f"{app.url}/annotate?project=tickets&question={question}&annotator=ana")
    page.wait_for_selector(".wb-card[data-document^=ticket]", timeout=60_000)


def wait_until_saved(page: Any) -> None:
    # While Streamlit draws the page anew there is no card for a moment.
    page.wait_for_function("document.querySelector('[data-part=saved]')?.textContent.includes('all saved')")


def drag(page: Any, words: str) -> None:
    """Select with the mouse from the middle of the first character to that of the last."""
    start = page.evaluate(PLACE, [words, 0])
    end = page.evaluate(PLACE, [words, len(words) - 1])
    page.mouse.move(*start)
    page.mouse.down()
    page.wait_for_timeout(50)  # the browser extends a selection frame by frame
    page.mouse.move(*end, steps=8)
    page.wait_for_timeout(50)
    page.mouse.up()


def shown_document(page: Any) -> str:
    return str(page.locator(".wb-card").get_attribute("data-document"))


def labels_by_document(annotations: list[Any]) -> dict[str, tuple[str, ...]]:
    return {annotation.document_id: annotation.labels for annotation in annotations}


def test_five_documents_labelled_by_key_are_in_the_store_after_a_reload(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    for key in "12313":
        page.keyboard.press(key)
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-5]")

    expected = ["delivery", "billing", "fault", "delivery", "fault"]
    answers = app.answers("topic")
    assert labels_by_document(answers) == {f"ticket-{n}": (label,) for n, label in enumerate(expected)}
    assert {answer.annotator for answer in answers} == {"ana"}
    assert len(app.history("topic")) == 5


def test_spans_by_mouse_and_by_keyboard_have_code_point_offsets(page: Any, app: Any) -> None:
    open_question(page, app, "entities")
    drag(page, "a Müll")  # whole words are taken: Ana Müller
    page.keyboard.press("1")
    for key in ("Escape", "ArrowRight", "ArrowRight", "2"):  # the second word: kettle
        page.keyboard.press(key)
    page.keyboard.press("a")
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(".wb-card[data-document=ticket-1]")

    (answer,) = app.answers("entities")
    assert answer.document_id == "ticket-0"
    assert answer.spans == (Span(4, 10, "PRODUCT", "kettle"), Span(45, 55, "PERSON", "Ana Müller"))


def test_markup_and_emoji_in_a_text_are_shown_as_text(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.keyboard.press("1")
    page.wait_for_selector(".wb-card[data-document=ticket-1]")
    assert page.locator(".wb-text").text_content() == (
        "<script>document.title = 'taken over'</script> & <b>bold</b>"
    )
    assert page.locator(".wb-text b, .wb-text script").count() == 0
    assert page.title() != "taken over"
    page.keyboard.press("1")
    page.keyboard.press("1")
    assert page.locator(".wb-text").text_content() == "👩‍👩‍👧 We love the new lamp, thank you!"


def test_undo_withdraws_the_answer_and_shows_its_document_again(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.keyboard.press("1")
    page.keyboard.press(" ")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert shown_document(page) == "ticket-0"
    page.keyboard.press("2")
    wait_until_saved(page)

    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("billing",)}
    assert [a.status for a in app.history("topic")] == [
        "answered", "skipped", "withdrawn", "withdrawn", "answered",
    ]  # fmt: skip


def test_several_labels_are_put_on_and_off_before_they_are_accepted(page: Any, app: Any) -> None:
    open_question(page, app, "aspects")
    for key in ("3", "1", "2", "2", "Enter"):
        page.keyboard.press(key)
    wait_until_saved(page)
    assert labels_by_document(app.answers("aspects")) == {"ticket-0": ("price", "service")}


def test_answers_typed_while_the_server_is_down_are_saved_once_when_it_is_back(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.keyboard.press("1")
    wait_until_saved(page)
    app.kill()
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.wait_for_selector(".wb-late", timeout=20_000)
    assert "not saved" in str(page.locator("[data-part=saved]").text_content())
    app.start()
    deadline = time.monotonic() + 60
    while len(app.history("topic")) < 3 and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    # A card that was drawn anew after the last receipt has nothing to say, but it must not warn.
    page.wait_for_function(
        """(() => {
          const saved = document.querySelector('[data-part=saved]');
          return saved && !/saving|not saved/.test(saved.textContent);
        })()"""
    )
    assert labels_by_document(app.answers("topic")) == {
        "ticket-0": ("delivery",),
        "ticket-1": ("billing",),
        "ticket-2": ("fault",),
    }
    assert len(app.history("topic")) == 3


def test_answers_left_by_a_closed_tab_are_sent_and_impossible_ones_are_named(page: Any, app: Any) -> None:
    good = {
        "project": "tickets",
        "question": "topic",
        "annotator": "ana",
        "document_id": "ticket-0",
        "status": "answered",
        "labels": ["billing"],
        "spans": [],
        "label_version": 0,
        "seconds": 1,
        "client_id": "left-behind",
    }
    bad = {
        **good,
        "client_id": "impossible",
        "document_id": "ticket-1",
        "labels": ["no label of this question"],
    }
    page.goto(app.url)
    page.evaluate(
        """answers => answers.forEach((answer, place) => localStorage.setItem(
          'workbench-answer-' + answer.client_id, JSON.stringify({ ...answer, place })))""",
        [good, bad],
    )
    open_question(page, app, "topic")
    page.wait_for_function(
        "!Object.keys(localStorage).some(key => key.startsWith('workbench-answer-'))", timeout=20_000
    )
    assert "no label of this question" in str(page.locator("[data-part=notice]").text_content())
    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("billing",)}


def test_the_document_of_a_refused_answer_comes_back_with_the_reason(page: Any, app: Any) -> None:
    open_question(page, app, "topic")
    page.evaluate(
        """[...document.querySelectorAll('*')].find((element) => element.workbenchCard)
           .workbenchCard.card.task.questions[0].labels.push('unheard of')"""
    )
    page.evaluate(
        """(() => {
          const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
          card.marking.pressLabel(card.marking.question, 'unheard of');
        })()"""
    )
    page.wait_for_selector("[data-part=notice]:has-text('unheard of')", timeout=20_000)
    assert shown_document(page) == "ticket-0"
    assert str(page.locator("[data-part=count]").text_content()).startswith("0 of 7")
    page.keyboard.press("2")
    wait_until_saved(page)
    assert labels_by_document(app.answers("topic")) == {"ticket-0": ("billing",)}


def test_a_long_queue_is_filled_up_while_labelling(page: Any, app: Any) -> None:
    app.add_documents(60)
    open_question(page, app, "topic")
    for _ in range(50):
        page.keyboard.press("1")
        page.wait_for_timeout(60)
    wait_until_saved(page)
    answered = [annotation.document_id for annotation in app.answers("topic")]
    assert len(answered) == 50 == len(set(answered)) == len(app.history("topic"))
    assert answered[:3] == ["ticket-0", "ticket-1", "ticket-2"]
