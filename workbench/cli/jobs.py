"""Work that is left to the worker: the option --later, and the command that shows and stops jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import ProjectName
from workbench.config import Home

if TYPE_CHECKING:
    from workbench.store.jobs import Job

Later = Annotated[
    bool, typer.Option("--later", help="Leave it to `workbench worker`; files are not written then.")
]
JobNumber = Annotated[int | None, typer.Option(metavar="NUMBER", show_default=False)]


def leave_to_worker(name: str, verb: str, arguments: Mapping[str, Any]) -> None:
    """Queue a job and say who will do it."""
    from workbench.usecases.ask_for_work import ask_for
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project:
        job = ask_for(project, verb, arguments)
    print(f"job {job.id} ({verb}) waits for the worker; it works with: workbench worker {name}")


def jobs(name: ProjectName, cancel: JobNumber = None, resume: JobNumber = None) -> None:
    """Show a project's jobs, newest first; cancel one, or resume one that did not end well."""
    from workbench.usecases.ask_for_work import call_off, jobs_of, take_up
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project:
        if cancel is not None:
            call_off(project, cancel)
        if resume is not None:
            take_up(project, resume)
        found = jobs_of(project)
    for job in found:
        print(f"  {job.id:4}  {job.verb:9} {job.state:12} {job_in_words(job)}".rstrip())
    if not found:
        print("no jobs; the option --later makes one")


def job_in_words(job: Job) -> str:
    """Return how far a job is, what it gave, or why it ended."""
    if job.state == "running" and job.total:
        return f"{job.what}: {job.done:,} of {job.total:,}"
    if job.result:
        return ", ".join(f"{key} {value}" for key, value in job.result.items() if not isinstance(value, dict))
    return " ".join(job.message.split())[:160]
