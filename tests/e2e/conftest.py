"""A running app over a small invented project, and a page to use it with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.settings import QuestionSettings
from workbench.store.locks import FileLock
from workbench.store.project_store import ProjectStore
from workbench.usecases.project import create_project, open_project
from workbench.usecases.set_question import set_question

TEXTS = (
    "The kettle 🫖 leaks since Monday, please send Ana Müller a new one.",
    "<script>document.title = 'taken over'</script> & <b>bold</b>",
    "Where is my parcel from Łódź? It was due on 3 May.",
    "👩‍👩‍👧 We love the new lamp, thank you!",
    "Please change the order AX-1204 to two pieces.",
    "I cannot sign in any more.",
    "The invoice names the wrong company.",
)


@dataclass
class ServedApp:
    """The app's address and the project behind it; it can be killed and served again."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = "from workbench.cli.main import main; main()"
        with (self.home / "app.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, "app", "--port", str(self.port)],
                cwd=self.home,
                env={**os.environ, "WORKBENCH_HOME": str(self.home)},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            assert time.monotonic() < deadline, (self.home / "app.log").read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def add_documents(self, n: int) -> None:
        """Add n documents to the pool."""
        add_documents(self.home, [Document(f"more-{place}", f"Ticket number {place}.") for place in range(n)])

    def answers(self, question: str) -> list[Annotation]:
        """Return what the store holds of a question today, without skips."""
        with ProjectStore.open(self.home / "projects" / "tickets") as store:
            return [annotation for annotation in store.current(question) if annotation.counts]

    def skip(self, document_id: str, question: str) -> None:
        """Let somebody else skip a document."""
        with ProjectStore.open(self.home / "projects" / "tickets") as store:
            store.record([Annotation(f"skip-{document_id}", document_id, question, "ben", status="skipped")])

    def history(self, question: str) -> list[Annotation]:
        """Return every annotation of a question as it was recorded."""
        with ProjectStore.open(self.home / "projects" / "tickets") as store:
            return store.annotations(question)


def add_documents(home: Path, documents: list[Document]) -> None:
    """Put documents into the project's pool."""
    imported = Imported((), tuple(map(LabelledDocument, documents)), ConversionReport(kept=len(documents)))
    with ProjectStore.open(home / "projects" / "tickets") as store:
        store.import_documents(imported, file_name="invented", file_sha256="0" * 64, format="csv")


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ServedApp]:
    """Serve a project with three questions; the answers of each test are its own.

    Their documents come in import order, as the tests expect: no first batch is chosen and nothing is ranked
    live. What happens else is looked at by `test_first_batch.py`.
    """
    home = Home(tmp_path)
    questions = [
        Question("topic", "textcat", ("delivery", "billing", "fault")),
        Question("aspects", "textcat-multi", ("price", "quality", "service")),
        Question("entities", "ner", ("PERSON", "PRODUCT", "DATE")),
    ]
    create_project(home, "tickets", questions, control_share=0.0)
    add_documents(tmp_path, [Document(f"ticket-{place}", text) for place, text in enumerate(TEXTS)])
    with open_project(home, "tickets") as project:
        for question in questions:
            set_question(project, question.name, QuestionSettings(live=False))
    yield from served(tmp_path)


@pytest.fixture
def empty_app(tmp_path: Path) -> Iterator[ServedApp]:
    """Serve a folder in which there is nothing yet."""
    yield from served(tmp_path)


def served(home: Path) -> Iterator[ServedApp]:
    """Serve a folder at a free port; kill the app in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = ServedApp(home, port)
    app.start()
    yield app
    app.kill()
    end_workers(home)


def end_workers(home: Path) -> None:
    """End the workers that the app started: they would stay for a while after the last answer."""
    deadline = time.monotonic() + 30
    for path in home.glob("projects/*/worker.lock"):
        with FileLock(path) as lock:
            while not lock.acquire(timeout=0.2):
                assert time.monotonic() < deadline, f"a worker still holds {path}"
                worker = lock.holder()
                # One that has just been started has not written itself down: the app that gave it the lock is gone.
                with suppress(ProcessLookupError):
                    if worker is not None:
                        os.kill(worker, signal.SIGTERM)


@pytest.fixture
def page(browser):  # type: ignore[no-untyped-def]
    """Open an empty page of 1280 by 800; an error in its scripts fails the test."""
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert not errors
