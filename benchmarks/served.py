"""Programs that serve pages on this machine while a benchmark looks at them, and what it looks with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import ROOT
from workbench.config import Home
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.ui.launch import OPTIONS
from workbench.usecases.project import create_project, open_project

TALK = """please can you tell me where my new card is it has not come and the app says the payment went through
twice last week but the shop only took one of them Ana Müller from Łódź wants to change the name on her bill"""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Served:
    """A program that serves pages; it can be killed and started again at the same address."""

    command: Sequence[str]  # the port is added to it
    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.home / "served.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, str(self.port)],
                cwd=self.home,
                env={**os.environ, "WORKBENCH_HOME": str(self.home), "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError((self.home / "served.log").read_text())
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, by SIGKILL if wished."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def served(command: Sequence[str], home: Path) -> Iterator[Served]:
    """Serve as long as the block lasts."""
    program = Served(command, home)
    program.start()
    try:
        yield program
    finally:
        program.end()


def the_app() -> list[str]:
    """Return the command of the workbench's app; its port follows."""
    return [sys.executable, "-c", "from workbench.cli.main import main; main()", "app", "--port"]


def plain_page(page: Path) -> list[str]:
    """Return the command that serves a plain Streamlit page with the app's own options; its port follows."""
    options = {name: value for name, value in OPTIONS.items() if not name.startswith("theme.")}
    flags = [f"--{name}={str(value).lower()}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(page), *flags, "--server.port"]


def make_up_texts(n: int, *, n_words: int = 25, seed: int = 0) -> list[str]:
    """Return texts of invented words, no two alike."""
    rng = np.random.default_rng(seed)
    return [f"{' '.join(rng.choice(TALK.split(), size=n_words))} ({place})" for place in range(n)]


def make_project(home: Home, name: str, questions: Sequence[Question], texts: Sequence[str]) -> None:
    """Make a project whose pool has these texts, `document-0` and so on."""
    create_project(home, name, questions, control_share=0.0)
    documents = tuple(LabelledDocument(Document(f"document-{n}", text)) for n, text in enumerate(texts))
    imported = Imported((), documents, ConversionReport(kept=len(documents)))
    with open_project(home, name) as project:
        project.store.import_documents(imported, file_name="invented", file_sha256="0" * 64, format="csv")


def open_card(browser: Any, url: str, project: str, question: str, annotator: str) -> Any:
    """Open a page that labels, and wait for its first document."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{url}/annotate?project={project}&question={question}&annotator={annotator}")
    page.wait_for_selector(".wb-card[data-document^=document]", timeout=60_000)
    page.wait_for_timeout(1000)
    return page


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """Return median, 95 % and 99 % and the longest of some milliseconds."""
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return {"p50 ms": float(p50), "p95 ms": float(p95), "p99 ms": float(p99), "max ms": max(times)}
