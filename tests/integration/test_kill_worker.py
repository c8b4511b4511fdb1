"""kill -9 of the worker at random moments of a job: the job is interrupted, resumed, and ends once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.store.doctor import doctor
from workbench.store.jobs import Job, Jobs
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

N_KILLS = 6
N_STEPS = 40
PATIENCE_SECONDS = 60.0

COUNTING = f"""
import time

def count(folder, arguments, progress):
    '''Each step is written down before the next; a second attempt goes on where the first one stopped.'''
    notes = folder / "steps.txt"
    done = len(notes.read_text().splitlines()) if notes.exists() else 0
    for step in range(done, {N_STEPS}):
        with notes.open("a") as file:
            file.write(f"{{step}}\\n")
        progress(step + 1, {N_STEPS}, "steps")
        time.sleep(0.05)
    return {{"steps": {N_STEPS}}}
"""

WORKER = """
import sys
from pathlib import Path
from workbench.worker.loop import run_worker
run_worker(Path(sys.argv[1]), once=True, verbs={"count": "counting:count"})
"""


def start_worker(folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PYTHONPATH": f"{folder.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    }
    return subprocess.Popen([sys.executable, "-c", WORKER, str(folder)], env=environment)


def wait_until_running(jobs: Jobs, job: Job) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while jobs.get(job.id).state != "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_survives_the_death_of_its_workers(tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(COUNTING)
    folder = tmp_path / "desk"
    chance = random.Random(3)
    with ProjectStore.create(folder, "desk", []) as store:
        jobs = Jobs(store)
        job = jobs.enqueue("count", {}, key="count once")
        n_interrupted = 0
        for _ in range(N_KILLS):
            with start_worker(folder) as worker:
                wait_until_running(jobs, job)
                time.sleep(0.8 * chance.random())
                worker.kill()
            with start_worker(folder) as next_worker:
                assert next_worker.wait(PATIENCE_SECONDS) == 0
            state = jobs.get(job.id).state
            assert state in ("interrupted", "done")
            if state == "done":
                break
            n_interrupted += 1
            jobs.resume(job.id)
        with start_worker(folder) as last:
            assert last.wait(PATIENCE_SECONDS) == 0
        done = jobs.get(job.id)
        assert n_interrupted > 0
        assert (done.state, done.result) == ("done", {"steps": N_STEPS})
        assert done.attempt == n_interrupted + 1
        assert jobs.enqueue("count", {}, key="count once") == done
    assert (folder / "steps.txt").read_text().split() == [str(i) for i in range(N_STEPS)]
    assert [found for found in doctor(folder) if found.level != "ok"] == []
