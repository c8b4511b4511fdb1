"""Jobs that the app starts, with real processes: they outlive the page, its races, and kill -9."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from workbench.config import Home
from workbench.domain.questions import Question
from workbench.store import schema
from workbench.store.jobs import INHERITED_LOCK, LOCK_NAME, Jobs
from workbench.store.locks import FileLock
from workbench.usecases import keep_worker
from workbench.usecases.ask_for_work import call_off, take_up
from workbench.usecases.keep_worker import has_worker, keep_working, note_lost_jobs, start_worker
from workbench.usecases.project import Project, create_project, open_project
from workbench.worker import loop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PATIENCE_SECONDS = 60.0

VERBS = '''
import os, time

def wait_for_file(folder, arguments, progress):
    """Run until the file `go` is there; write the process down."""
    (folder / "started").write_text(str(os.getpid()))
    while not (folder / "go").exists():
        progress(1, 2, "waiting")
        time.sleep(0.05)
    with (folder / "ran").open("a") as file:
        file.write(f"{arguments['name']}\\n")
    return {"name": arguments["name"]}
'''
PROGRAM = """
import os
from pathlib import Path
from workbench.worker.loop import run_worker
folder = Path(os.environ["WORKBENCH_HOME"]) / "projects" / "desk"
run_worker(folder, once=True, verbs={"wait": "own_verbs:wait_for_file"})
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Return a project whose workers know the verb `wait`; whoever still works at the end is ended."""
    (tmp_path / "own_verbs.py").write_text(VERBS)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setattr(keep_worker, "PROGRAM", PROGRAM)
    create_project(Home(tmp_path), "desk", [Question("topic", "textcat", ("a", "b"))])
    with open_project(Home(tmp_path), "desk") as desk:
        yield desk
        (desk.folder / "go").touch()
        wait_until(lambda: not has_worker(desk))


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def started(project: Project) -> int:
    """Wait for the child that does a job, and return its process."""
    path = project.folder / "started"
    wait_until(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


def worker_of(project: Project) -> int:
    holder = FileLock(project.folder / LOCK_NAME).holder()
    assert holder is not None
    return holder


def test_of_two_pages_that_start_jobs_at_once_one_starts_the_worker_and_it_does_both(
    project: Project,
) -> None:
    jobs = Jobs(project.store)
    (project.folder / "go").touch()
    together = threading.Barrier(8)

    def press(number: int) -> tuple[int, int]:
        job = jobs.enqueue("wait", {"name": str(number)})
        together.wait()
        # Once more, as the page does that follows the job: the new process has hardly begun by then.
        return job.id, start_worker(project) + start_worker(project)

    with ThreadPoolExecutor(8) as pool:
        pressed = list(pool.map(press, range(8)))
    assert sum(started for _, started in pressed) == 1
    wait_until(lambda: all(jobs.get(id).state == "done" for id, _ in pressed))
    assert all(jobs.get(id).attempt == 1 for id, _ in pressed)
    assert len((project.folder / "ran").read_text().split()) == 8


def test_looking_for_a_worker_does_not_turn_away_one_that_starts(project: Project) -> None:
    job = Jobs(project.store).enqueue("wait", {"name": "a"})
    (project.folder / "go").touch()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            has_worker(project)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        assert loop.run_worker(project.folder, once=True, verbs={"wait": "own_verbs:wait_for_file"}) == 1
    finally:
        over.set()
        looking.join()
    assert Jobs(project.store).get(job.id).state == "done"


def test_work_asked_for_just_before_the_worker_ends_is_done_by_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(project.store)
    (project.folder / "go").touch()
    late: list[int] = []
    run_queued = loop._Worker.run_queued

    def and_then_somebody_asks(worker: loop._Worker, *, once: bool) -> int:
        n_jobs = run_queued(worker, once=once)
        if not late:
            late.append(jobs.enqueue("wait", {"name": "late"}).id)
            assert not start_worker(project), "the worker that ends still holds the lock"
        return n_jobs

    monkeypatch.setattr(loop._Worker, "run_queued", and_then_somebody_asks)
    assert loop.run_worker(project.folder, once=True, verbs={"wait": "own_verbs:wait_for_file"}) == 1
    assert jobs.get(late[0]).state == "done"


def test_a_job_whose_worker_and_child_were_killed_says_so_and_is_taken_up_again(project: Project) -> None:
    jobs = Jobs(project.store)
    job = jobs.enqueue("wait", {"name": "a"})
    assert start_worker(project)
    child = started(project)
    assert note_lost_jobs(project) == []
    os.kill(worker_of(project), signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    killed = time.monotonic()
    wait_until(lambda: bool(note_lost_jobs(project)))
    assert time.monotonic() - killed < 30
    lost = jobs.get(job.id)
    assert (lost.state, lost.message) == ("interrupted", "The process that worked on it is gone.")
    (project.folder / "go").touch()
    take_up(project, job.id)
    start_worker(project)
    wait_until(lambda: jobs.get(job.id).state == "done")
    assert jobs.get(job.id).attempt == 2


def test_a_child_that_outlives_its_worker_ends_and_its_job_is_interrupted(project: Project) -> None:
    job = Jobs(project.store).enqueue("wait", {"name": "a"})
    start_worker(project)
    child = started(project)
    killed = time.monotonic()
    os.kill(worker_of(project), signal.SIGKILL)
    wait_until(lambda: bool(note_lost_jobs(project)))
    assert time.monotonic() - killed < 30
    assert not loop.is_alive(child)
    assert Jobs(project.store).get(job.id).state == "interrupted"


def test_after_a_reboot_a_running_job_is_interrupted_and_waiting_ones_go_on(project: Project) -> None:
    jobs = Jobs(project.store)
    before = jobs.enqueue("wait", {"name": "before"})
    jobs.claim("a machine that was switched off")
    with project.store.database.write() as connection:
        connection.execute(update(schema.jobs).values(heartbeat_at=time.time() - 3600))
    waiting = jobs.enqueue("wait", {"name": "waiting"})
    (project.folder / "go").touch()
    keep_working(project)
    assert jobs.get(before.id).state == "interrupted"
    wait_until(lambda: jobs.get(waiting.id).state == "done")
    assert jobs.get(before.id).state == "interrupted"


def test_what_was_cancelled_while_it_waited_never_runs(project: Project) -> None:
    jobs = Jobs(project.store)
    first, second = (jobs.enqueue("wait", {"name": name}) for name in ("first", "second"))
    start_worker(project)
    started(project)
    assert call_off(project, second.id).state == "cancelled"
    (project.folder / "go").touch()
    wait_until(lambda: jobs.get(first.id).state == "done" and not has_worker(project))
    assert (project.folder / "ran").read_text().split() == ["first"]
    assert jobs.get(second.id).attempt == 0


def test_a_job_resumed_while_a_worker_starts_runs_once(project: Project) -> None:
    jobs = Jobs(project.store)
    job = jobs.enqueue("wait", {"name": "a"})
    call_off(project, job.id)
    (project.folder / "go").touch()
    assert start_worker(project)
    take_up(project, job.id)
    assert not start_worker(project)
    wait_until(lambda: jobs.get(job.id).state == "done")
    assert jobs.get(job.id).attempt == 1
    assert (project.folder / "ran").read_text().split() == ["a"]


def test_a_lock_is_adopted_only_when_it_is_this_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = os.open(project.folder / "other", os.O_RDWR | os.O_CREAT)
    assert not FileLock(project.folder / LOCK_NAME).adopt(other)
    assert not FileLock(project.folder / LOCK_NAME).adopt(999_999)
    monkeypatch.setenv(INHERITED_LOCK, str(other))
    assert loop.run_worker(project.folder, once=True) == 0
    os.close(other)
