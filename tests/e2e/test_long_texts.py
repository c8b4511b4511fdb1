"""Spans in long texts: keys that move far, and that move without drawing the text anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import add_documents
from tests.e2e.test_labelling import wait_until_saved
from tests.e2e.test_selections import SELECTIONS
from tests.e2e.test_the_card import press, selected
from workbench.domain.documents import Document

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LINE = "word{0} of the line number {0} and some more of them "
PARAGRAPHS = [
    f"Begin{n} 🫖 {''.join(LINE.format(100 * n + place) for place in range(4 + n % 3))}end{n}."
    for n in range(160)
]
TEXTS = {
    "paragraphs": "\n\n".join(PARAGRAPHS),
    "one line": " ".join(PARAGRAPHS),
    "chinese": "我上个月在北京大学订购了三本书，东西还没有到。" * 2000,
    "short": "\n".join(f"a{n} b{n} c{n}" for n in range(4)),
}
# How often the text is changed from here on.
WATCH = """() => {
  window.changes = 0;
  new MutationObserver((found) => (window.changes += found.length)).observe(
    document.querySelector('.wb-text'), { subtree: true, childList: true, attributes: true, characterData: true });
}"""
# The words of a text found one after the other, forwards and backwards, and those of the whole text.
WORDS = """text => {
  const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
  const words = new card.marking.spans.words.constructor(text);
  const [there, back] = [[], []];
  for (let word = words.from(0); word; word = words.from(word[1])) there.push(word);
  for (let word = words.before(text.length); word; word = words.before(word[0])) back.unshift(word);
  const segments = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)];
  const all = segments.filter(({ segment }) => segment.trim());
  return { there, back, all: all.map(({ index, segment }) => [index, index + segment.length]) };
}"""
MIDDLE = """() => {
  const [range] = CSS.highlights.get('wb-range');
  const [box] = range.getClientRects();
  const frame = document.querySelector('.wb-text').getBoundingClientRect();
  const isSeen = frame.top <= box.top && box.bottom <= frame.bottom;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, isSeen };
}"""


def open_text(page: Any, app: Any, name: str) -> None:
    add_documents(app.home, [Document("long", TEXTS[name])])
    for n in range(7):
        app.skip(f"ticket-{n}", "entities")
    page.goto(f"{app.url}/annotate?project=tickets&question=entities&annotator=ana")
    page.wait_for_selector(".wb-card[data-document=long]", timeout=60_000)


@pytest.mark.parametrize("name", ["paragraphs", "one line", "chinese"])
def test_moving_in_a_long_text_changes_nothing_of_it_and_marking_one_block_of_it(
    page: Any, app: Any, name: str
) -> None:
    open_text(page, app, name)
    page.evaluate(WATCH)
    moves = ["ArrowRight", "Shift+ArrowRight", "Control+ArrowDown", "PageDown", "PageDown", "Shift+ArrowDown"]
    press(page, *moves)
    assert selected(page)
    assert page.evaluate("window.changes") == 0
    press(page, "1")
    assert 0 < page.evaluate("window.changes") < 6
    assert page.locator(".wb-tag").count() == 1
    press(page, "a")
    wait_until_saved(page)
    (span,) = app.answers("entities")[0].spans
    assert TEXTS[name][span.start : span.end] == span.covered


def test_keys_move_by_line_screen_and_paragraph_to_what_is_seen_there(page: Any, app: Any) -> None:
    open_text(page, app, "paragraphs")
    press(page, "ArrowRight", *["ArrowRight"] * 3)
    began = page.evaluate(MIDDLE)
    press(page, "Control+ArrowDown")
    below = page.evaluate(MIDDLE)
    assert below["y"] > began["y"]
    assert abs(below["x"] - began["x"]) < 60
    press(page, "Control+ArrowUp")
    assert page.evaluate(MIDDLE) == began

    press(page, "Control+ArrowRight", "Control+ArrowRight")
    assert selected(page) == "Begin2"
    press(page, "ArrowRight", "ArrowRight", "Control+ArrowLeft")
    assert selected(page) == "Begin2", "the beginning of the paragraph that one is in comes first"
    press(page, "Control+ArrowLeft")
    assert selected(page) == "Begin1"

    press(page, "PageDown", "PageDown", "PageDown")
    assert page.evaluate(MIDDLE)["isSeen"]
    assert page.evaluate("document.querySelector('.wb-text').scrollTop") > 600
    press(page, "PageUp", "PageUp", "PageUp")
    assert selected(page) == "Begin1"


def test_words_found_around_a_place_are_those_of_the_whole_text(page: Any, app: Any) -> None:
    open_text(page, app, "short")
    texts = [text for text, _ in SELECTIONS.values()]
    for text in (
        *texts,
        TEXTS["chinese"][:400],
        " ข้อความภาษาไทยยาวๆ  ไม่มีช่องว่าง \r\n\u3000don't 3.5 a_b\u200b ",
        " \n ",
        "",
    ):
        found = page.evaluate(WORDS, text)
        assert found["there"] == found["back"] == found["all"], text


def test_shift_makes_the_selection_longer_by_lines_and_paragraphs(page: Any, app: Any) -> None:
    open_text(page, app, "short")
    press(page, "ArrowRight", "ArrowRight", "Shift+Control+ArrowDown")
    assert selected(page) == "b0 c0\na1 b1"
    press(page, "Shift+Control+ArrowRight")
    assert selected(page) == "b0 c0\na1 b1 c1\na2"
    press(page, "Shift+Control+ArrowUp", "Shift+Control+ArrowUp", "Shift+Control+ArrowUp")
    assert selected(page) == "b0"


def test_page_keys_and_arrows_with_other_modifiers_are_left_to_the_browser(page: Any, app: Any) -> None:
    open_text(page, app, "short")
    page.evaluate("""() => {
      window.left = [];
      addEventListener('keydown', (event) => window.left.push(event.key));
    }""")
    press(page, "ArrowRight", "PageDown", "Alt+ArrowDown", "Control+Alt+ArrowRight", "Control+1")
    assert page.evaluate("window.left.filter((key) => !/Alt|Control/.test(key))") == [
        "PageDown", "ArrowDown", "ArrowRight", "1",
    ]  # fmt: skip
    assert selected(page) == "a0"
