"""Claim: of 200 labels typed at 20 keys a second, 200 are saved, each for the document that was on the screen.

Peer: a plain Streamlit page with `st.button(shortcut=)`, typed at as fast in the same run; it keeps what it
would have saved in a file, with the document that it had on the screen at the key.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import make_project, make_up_texts, open_card, plain_page, served, the_app
from workbench.config import Home
from workbench.domain.questions import Question
from workbench.usecases.project import open_project

KEYS, PAUSE_MS = 200, 50
LABELS = ("delivery", "billing", "fault", "other")
PEER = """
import json
import streamlit as st
texts = {texts!r}
st.session_state.setdefault("place", 0)

def answer(label):
    with open({saved!r}, "a") as file:
        file.write(json.dumps([f"document-{{st.session_state.place}}", label]) + "\\n")
    st.session_state.place += 1

place = st.session_state.place
st.html(f'<p class="shown" data-document="document-{{place}}">{{texts[place]}}</p>')
for key, label in enumerate({labels!r}, start=1):
    st.button(label, shortcut=str(key), on_click=answer, args=(label,))
"""
WATCH = """selector => {
  window.typed = [];
  addEventListener("keydown", (event) => {
    window.typed.push([document.querySelector(selector)?.dataset.document, Number(event.key)]);
  }, true);
}"""


def type_fast(page: Any, selector: str) -> list[list[str]]:
    """Type the labels in turn and return the pairs of document on the screen and label."""
    page.evaluate(WATCH, selector)
    for place in range(KEYS):
        page.keyboard.press(str(1 + place % len(LABELS)))
        page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(5000)
    return [[document, LABELS[key - 1]] for document, key in page.evaluate("window.typed")]


def compared(typed: list[list[str]], saved: list[list[str]]) -> dict[str, int]:
    """Count what was saved, and saved for another document or with another label than was typed."""
    wrong = sum(one not in typed for one in saved)
    return {"typed": len(typed), "saved": len(saved), "right": len(saved) - wrong, "wrong": wrong}


def main() -> None:
    """Type on both pages and write the counts."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        home = Home(Path(folder))
        texts = make_up_texts(1000)
        make_project(home, "texts", [Question("topic", "textcat", LABELS)], texts)
        peer, kept = home.root / "peer.py", home.root / "saved.jsonl"
        peer.write_text(PEER.format(texts=texts, saved=str(kept), labels=LABELS), encoding="utf-8")
        kept.touch()
        with (
            served(the_app(), home.root) as ours,
            served(plain_page(peer), home.root) as theirs,
            open_chromium() as browser,
        ):
            page = open_card(browser, ours.url, "texts", "topic", "ana")
            typed = type_fast(page, ".wb-card")
            page.close()
            plain = browser.new_page(viewport={"width": 1280, "height": 800})
            plain.goto(theirs.url)
            plain.wait_for_selector(".shown", timeout=60_000)
            plain.wait_for_timeout(1000)
            typed_there = type_fast(plain, ".shown")
        with open_project(home, "texts") as project:
            saved = [[a.document_id, a.labels[0]] for a in project.store.annotations("topic")]
        saved_there = [json.loads(line) for line in kept.read_text().splitlines()]
    rows = [
        {"page": "card", **compared(typed, saved)},
        {"page": "st.button", **compared(typed_there, saved_there)},
    ]
    write_result("card_typing", rows, keys_per_second=1000 / PAUSE_MS)


if __name__ == "__main__":
    main()
