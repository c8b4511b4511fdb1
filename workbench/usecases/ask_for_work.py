"""Leave long work to the project's worker: ask for it, look at it, call it off, take it up again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.store.jobs import RESUMABLE, WORKER_LOG, Job, Jobs, log_of
from workbench.usecases.import_upload import upload_path
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


def jobs_before(project: Project, job_id: int) -> list[Job]:
    """Return the jobs that a queued one waits for, the one at work first; the worker does one at a time."""
    line = Jobs(project.store).line()
    return list(takewhile(lambda job: job.id != job_id, line))


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
    """Queue a job again that failed, was cancelled or interrupted.

    Raises InputError for others, and for one whose upload is gone.
    """
    job = find_job(project, job_id)
    if job.state in RESUMABLE and not can_be_taken_up(project, job):
        raise InputError(
            f"The job {job_id} cannot be resumed: its file is gone.", hint="Upload the file again."
        )
    return Jobs(project.store).resume(job_id)


def can_be_taken_up(project: Project, job: Job) -> bool:
    """Tell whether a job ended in a way that it can go on from; not one that a file was refused in."""
    upload_id = job.arguments.get("upload_id")
    is_there = upload_id is None or upload_path(project, str(upload_id)).is_file()
    return job.state in RESUMABLE and is_there


def same_job(project: Project, verb: str, arguments: Mapping[str, Any]) -> Job | None:
    """Return the job that was asked for the same work and has not ended yet, the oldest; None without."""
    asked = dict(arguments)
    waiting = [job for job in reversed(jobs_of(project)) if job.state in ("queued", "running")]
    same = (job for job in waiting if job.verb == verb and dict(job.arguments) == asked)
    return next((job for job in same if not job.cancel_requested), None)
