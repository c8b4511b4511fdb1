"""See to it that the project's worker works: start one when there is none, and notice one that is gone."""

from __future__ import annotations

import os
import subprocess
import sys

from workbench.errors import MachineError
from workbench.store.jobs import LOCK_NAME, WORKER_LOG, Job, Jobs
from workbench.store.locks import FileLock
from workbench.usecases.project import Project

PROGRAM = "from workbench.cli.main import main; main()"


def has_worker(project: Project) -> bool:
    """Tell whether a worker of the project is at work, here or as anybody else's process."""
    with FileLock(project.folder / LOCK_NAME) as lock:
        return not lock.acquire()


def start_worker(project: Project) -> bool:
    """Start a worker that does the jobs that wait and then ends; tell whether one had to be started.

    It is nobody's child in the end: it outlives the page, the browser and the app. Two that are started
    at once do no harm, as one of them finds the lock taken and ends. Raises MachineError when no process
    can be started.
    """
    if has_worker(project):
        return False
    log = project.folder / WORKER_LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "worker", project.name, "--once"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                env={**os.environ, "WORKBENCH_HOME": str(project.folder.parents[1])},
                start_new_session=True,
            )
    except OSError as error:
        raise MachineError(f"No worker could be started: {error.strerror}.", where=str(log)) from error
    return True


def note_lost_jobs(project: Project) -> list[Job]:
    """Mark running jobs as interrupted when no worker is at work, and return them; they can be resumed."""
    jobs = Jobs(project.store)
    if not any(job.state == "running" for job in jobs.list()):
        return []
    with FileLock(project.folder / LOCK_NAME) as lock:
        return jobs.recover(stale_after=0) if lock.acquire() else []
