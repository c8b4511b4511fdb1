"""Claim: with ten annotators and a training running, 95 % of answers are saved within 120 ms of the key.

One annotator works in Chromium; the time runs from the keydown event to the word "saved" on the card. The nine
others are simulated: clients without a browser that send the card's own requests, an answer a second each.
The training is the learner `bert` as a job of the project's worker. Peer: the same measurement with neither.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import make_project, make_up_texts, open_card, percentiles, served, the_app
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.questions import Question
from workbench.store.jobs import Jobs
from workbench.ui.gate import TOKEN_HEADER
from workbench.usecases.ask_for_work import ask_for, call_off
from workbench.usecases.keep_worker import start_worker
from workbench.usecases.project import open_project

PRESSES, PAUSE_MS, OTHERS = 100, 500, 9
LABELS = ("delivery", "billing", "fault", "other")
TOPIC = Question("topic", "textcat", LABELS)
WATCH = """() => {
  window.times = [];
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!pressed || !document.querySelector("[data-part=saved]")?.textContent.includes("all saved")) return;
    window.times.push(performance.now() - pressed);
    pressed = 0;
  }).observe(document.querySelector("[data-part=saved]"), { childList: true, characterData: true, subtree: true });
}"""

TOKEN = "[...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard.card.task.token"


class Annotator(threading.Thread):
    """Somebody who answers a document a second, by the requests of the card."""

    def __init__(self, url: str, token: str, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.token, self.annotator, self.stop = url, token, name, stop
        self.n_saved = 0

    def run(self) -> None:
        """Answer until the stop."""
        waiting: list[str] = []
        while not self.stop.wait(1.0):
            if len(waiting) < 10:
                waiting = [document["id"] for document in self.post("next", showing=waiting[:2])["documents"]]
            answer = {
                "client_id": uuid4().hex, "project": "texts", "question": "topic", "annotator": self.annotator,
                "document_id": waiting.pop(0), "status": "answered", "labels": ["fault"], "spans": [],
                "label_version": 0, "seconds": 1.0,
            }  # fmt: skip
            self.n_saved += len(self.post("answers", answers=[answer])["saved"])

    def post(self, verb: str, **body: Any) -> Any:
        """Send a request of the card and return the reply."""
        task = {"project": "texts", "questions": ["topic"], "annotator": self.annotator}
        request = urllib.request.Request(
            f"{self.url}/wb/labelling/{verb}",
            json.dumps({"task": task, **body}).encode(),
            {"Content-Type": "application/json", TOKEN_HEADER: self.token},
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)


@contextmanager
def company(home: Home, url: str, token: str) -> Iterator[list[Annotator]]:
    """Keep nine annotators and a training busy as long as the block lasts."""
    stop = threading.Event()
    others = [Annotator(url, token, f"annotator-{n}", stop) for n in range(OTHERS)]
    with open_project(home, "texts") as project:
        job = ask_for(project, "train", {"question": "topic", "learner": "bert", "config": {"epochs": 50}})
        start_worker(project)
        while Jobs(project.store).get(job.id).done == 0:
            time.sleep(0.5)
        for other in others:
            other.start()
        try:
            yield others
            state = Jobs(project.store).get(job.id).state
            assert state == "running", f"the training is {state}: nothing was measured beside it"
            assert all(other.is_alive() for other in others), "an annotator gave up"
        finally:
            stop.set()
            with suppress(Exception):
                call_off(project, job.id)
            for other in others:
                other.join(10)


def press(page: Any, n: int) -> list[float]:
    """Answer n documents and return the milliseconds until each was saved."""
    page.evaluate("window.times.length = 0")
    for place in range(n):
        page.keyboard.press(str(1 + place % len(LABELS)))
        page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(2000)
    times = [float(time) for time in page.evaluate("window.times")]
    assert len(times) == n, f"{len(times)} of {n} answers were saved one by one"
    return times


def main() -> None:
    """Measure alone and in company, and write the percentiles."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        home = Home(Path(folder))
        make_project(home, "texts", [TOPIC], make_up_texts(3000))
        with open_project(home, "texts") as project:
            answered = [
                Annotation(uuid4().hex, f"document-{2999 - n}", "topic", "ben", (LABELS[n % 4],))
                for n in range(200)
            ]
            project.store.record(answered)
        with served(the_app(), home.root) as app, open_chromium() as browser:
            page = open_card(browser, app.url, "texts", "topic", "ana")
            page.evaluate(WATCH)
            times = {"alone": press(page, PRESSES)}
            token = page.evaluate(TOKEN)
            with company(home, app.url, token) as others:
                times["nine others and a training"] = press(page, PRESSES)
            n_others = sum(other.n_saved for other in others)
    rows = [{"with": name, "answers": len(found), **percentiles(found)} for name, found in times.items()]
    write_result("card_saving", rows, answers_of_the_others=n_others, limit="p95 120 ms")


if __name__ == "__main__":
    main()
