"""Claim: in a text of 50,000 characters a key that moves the selection is painted within 10 ms (median).

The time runs from the keydown event to the frame that shows the selection, in Chromium: with paragraphs, in one
line, and in Chinese. Peer: the browser's own caret, moved word by word in a `<textarea>` with the first of these texts.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import make_project, make_up_texts, open_card, percentiles, served, the_app
from workbench.config import Home
from workbench.domain.questions import Question

CHARACTERS, PRESSES, PAUSE_MS = 50_000, 100, 50
KEYS = (
    "ArrowRight",
    "Shift+ArrowRight",
    "Shift+ArrowDown",
    "Control+ArrowDown",
    "Control+ArrowRight",
    "PageDown",
)
QUESTION = Question("spans", "ner", ("PERSON", "PRODUCT", "DATE"))
# A message that is posted in the frame's own callback comes when that frame has been laid out and painted.
WATCH = """() => {
  window.times = [];
  addEventListener("keydown", (event) => {
    if (event.key === "Shift" || event.key === "Control") return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.times.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, true);
}"""
PEER = """text => {
  document.body.innerHTML = "<textarea style='width: 700px; height: 380px; font-size: 17px'></textarea>";
  const field = document.querySelector("textarea");
  field.value = text;
  field.focus();
  field.setSelectionRange(0, 0);
}"""


def make_up_long_texts() -> dict[str, str]:
    """Return texts of 50,000 characters: in paragraphs, in one line, and without spaces."""
    sentences = make_up_texts(600)
    paragraphs = ["; ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    texts = {
        "paragraphs": "\n\n".join(paragraphs),
        "one line": "; ".join(sentences),
        "chinese": "我上个月在北京大学订购了三本书，东西还没有到。" * 2500,
    }
    return {name: text[:CHARACTERS] for name, text in texts.items()}


def press(page: Any, key: str, n: int) -> list[float]:
    """Press a key n times and return the times."""
    page.evaluate("window.times.length = 0")
    for _ in range(n):
        page.keyboard.press(key)
        page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(300)
    return [float(time) for time in page.evaluate("window.times")]


def measure(page: Any, name: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Press the keys in turn and return a row for each; the very first press stands alone."""
    page.bring_to_front()
    page.evaluate(WATCH)
    (first,) = press(page, keys[0], 1)
    rows = []
    for key in keys:
        times = press(page, key, PRESSES)
        rows.append(
            {"text": name, "key": key, "presses": len(times), **percentiles(times), "first ms": first}
        )
    return rows


def main() -> None:
    """Move through each text and write the percentiles."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    texts = make_up_long_texts()
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        home = Home(Path(folder))
        for name, text in texts.items():
            make_project(home, name.replace(" ", "-"), [QUESTION], [text])
        with served(the_app(), home.root) as ours, open_chromium() as browser:
            plain = browser.new_page(viewport={"width": 1280, "height": 800})
            plain.evaluate(PEER, texts["paragraphs"])
            rows = measure(plain, "textarea", ("Control+ArrowRight", "Control+Shift+ArrowRight"))
            plain.close()
            for name in texts:
                page = open_card(browser, ours.url, name.replace(" ", "-"), QUESTION.name, "ana")
                rows += measure(page, name, KEYS)
                page.close()
    p50s = [float(np.round(row["p50 ms"], 1)) for row in rows if row["text"] != "textarea"]
    write_result("card_long_text", rows, highest_p50_ms=max(p50s), characters=CHARACTERS)


if __name__ == "__main__":
    main()
