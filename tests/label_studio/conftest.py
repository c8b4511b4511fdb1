"""A real Label Studio server for all tests of this folder, and a project of its own for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_label_studio import ENVIRONMENT, RealLabelStudio, copy_server
from tests.label_studio.desk import Desk, add_documents
from tests.label_studio.proxy import FaultyProxy
from workbench.config import Home
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.sources.label_studio.client import LabelStudioClient
from workbench.sources.label_studio.retrying import Patience
from workbench.usecases.label_studio import server as connecting
from workbench.usecases.label_studio.connect import Connected, create
from workbench.usecases.project import Project, create_project, open_project


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLabelStudio]:
    """Start Label Studio once; without it the tests are skipped, but never in CI."""
    if not (ENVIRONMENT / "bin" / "label-studio").exists():
        message = "Label Studio is not installed (make label-studio): its tests cannot run."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    started = copy_server(tmp_path_factory.mktemp("label-studio"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def home(tmp_path: Path, server: RealLabelStudio, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home of the test's own, with the token in the environment."""
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.tokens["ana"])
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.fixture
def made(home: Home, server: RealLabelStudio) -> Callable[..., Any]:
    """Return a function that makes a project here and there: `with made(questions, documents) as (…)`."""

    @contextmanager
    def make(
        questions: Sequence[Question], documents: Sequence[Document], *, url: str = ""
    ) -> Iterator[tuple[Project, Desk, Connected]]:
        create_project(home, "tickets", questions, control_share=0.0)
        with open_project(home, "tickets") as project:
            add_documents(project.store, documents)
            connected = create(project, url=url or server.url)
            desk = Desk(server.client("ana"), server.client("ben"), connected.link.remote_project)
            yield project, desk, connected

    return make


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the workbench try each request twice without pausing, and return the pauses it would have made."""
    pauses: list[float] = []
    patience = Patience(attempts=2, pause=0.5, sleep=pauses.append)
    monkeypatch.setattr(connecting, "LabelStudioClient", partial(LabelStudioClient, patience=patience))
    return pauses


@pytest.fixture
def proxy(server: RealLabelStudio) -> Iterator[FaultyProxy]:
    """Return a proxy to the server that does nothing yet."""
    with FaultyProxy(server.port) as started:
        yield started


@pytest.fixture(scope="module")
def own_server(
    server: RealLabelStudio, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealLabelStudio]:
    """Return a server that may be killed, and whose settings may be changed."""
    started = copy_server(tmp_path_factory.mktemp("own-label-studio"))
    started.start()
    yield started
    started.stop()
