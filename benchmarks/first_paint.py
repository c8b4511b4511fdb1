"""Claim: Home and Annotate are there within 2 s, with 10,000 documents and 2,000 answers.

The time runs from the navigation to the frame that shows the projects, or the first document. Peer: a plain
Streamlit page with one line of text, opened in turn with them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import make_project, make_up_texts, percentiles, plain_page, served, the_app
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.questions import Question
from workbench.usecases.project import open_project

VISITS = 10
LABELS = ("delivery", "billing", "fault", "other")


def visit(browser: Any, url: str, selector: str) -> float:
    """Open a page with an empty cache and return the milliseconds until the selector is there."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(selector, timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    seconds = time.perf_counter() - started
    page.close()
    return 1000 * seconds


def main() -> None:
    """Visit the pages in turn and write the percentiles; the first visit after the start stands alone."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="paint-") as folder:
        home = Home(Path(folder))
        make_project(home, "texts", [Question("topic", "textcat", LABELS)], make_up_texts(10_000))
        with open_project(home, "texts") as project:
            project.store.record(
                [
                    Annotation(uuid4().hex, f"document-{n}", "topic", "ben", (LABELS[n % 4],))
                    for n in range(2000)
                ]
            )
        peer = home.root / "peer.py"
        peer.write_text("import streamlit as st\nst.html('<p id=\"shown\">One line of text.</p>')\n")
        with (
            served(the_app(), home.root) as ours,
            served(plain_page(peer), home.root) as theirs,
            open_chromium() as browser,
        ):
            pages = {
                "home": (ours.url, ".wb-quiet"),
                "annotate": (
                    f"{ours.url}/annotate?project=texts&question=topic&annotator=ana",
                    ".wb-card[data-document^=document]",
                ),
                "plain page": (theirs.url, "#shown"),
            }
            first = {name: visit(browser, *where) for name, where in pages.items()}
            times: dict[str, list[float]] = {name: [] for name in pages}
            for _ in range(VISITS):
                for name, where in pages.items():
                    times[name].append(visit(browser, *where))
    rows = [{"page": name, "first ms": first[name], **percentiles(found)} for name, found in times.items()]
    write_result("first_paint", rows, visits=VISITS, limit="2000 ms")


if __name__ == "__main__":
    main()
