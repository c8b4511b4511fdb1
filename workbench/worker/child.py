"""One job in a process of its own.

`python -m workbench.worker.child FOLDER JOB ATTEMPT MODULE:FUNCTION WORKER`, the last its process id.

Exit code 0: the job is done and its result recorded. 1: it failed and the reason is recorded. Anything
else: the worker, which waits for this process, records what happened. SIGTERM ends it in order, so that
half-written files are removed; when the worker dies, this process ends by itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from workbench.config import stay_offline
from workbench.domain.ports import Progress
from workbench.errors import WorkbenchError
from workbench.store.jobs import Job, Jobs
from workbench.store.project_store import ProjectStore

Verb: TypeAlias = Callable[[Path, dict[str, Any], Progress], Mapping[str, Any]]
PROGRESS_SECONDS = 1.0
WATCH_SECONDS = 0.5
GRACE_SECONDS = 5.0
RESTS = "rests while other work is done"
NICENESS = 10  # people who label on the same machine come first


class RecordedProgress:
    """Writes progress into the store, at most once a second, and the last step always.

    A job that nobody asked for rests here while others are at work or wait: nothing of it is lost.
    """

    def __init__(self, jobs: Jobs, job: Job) -> None:
        self._jobs = jobs
        self._job = job
        self._next = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of the progress. Raises StoreError when the attempt is over."""
        if time.monotonic() >= self._next or done == total:
            self._next = time.monotonic() + PROGRESS_SECONDS
            self._jobs.heartbeat(self._job, done, total, what)
            while self._jobs.before(self._job):
                self._jobs.heartbeat(self._job, what=RESTS)
                time.sleep(PROGRESS_SECONDS)


def main(folder: Path, job_id: int, attempt: int, *, target: str, worker: int) -> int:
    """Run one attempt of a job and return the exit code."""
    os.nice(NICENESS)
    stay_offline()
    signal.signal(signal.SIGTERM, end_in_order)
    threading.Thread(target=end_with_worker, args=(worker,), daemon=True).start()
    with ProjectStore.open(folder) as store:
        jobs = Jobs(store)
        job = jobs.get(job_id)
        if job.attempt != attempt or job.state != "running":
            return 2
        try:
            verb = load_verb(target)
            result = verb(folder, dict(job.arguments), RecordedProgress(jobs, job))
            jobs.finish(job, result)
        except WorkbenchError as error:
            jobs.fail(job, str(error))
            return 1
    return 0


def load_verb(target: str) -> Verb:
    """Import the function that "module:function" names."""
    module, _, function = target.partition(":")
    verb: Verb = getattr(import_module(module), function)
    return verb


def end_in_order(signal_number: int, frame: FrameType | None) -> None:
    """End this process as an exception does, so that what is open is closed."""
    sys.exit(128 + signal_number)


def end_with_worker(worker: int) -> None:
    """End this process when the worker is gone: nobody would wait for it or cancel it."""
    while os.getppid() == worker:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    place, job_number, attempt_number, function_name, worker_id = sys.argv[1:]
    code = main(
        Path(place), int(job_number), int(attempt_number), target=function_name, worker=int(worker_id)
    )
    sys.exit(code)
