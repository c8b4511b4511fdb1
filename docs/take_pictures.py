"""Take the pictures of the app that the guide shows: on the sample project, labelled round by round.

    .venv/bin/python docs/take_pictures.py [FOLDER]

The project is made in a temporary folder; its annotator is simulated by the sample's own answers. FOLDER
(default: docs/images) is where the pictures go. Takes a few minutes and needs Chromium.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.chromium import open_chromium
from workbench import catalog
from workbench.config import Home, stay_offline
from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.usecases.distil_model import distil_model
from workbench.usecases.export_model import export_model
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.record_annotations import record_annotations
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "projects" / "support-tickets" / "label-studio"
PORT = 8597
FIRST, ROUNDS = 60, 6
WORD = re.compile(r"[\w']+|[^\w\s]")  # near enough to what the card takes for one


def make_project(home: Home) -> None:
    """Make `tickets`: some rounds of labelling by the sample's own answers, a run of each, one bundle."""
    pool = catalog.source("label-studio").read(SAMPLE / "pool.json", ReadOptions())
    gold = {
        (annotation.document_id, annotation.question): annotation
        for labelled in pool.documents
        for annotation in labelled.annotations
    }
    create_project(home, "tickets", pool.questions)
    with open_project(home, "tickets") as project:
        import_documents(project, SAMPLE / "held-out.json", held_out=True, options=ReadOptions())
        texts = Imported(
            (), tuple(LabelledDocument(d.document) for d in pool.documents), ConversionReport(kept=653)
        )
        project.store.import_documents(texts, file_name="pool.json", file_sha256="0" * 64, format="csv")
        first = [labelled.document.id for labelled in pool.documents]
        for question, n in (("topic", FIRST), ("urgency", 170), ("entities", 300)):
            answer(project, gold, question, first[:n])
        for _ in range(ROUNDS):
            _, batch = run_round(project, Training("topic", "linear"), Ranking("cluster-margin", 40))
            answer(project, gold, "topic", [proposal.document_id for proposal in batch.proposals])
        run_round(project, Training("topic", "linear"), Ranking("cluster-margin", 40))
        run_round(project, Training("urgency", "linear"), Ranking("margin", 40))
        run, _ = run_round(project, Training("entities", "bert"), Ranking("entropy", 40))
        export_model(project, "entities", run_id=distil_model(project, "entities", run_id=run.id).id)


def answer(
    project: Project, gold: dict[tuple[str, str], Annotation], question: str, documents: list[str]
) -> None:
    """Record the sample's answers to a question about these documents."""
    found = [gold[document, question] for document in documents if (document, question) in gold]
    named = [
        replace(a, client_id=derived_client_id("pictures", question, a.document_id), annotator="ana", raw=None)
        for a in found
    ]
    record_annotations(project, named)


@contextmanager
def served(home: Home) -> Iterator[str]:
    """Serve the app and give its address."""
    address = f"http://127.0.0.1:{PORT}"
    command = [str(Path(sys.executable).parent / "workbench"), "app", "--port", str(PORT)]
    app = subprocess.Popen(command, env={**os.environ, "WORKBENCH_HOME": str(home.root)})
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield address
    finally:
        app.terminate()
        app.wait(timeout=20)


def take(address: str, folder: Path) -> None:
    """Take one picture of every page."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 560})
        for path, name, height in (
            ("", "app-home", 420),
            ("annotate?project=tickets&question=topic&annotator=ana", "app-annotate-topic", 560),
            ("annotate?project=tickets&question=entities&annotator=ana", "app-annotate-entities", 560),
            ("review?project=tickets&question=topic", "app-review", 1150),
            ("models?project=tickets", "app-models", 1000),
        ):
            page.set_viewport_size({"width": 1280, "height": height})
            page.goto(f"{address}/{path}")
            if name == "app-annotate-entities":
                mark_entities(page)
            page.wait_for_timeout(2500)
            page.screenshot(path=folder / f"{name}.png")
            print(f"wrote {folder / name}.png", flush=True)


def mark_entities(page: Any) -> None:
    """Mark the sample's own spans of the document on screen with the keyboard: words, then the label's key."""
    card = page.wait_for_selector(".wb-card[data-document]")
    page.wait_for_timeout(1500)
    pool = catalog.source("label-studio").read(SAMPLE / "pool.json", ReadOptions())
    labels = next(question.labels for question in pool.questions if question.name == "entities")
    shown = next(d for d in pool.documents if d.document.id == card.get_attribute("data-document"))
    spans = next(a.spans for a in shown.annotations if a.question == "entities")
    before = -1
    for span in sorted(spans):
        first = len(WORD.findall(shown.document.text[: span.start]))
        last = first + len(WORD.findall(span.covered)) - 1
        for _ in range(first - before):
            page.keyboard.press("ArrowRight")
        for _ in range(last - first):
            page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press(str(labels.index(span.label) + 1))
        page.keyboard.press("Escape")
        before = last


def main() -> None:
    """Make the project, serve it, take the pictures."""
    stay_offline()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    given = os.environ.get("PICTURES_HOME")
    home = Home(Path(given or tempfile.mkdtemp(prefix="pictures-")))
    if not home.project("tickets").exists():
        make_project(home)
    with served(home) as address:
        take(address, folder)


if __name__ == "__main__":
    main()
