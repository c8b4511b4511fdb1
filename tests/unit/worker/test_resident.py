"""The pool is ranked live beside the jobs, by a process that nothing depends on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.usecases.live_desk import answer, ids, live_desk, propose
from workbench.domain.settings import QuestionSettings
from workbench.store.jobs import Jobs
from workbench.usecases.live_troubles import live_troubles
from workbench.usecases.project import Project
from workbench.usecases.set_question import set_question
from workbench.worker import company
from workbench.worker.loop import run_worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PATIENCE_SECONDS = 45.0


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(company, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(company, "FIRST_PAUSE", 0.05)
    with live_desk(tmp_path, n=200) as project:
        yield project


@contextmanager
def worker(project: Project, *, idle: float = 4.0, verbs: dict[str, str] | None = None) -> Iterator[None]:
    """Let a worker work in a thread until nothing happens any more."""
    thread = threading.Thread(
        target=run_worker, args=(project.folder,), kwargs={"idle": idle, "verbs": verbs or {}}
    )
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def newest_run(project: Project) -> str:
    batch = project.store.latest_batch("topic")
    assert batch is not None
    return batch.run or ""


def rankers(project: Project) -> list[int]:
    """Return the processes that rank the project."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"workbench.worker.resident" in words and str(project.folder).encode() in words:
            found.append(int(path.parent.name))
    return found


def test_answers_are_ranked_while_a_training_runs_and_after_it_was_killed(
    desk: Project, verbs: dict[str, str]
) -> None:
    jobs = Jobs(desk.store)
    job = jobs.enqueue("wait", {})
    with worker(desk, verbs=verbs):
        wait_for(lambda: (desk.folder / "started").exists())
        answer(desk, ids(10, 15))
        wait_for(lambda: newest_run(desk))
        first = newest_run(desk)
        assert jobs.get(job.id).state == "running"
        os.kill(int((desk.folder / "started").read_text()), signal.SIGKILL)
        wait_for(lambda: jobs.get(job.id).state == "failed")
        answer(desk, ids(15, 20))
        wait_for(lambda: newest_run(desk) != first)
    assert len(desk.store.current("topic")) == 20
    assert rankers(desk) == [], "it ends with the worker"


def test_a_ranker_that_is_killed_is_followed_by_another_one(desk: Project) -> None:
    with worker(desk, idle=8.0):  # two processes start meanwhile
        answer(desk, ids(10, 15))
        wait_for(lambda: newest_run(desk))
        first, before = newest_run(desk), rankers(desk)
        assert len(before) == 1
        os.kill(before[0], signal.SIGKILL)
        answer(desk, ids(15, 20))
        wait_for(lambda: newest_run(desk) != first)
        assert len(after := rankers(desk)) == 1
        assert after != before


def test_a_fault_that_nobody_foresaw_is_logged_and_said_and_ends_no_ranker(desk: Project) -> None:
    (digests,) = (desk.folder / "data" / "vectors").glob("*/texts.sha256")
    kept = digests.rename(digests.with_name("kept"))
    digests.mkdir()
    with worker(desk, idle=8.0):  # longer than the pause after an error
        answer(desk, ids(10, 15))
        wait_for(lambda: live_troubles(desk, ["topic"]))
        before = rankers(desk)
        assert "IsADirectoryError" in live_troubles(desk, ["topic"])["topic"]
        log = (desk.folder / company.LIVE_LOG).read_text()
        assert "topic: Traceback" in log
        assert "IsADirectoryError" in log
        digests.rmdir()
        kept.rename(digests)
        answer(desk, ids(15, 16))
        wait_for(lambda: newest_run(desk))
        assert rankers(desk) == before
        wait_for(lambda: not live_troubles(desk, ["topic"]))


def test_a_ranker_that_dies_at_once_is_said_to(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company.sys, "executable", "/bin/false")
    with worker(desk, idle=1.0):
        wait_for(lambda: live_troubles(desk, ["topic"]))
    assert "ended by itself (code 1)" in live_troubles(desk, ["topic"])["topic"]


def test_a_ranker_ends_when_its_worker_is_killed(desk: Project) -> None:
    program = (
        "import sys, pathlib; from workbench.worker import loop; loop.run_worker(pathlib.Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(desk.folder)])
    wait_for(lambda: rankers(desk))
    answer(desk, ids(10, 15))
    wait_for(lambda: newest_run(desk))
    process.kill()
    process.wait()
    wait_for(lambda: not rankers(desk))


def test_nobody_ranks_where_it_is_switched_off_or_only_the_waiting_jobs_are_done(desk: Project) -> None:
    run_worker(desk.folder, once=True, verbs={})
    assert not (desk.folder / company.LIVE_LOG).exists()
    set_question(desk, "topic", QuestionSettings(live=False))
    answer(desk, ids(10, 15))
    with worker(desk, idle=0.7):
        pass
    assert not (desk.folder / company.LIVE_LOG).exists()
    assert newest_run(desk) == ""


def test_a_worker_stays_while_answers_come(desk: Project) -> None:
    propose(desk, ids(20, 30), strategy="random", id="control")
    with worker(desk, idle=1.5):
        started = time.monotonic()
        for number in range(30, 36):
            answer(desk, [f"d{number}"])
            time.sleep(0.5)
    assert time.monotonic() - started > 3.5


def test_the_ranker_imports_no_torch(desk: Project) -> None:
    answer(desk, ids(10, 15))
    program = """
import sys
from pathlib import Path
import workbench.worker.resident
from workbench.usecases.project import open_folder
from workbench.usecases.rank_live import LiveRankings
with open_folder(Path(sys.argv[1])) as project:
    assert len(LiveRankings(project).look()) == 1
heavy = {"torch", "transformers", "setfit", "spacy", "onnxruntime", "streamlit"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program, str(desk.folder)], check=True, timeout=PATIENCE_SECONDS)
