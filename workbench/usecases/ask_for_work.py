"""Leave long work to the project's worker: ask for it, look at it, call it off, take it up again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.store.jobs import WORKER_LOG, Job, Jobs, log_of
from workbench.usecases.project import Project

LOG_BYTES = 64 * 1024


def ask_for(project: Project, verb: str, arguments: Mapping[str, Any]) -> Job:
    """Put a job into the queue of the project's worker and return it.

    Raises UnknownNameError when the arguments name a question that the project does not ask.
    """
    asked = arguments.get("training", arguments)
    name = asked.get("question_name", asked.get("question"))
    if name is not None:
        project.store.question(name)
    return Jobs(project.store).enqueue(verb, arguments)


def jobs_of(project: Project) -> list[Job]:
    """Return all jobs, newest first."""
    return sorted(Jobs(project.store).list(), key=lambda job: job.id, reverse=True)


def find_job(project: Project, job_id: int) -> Job:
    """Return a job. Raises UnknownNameError."""
    return Jobs(project.store).get(job_id)


def last_lines(project: Project, job_id: int, n: int) -> str:
    """Return the last n lines that a job wrote; "" when it wrote nothing."""
    return _tail(project.folder / log_of(job_id), n)


def last_words_of_worker(project: Project, n: int) -> str:
    """Return the last n lines that workers wrote which the app started; "" when there are none."""
    return _tail(project.folder / WORKER_LOG, n)


def _tail(path: Path, n: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - LOG_BYTES))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-n:])


def call_off(project: Project, job_id: int) -> Job:
    """Cancel a job that waits, or ask the worker to end one that runs. Raises UnknownNameError."""
    return Jobs(project.store).cancel(job_id)


def take_up(project: Project, job_id: int) -> Job:
    """Queue a job again that failed, was cancelled or interrupted. Raises InputError for others."""
    return Jobs(project.store).resume(job_id)
