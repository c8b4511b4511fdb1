"""See to it that the project's worker works: start one when there is none, and notice one that is gone."""

from __future__ import annotations

import os
import subprocess
import sys

from workbench.errors import MachineError
from workbench.store.jobs import INHERITED_LOCK, LOCK_NAME, WORKER_LOG, Job, Jobs
from workbench.store.locks import FileLock, exclusive
from workbench.usecases.project import Project

IDLE_SECONDS = 600  # it ranks the pool while people answer, so it stays for a while after the last one
PROGRAM = "from workbench.cli.main import main; main()"


def has_worker(project: Project) -> bool:
    """Tell whether a worker of the project is at work, here or as anybody else's process."""
    with exclusive(project.folder / LOCK_NAME) as free:
        return not free


def start_worker(project: Project) -> bool:
    """Start a worker, which ends when nothing happens any more; tell whether one had to be started.

    It is nobody's child in the end: it outlives the page, the browser and the app. It is given the
    worker's lock, so that of two pages that ask at once only one starts a worker. Raises MachineError
    when no process can be started.
    """
    log = project.folder / WORKER_LOG
    with FileLock(project.folder / LOCK_NAME) as lock:
        if not lock.acquire():
            return False
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, "worker", project.name, "--idle", str(IDLE_SECONDS)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                    env={
                        **os.environ,
                        "WORKBENCH_HOME": str(project.folder.parents[1]),
                        INHERITED_LOCK: str(lock.handle),
                    },
                    pass_fds=(lock.handle,),
                    start_new_session=True,
                )
        except OSError as error:
            raise MachineError(f"No worker could be started: {error.strerror}.", where=str(log)) from error
    return True


def note_lost_jobs(project: Project) -> list[Job]:
    """Mark running jobs as interrupted when no worker is at work, and return them; they can be resumed."""
    jobs = Jobs(project.store)
    if not jobs.any("running"):
        return []
    with exclusive(project.folder / LOCK_NAME) as free:
        return jobs.recover(stale_after=0) if free else []


def keep_working(project: Project) -> None:
    """Mark the jobs whose worker is gone, and start a worker when jobs wait and none is at work.

    Whoever looks at jobs calls it now and then, so that nothing waits for ever. Raises MachineError.
    """
    note_lost_jobs(project)
    if Jobs(project.store).any("queued"):
        start_worker(project)
