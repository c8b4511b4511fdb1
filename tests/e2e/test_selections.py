"""What is selected with the mouse is what is stored, in every script: `text[start:end]` is the selection."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import add_documents
from tests.e2e.test_labelling import wait_until_saved
from workbench.domain.documents import Document

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Digits run to the right in a text that runs to the left: between the two, the browser chooses the side.
MIXED = "12 مايو"
# Each text with what is selected in it, one after the other.
SELECTIONS = {
    "emoji": (
        "New 🫖 kettles for 𝔘niversity of Zürich 🇨🇭 and Bern",
        ("🫖", "𝔘niversity of Zürich", "🇨🇭", "Zürich 🇨🇭 and"),
    ),
    "family": ("Tickets for 👩‍👩‍👧 and 🧑🏽‍🚀, please 👍🏿!", ("👩‍👩‍👧", "🧑🏽‍🚀", "👍🏿")),
    "chinese": ("我上个月在北京大学订购了三本书。", ("北京大学", "三本书")),
    "japanese": ("東京タワーの近くの店で買いました。", ("東京タワー", "店")),
    "arabic": (
        "يعمل محمد بن سلمان في المملكة العربية السعودية منذ 12 مايو",
        ("محمد بن سلمان", "المملكة العربية السعودية", "العربية", MIXED),
    ),
    "hebrew": ("דוד כהן עובד ב Google בתל אביב", ("דוד כהן", "Google", "תל אביב")),
    "combining": (
        "Cafe\u0301 de Flore and A\u030angstro\u0308m Ltd, nai\u0308ve",
        ("Cafe\u0301 de Flore", "A\u030angstro\u0308m Ltd", "nai\u0308ve"),
    ),
    "hindi": ("मेरा पार्सल दिल्ली से मुंबई नहीं पहुँचा।", ("दिल्ली", "मुंबई")),
    "lines": ("First line\r\nAna Müller\n\n  Second 🫖 block\twith a tab", ("Ana Müller", "Second 🫖 block")),
}

# The box of the first and the last grapheme of a piece of the shown text, as [left, top, width, height].
BOXES = """piece => {
  const text = document.querySelector('.wb-text');
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let whole = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push([whole.length, node]);
    whole += node.data;
  }
  const at = (unit) => nodes.findLast(([start]) => start <= unit);
  const boxOf = (start, end) => {
    const range = document.createRange();
    range.setStart(at(start)[1], start - at(start)[0]);
    range.setEnd(at(end - 1)[1], end - at(end - 1)[0]);
    const { x, y, width, height } = range.getBoundingClientRect();
    return [x, y, width, height];
  };
  const begin = whole.indexOf(piece);
  const parts = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(piece)];
  const last = parts.at(-1);
  return {
    first: boxOf(begin, begin + parts[0].segment.length),
    last: boxOf(begin + last.index, begin + piece.length),
  };
}"""
# Note what the browser says is selected, before the card takes it.
LISTEN = """() => {
  window.selected = [];
  addEventListener('mouseup', () => window.selected.push(getSelection().toString()), true);
}"""
# What Firefox is like before its version 140.
CANNOT_PAINT = "delete CSS.highlights; delete window.Highlight"
SELECTED = "getSelection().toString()"
RIGHT_TO_LEFT = ("\u0590", "\u08ff")  # the first and the last character of Hebrew and Arabic


def select(page: Any, piece: str) -> None:
    """Drag with the mouse from the beginning of the first grapheme to the end of the last."""
    boxes = page.evaluate(BOXES, piece)
    reads_leftwards = RIGHT_TO_LEFT[0] <= piece[0] <= RIGHT_TO_LEFT[1]
    (x1, y1, w1, h1), (x2, y2, w2, h2) = boxes["first"], boxes["last"]
    begin, end = (0.8, 0.2) if reads_leftwards else (0.2, 0.8)
    page.keyboard.down("Shift")  # characters, not whole words: the places are those of the mouse
    page.mouse.move(x1 + w1 * begin, y1 + h1 / 2)
    page.mouse.down()
    page.mouse.move(x2 + w2 * 0.5, y2 + h2 / 2, steps=6)
    page.mouse.move(x2 + w2 * end, y2 + h2 / 2, steps=6)
    page.wait_for_timeout(50)
    page.mouse.up()
    page.keyboard.up("Shift")


def open_text(page: Any, app: Any, script: str) -> tuple[str, tuple[str, ...]]:
    """Open the card with the text of a script, and return it with what is to be selected in it."""
    text, pieces = SELECTIONS[script]
    add_documents(app.home, [Document(f"in-{script}", text)])
    for n in range(7):
        app.skip(f"ticket-{n}", "entities")
    page.goto(f"{app.url}/annotate?project=tickets&question=entities&annotator=ana")
    page.wait_for_selector(f".wb-card[data-document=in-{script}]", timeout=60_000)
    return text, pieces


@pytest.mark.parametrize("script", SELECTIONS)
def test_what_the_mouse_selects_is_what_is_stored(page: Any, app: Any, script: str) -> None:
    text, pieces = open_text(page, app, script)
    page.evaluate(LISTEN)
    for place, piece in enumerate(pieces):
        select(page, piece)
        page.keyboard.press(str(1 + place % 3))
    page.keyboard.press("a")
    wait_until_saved(page)

    (answer,) = app.answers("entities")
    assert all(text[span.start : span.end] == span.covered for span in answer.spans)
    covered = {span.covered for span in answer.spans}
    assert covered == {selected.strip() for selected in page.evaluate("window.selected")}
    assert covered >= set(pieces) - {MIXED}
    assert len(covered) == len(pieces)


def test_a_browser_that_cannot_paint_a_range_shows_it_as_selected(page: Any, app: Any) -> None:
    page.add_init_script(CANNOT_PAINT)
    open_text(page, app, "emoji")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(SELECTED) == "New"
    page.keyboard.press("1")
    assert page.evaluate(SELECTED) == ""

    select(page, "ettl")  # a piece of a word, which a click must not widen
    assert page.evaluate(SELECTED) == "ettl"
    page.locator(".wb-labels button").nth(1).click()
    assert page.evaluate(SELECTED) == ""
    page.keyboard.press("a")
    wait_until_saved(page)
    (answer,) = app.answers("entities")
    assert [(span.covered, span.label) for span in answer.spans] == [("New", "PERSON"), ("ettl", "PRODUCT")]


def test_such_a_selection_outlives_a_click_on_it(page: Any, app: Any) -> None:
    page.add_init_script(CANNOT_PAINT)
    open_text(page, app, "emoji")
    select(page, "ettl")
    x, y, width, height = page.evaluate(BOXES, "ettl")["last"]
    page.mouse.click(x + width / 2, y + height / 2)
    page.wait_for_timeout(50)
    assert page.evaluate(SELECTED) == "ettl"
