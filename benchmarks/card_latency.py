"""Claim: a key shows the next document within 12 ms (median) and 30 ms (99 %), with 4 and 77 labels and spans.

The time runs from the keydown event to the frame that shows the next document, in Chromium. Peer: a plain
Streamlit page with four `st.button(shortcut=)`, pressed in turn with the card, same options, same run.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import make_project, make_up_texts, open_card, percentiles, plain_page, served, the_app
from workbench.config import Home
from workbench.domain.questions import Question

PRESSES, ROUNDS, PAUSE_MS = 100, 3, 90
QUESTIONS = (
    Question("four", "textcat", ("delivery", "billing", "fault", "other")),
    Question("many", "textcat", tuple(f"intent number {n:02}" for n in range(77))),
    Question("spans", "ner", ("PERSON", "PRODUCT", "DATE")),
)
KEYS = {"four": ["1"], "many": ["3"], "spans": ["a"]}
PEER = """
import streamlit as st
texts = {texts!r}
st.session_state.setdefault("place", 0)
st.session_state.setdefault("answers", [])

def answer(label):
    st.session_state.answers.append((st.session_state.place, label))
    st.session_state.place += 1

place = st.session_state.place
st.html(f'<p id="document" data-document="{{place}}">{{texts[place]}}</p>')
for key, label in enumerate(("delivery", "billing", "fault", "other"), start=1):
    st.button(label, shortcut=str(key), on_click=answer, args=(label,))
"""
# A message that is posted in the frame's own callback comes when that frame has been laid out and painted.
WATCH = """selector => {
  window.times = [];
  let pressed = 0, before = document.querySelector(selector).dataset.document;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => {
    const now = document.querySelector(selector)?.dataset.document;
    if (!now || now === before || !pressed) return;
    const start = pressed;
    [before, pressed] = [now, 0];
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.times.push(performance.now() - start);
      channel.port2.postMessage(0);
    });
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-document"] });
}"""


def press(page: Any, keys: list[str], n: int, pause: int) -> list[float]:
    """Press keys n times, one document each, and return the times; the first three are not counted."""
    page.bring_to_front()
    page.evaluate("window.times.length = 0")
    for _ in range(n + 3):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(pause)
    page.wait_for_timeout(500)
    return [float(time) for time in page.evaluate("window.times")][3:]


def main() -> None:
    """Press keys on all pages in turn and write the percentiles."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        home = Home(Path(folder))
        texts = make_up_texts(1000)
        make_project(home, "texts", QUESTIONS, texts)
        peer = home.root / "peer.py"
        peer.write_text(PEER.format(texts=texts), encoding="utf-8")
        times: dict[str, list[float]] = {"st.button": [], **{question.name: [] for question in QUESTIONS}}
        with (
            served(the_app(), home.root) as ours,
            served(plain_page(peer), home.root) as theirs,
            open_chromium() as browser,
        ):
            pages = {q.name: open_card(browser, ours.url, "texts", q.name, "ana") for q in QUESTIONS}
            pages["st.button"] = browser.new_page(viewport={"width": 1280, "height": 800})
            pages["st.button"].goto(theirs.url)
            pages["st.button"].wait_for_selector("#document", timeout=60_000)
            pages["st.button"].wait_for_timeout(1000)
            for name, page in pages.items():
                page.evaluate(WATCH, "#document" if name == "st.button" else ".wb-card")
            for _ in range(ROUNDS):
                for name, page in pages.items():
                    pause = PAUSE_MS if name != "st.button" else 3 * PAUSE_MS  # or it loses presses
                    times[name] += press(page, KEYS.get(name, ["1"]), PRESSES, pause)
    rows: list[dict[str, Any]] = [
        {"page": name, "presses": len(found), **percentiles(found)} for name, found in times.items()
    ]
    peer_p50 = rows[0]["p50 ms"]
    for row in rows:
        row["of st.button"] = row["p50 ms"] / peer_p50
    write_result("card_latency", rows, limits="p50 12 ms, p99 30 ms")


if __name__ == "__main__":
    main()
