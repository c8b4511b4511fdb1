"""An answer sees to it that somebody ranks, and does not wait for that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.usecases.live_desk import ids, live_desk, propose
from workbench.errors import MachineError
from workbench.ui import waking
from workbench.usecases.project import Project


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path) as project:
        yield project


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the projects for which a worker was asked for."""
    found: list[str] = []

    def note(project: Project) -> bool:
        found.append(project.name)
        return True

    monkeypatch.setattr(waking, "start_worker", note)
    return found


def test_a_worker_is_looked_for_when_a_page_asked_for_work_once_in_a_while_and_beside_the_ranker(
    desk: Project, started: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept: list[str] = []
    monkeypatch.setattr(waking, "keep_working", lambda project: kept.append(project.name))
    wake(desk)
    wake(desk, waking.wake_worker)
    wake(desk, waking.wake_worker)
    assert (started, kept) == (["desk"], ["desk"])

    def fail(project: Project) -> None:
        raise MachineError("No worker could be started: too many processes.")

    monkeypatch.setattr(waking, "keep_working", fail)
    monkeypatch.setattr(waking, "LOOK_SECONDS", 0.0)
    wake(desk, waking.wake_worker)
    assert "jobs of desk wait: No worker could be started" in caplog.text


def wake(project: Project, how: Callable[[Project], None] = waking.wake_ranker) -> None:
    how(project)
    for thread in threading.enumerate():
        if thread.name.startswith("wake"):
            thread.join(10)


def test_a_worker_is_started_for_a_project_that_is_ranked_live_and_looked_for_once_in_a_while(
    desk: Project, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not waking.is_ranked_live(desk)
    wake(desk)
    wake(desk)
    assert started == ["desk"]
    assert waking.is_ranked_live(desk)
    monkeypatch.setattr(waking, "LOOK_SECONDS", 0.0)
    wake(desk)
    assert started == ["desk", "desk"]


def test_nobody_is_woken_after_a_control_sample(desk: Project, started: list[str]) -> None:
    propose(desk, ids(20, 30), strategy="random", id="control")
    wake(desk)
    assert started == []
    assert not waking.is_ranked_live(desk)


def test_a_worker_that_cannot_start_is_said_in_the_log(
    desk: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(project: Project) -> bool:
        raise MachineError("No worker could be started: too many processes.")

    monkeypatch.setattr(waking, "start_worker", fail)
    wake(desk)
    assert "desk is not ranked live: No worker could be started" in caplog.text
