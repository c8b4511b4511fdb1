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

from workbench.errors import StoreError
from workbench.store.jobs import Job, Jobs
from workbench.store.locks import FileLock
from workbench.worker import loop
from workbench.worker.loop import run_worker
from workbench.worker.verbs import VERBS

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 30.0


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_jobs_are_done_one_after_the_other_in_child_processes(
    jobs: Jobs, folder: Path, verbs: dict[str, str]
) -> None:
    first = jobs.enqueue("add", {"numbers": [1, 2]})
    second = jobs.enqueue("add", {"numbers": [3]})
    assert run_worker(folder, once=True, verbs=verbs) == 2
    done = jobs.get(first.id)
    assert (done.state, done.result) == ("done", {"sum": 3, "folder": str(folder)})
    assert (done.done, done.total, done.what) == (3, 3, "numbers")
    assert jobs.get(second.id).result == {"sum": 3, "folder": str(folder)}


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("refuse", "Only one class.\n  Label more."),
        ("crash", "ended unexpectedly (exit code 1). Its last words: ZeroDivisionError"),
        ("vanish", "was killed; the machine may have run out of memory"),
        ("gone", "No module named 'no_such_module'"),
        ("paint", "There is no job 'paint'"),
    ],
)
def test_a_job_that_fails_says_why_and_the_next_one_runs(
    jobs: Jobs, folder: Path, verbs: dict[str, str], verb: str, message: str
) -> None:
    bad, good = jobs.enqueue(verb, {}), jobs.enqueue("add", {"numbers": []})
    assert run_worker(folder, once=True, verbs=verbs) == 2
    assert jobs.get(bad.id).state == "failed"
    assert message in jobs.get(bad.id).message
    assert jobs.get(good.id).state == "done"


def test_what_a_job_prints_is_in_its_log(jobs: Jobs, folder: Path, verbs: dict[str, str]) -> None:
    job = jobs.enqueue("crash", {})
    run_worker(folder, once=True, verbs=verbs)
    log = (folder / "data" / "logs" / f"job-{job.id}.log").read_text()
    assert "Traceback" in log
    assert "on the way" in log


@pytest.mark.parametrize(("verb", "tidied"), [("wait", True), ("stubborn", False)])
def test_a_cancelled_job_is_ended_kindly_and_then_not(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch, verb: str, tidied: bool
) -> None:
    monkeypatch.setattr(loop, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(loop, "GRACE_SECONDS", 1.0)
    job = jobs.enqueue(verb, {})
    worker = threading.Thread(target=run_worker, args=(folder,), kwargs={"once": True, "verbs": verbs})
    worker.start()
    wait_for((folder / "started").exists)
    jobs.cancel(job.id)
    worker.join(PATIENCE_SECONDS)
    assert jobs.get(job.id).state == "cancelled"
    assert (folder / "tidied").exists() is tidied
    assert not loop.is_alive(int((folder / "started").read_text()))


def times_in(path: Path) -> list[float]:
    return [float(line) for line in path.read_text().split()] if path.exists() else []


@contextmanager
def resting(
    jobs: Jobs, folder: Path, verbs: dict[str, str], *, n_steps: int, n_asked: int
) -> Iterator[tuple[Job, Job]]:
    """Let a worker train what nobody asked for; yield it while it rests beside a job that somebody asked for."""
    meanwhile = jobs.enqueue("train-meanwhile", {"file": "meanwhile", "n": n_steps})
    known = {**verbs, "train-meanwhile": verbs["steps"]}
    worker = threading.Thread(target=run_worker, args=(folder,), kwargs={"once": True, "verbs": known})
    worker.start()
    wait_for(lambda: len(times_in(folder / "meanwhile")) > 3)
    asked = jobs.enqueue("steps", {"file": "asked", "n": n_asked})
    wait_for(lambda: "rests" in jobs.get(meanwhile.id).what)
    yield meanwhile, asked
    worker.join(PATIENCE_SECONDS)


def test_a_training_that_nobody_asked_for_rests_while_other_work_is_done_and_then_goes_on(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "HEARTBEAT_SECONDS", 0.1)
    with resting(jobs, folder, verbs, n_steps=60, n_asked=40) as (meanwhile, asked):
        pass
    first, last = jobs.get(asked.id), jobs.get(meanwhile.id)
    assert (first.state, first.attempt, last.state, last.attempt) == ("done", 1, "done", 1)
    assert str(first.finished_at) < str(last.finished_at)
    begun, ended = times_in(folder / "asked")[0], times_in(folder / "asked")[-1]
    at_once = [at for at in times_in(folder / "meanwhile") if begun + 1.5 < at < ended]
    assert at_once == [], "it looks whether it must rest once a second"
    assert len(times_in(folder / "meanwhile")) == 60


def test_a_training_that_rests_can_be_cancelled(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "HEARTBEAT_SECONDS", 0.1)
    with resting(jobs, folder, verbs, n_steps=1000, n_asked=30) as (meanwhile, asked):
        jobs.cancel(meanwhile.id)
    assert (jobs.get(asked.id).state, jobs.get(meanwhile.id).state) == ("done", "cancelled")


def test_a_job_that_was_decided_elsewhere_is_let_go(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "HEARTBEAT_SECONDS", 0.1)
    job = jobs.enqueue("wait", {})
    worker = threading.Thread(target=run_worker, args=(folder,), kwargs={"once": True, "verbs": verbs})
    worker.start()
    wait_for((folder / "started").exists)
    jobs.recover(stale_after=0)
    worker.join(PATIENCE_SECONDS)
    assert jobs.get(job.id).state == "interrupted"
    assert (folder / "tidied").exists()


def test_a_job_that_ends_while_its_worker_looks_at_it_keeps_its_result_and_the_next_one_runs(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = jobs.enqueue("wait", {}), jobs.enqueue("add", {"numbers": []})
    beat = Jobs.heartbeat

    def end_meanwhile(self: Jobs, job: Job) -> Job:
        if job.id == first.id:
            self.finish(job, {"sum": 7})  # as the child does, in the moment before the worker's own write
        return beat(self, job)

    monkeypatch.setattr(Jobs, "heartbeat", end_meanwhile)
    assert run_worker(folder, once=True, verbs=verbs) == 2
    assert (jobs.get(first.id).state, jobs.get(first.id).result) == ("done", {"sum": 7})
    assert jobs.get(second.id).state == "done"


def test_a_process_that_cannot_be_started_fails_the_job(
    jobs: Jobs, folder: Path, verbs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    job = jobs.enqueue("add", {"numbers": []})
    monkeypatch.setattr(subprocess, "Popen", refuse)
    run_worker(folder, once=True, verbs=verbs)
    assert "No process could be started: Resource temporarily" in jobs.get(job.id).message


def test_a_second_worker_is_refused_and_names_the_first(jobs: Jobs, folder: Path) -> None:
    with FileLock(folder / loop.LOCK_NAME) as lock:
        assert lock.acquire()
        with pytest.raises(StoreError, match=rf"process {os.getpid()}\) works on this project"):
            run_worker(folder, once=True)
    assert run_worker(folder, once=True) == 0


def test_a_worker_starts_by_interrupting_what_a_dead_one_left(jobs: Jobs, folder: Path) -> None:
    jobs.enqueue("add", {"numbers": []})
    left = jobs.claim("dead")
    assert left is not None
    assert run_worker(folder, once=True) == 0
    assert jobs.get(left.id).state == "interrupted"


def start(folder: Path) -> subprocess.Popen[bytes]:
    verbs = {"wait": "fake_verbs:wait", "once": "fake_verbs:once"}
    code = f"from pathlib import Path; from workbench.worker.loop import run_worker; \
run_worker(Path({str(folder)!r}), verbs={verbs!r})"
    return subprocess.Popen([sys.executable, "-c", code])


def is_running(jobs: Jobs, job: Job) -> bool:
    return jobs.get(job.id).state == "running"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_asked_to_stop_ends_its_child_and_leaves_the_job_to_be_resumed(
    jobs: Jobs, folder: Path, verbs: dict[str, str], number: int
) -> None:
    job = jobs.enqueue("wait", {})
    with start(folder) as worker:
        wait_for((folder / "started").exists)
        worker.send_signal(number)
        worker.send_signal(number)
        assert worker.wait(PATIENCE_SECONDS) == 0
    assert jobs.get(job.id).state == "interrupted"
    assert (folder / "tidied").exists()


def test_when_the_worker_is_killed_its_child_ends_and_the_job_can_be_resumed(
    jobs: Jobs, folder: Path, verbs: dict[str, str]
) -> None:
    job = jobs.enqueue("once", {})
    with start(folder) as worker:
        wait_for((folder / "started").exists)
        worker.kill()
        worker.wait(PATIENCE_SECONDS)
    child = int((folder / "started").read_text())
    assert is_running(jobs, job)
    assert run_worker(folder, once=True, verbs=verbs) == 0
    assert not loop.is_alive(child), "the lock was free before the child had ended"
    assert jobs.get(job.id).state == "interrupted"
    jobs.resume(job.id)
    assert run_worker(folder, once=True, verbs=verbs) == 1
    assert jobs.get(job.id).result == {"again": True}


def test_every_verb_names_a_function_of_a_use_case() -> None:
    for verb, target in VERBS.items():
        module, _, function = target.partition(":")
        assert module.startswith("workbench.usecases."), verb
        assert function.isidentifier(), verb
