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


def leave_to_worker(
    name: str, verb: str, arguments: Mapping[str, Any], *, question: str = "", strategy: str = ""
) -> None:
    """Queue a job and say who will do it.

    What it asks of a strategy for a question is checked now: nobody reads the worker's errors.
    """
    from workbench.usecases.ask_for_work import ask_for
    from workbench.usecases.project import open_project
    from workbench.usecases.propose_batch import check_serves

    with open_project(Home.find(), name) as project:
        if strategy:
            check_serves(strategy, project.store.question(question))
        job = ask_for(project, verb, arguments)
    print(f"job {job.id} ({verb}) waits for the worker; it works with: workbench worker {name}")


def jobs(name: ProjectName, cancel: JobNumber = None, resume: JobNumber = None) -> None:
    """Show a project's jobs, newest first; cancel one, or resume one that did not end well."""
    from workbench.usecases.ask_for_work import call_off, jobs_of, take_up
    from workbench.usecases.keep_worker import note_lost_jobs
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project:
        note_lost_jobs(project)  # a worker that was killed could not say so
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
    """Return what was asked and when, and how far it is, what it gave, or why it ended."""
    return "; ".join(filter(None, [asked_in_words(job), outcome_in_words(job)]))


def asked_in_words(job: Job) -> str:
    """Return question, learner and strategy (of others the run or the encoder) and the time, in UTC.

    >>> from workbench.store.jobs import Job
    >>> asked = {"question": "topic", "learner": "", "strategy": "margin"}
    >>> asked_in_words(Job(1, "round", asked, "queued", created_at="2026-03-04T05:06:07.000008+00:00"))
    'topic, default learner, margin; asked 2026-03-04 05:06 UTC'
    """
    asked = {**job.arguments, **job.arguments.get("training", {}), **job.arguments.get("ranking", {})}
    learner = (asked["learner"] or "default learner") if "learner" in asked else ""
    encoder = asked.get("encoder_name", "")
    question = asked.get("question", asked.get("question_name", ""))
    what = ", ".join(filter(None, [question, learner, asked.get("strategy"), asked.get("run_id"), encoder]))
    when = f"asked {job.created_at[:16].replace('T', ' ')} UTC" if job.created_at else ""
    return "; ".join(filter(None, [what, when]))


def outcome_in_words(job: Job) -> str:
    """Return how far a job is, what it gave, or why it ended; "" while it waits."""
    if job.state == "running" and job.total:
        return f"{job.what}: {job.done:,} of {job.total:,}"
    if job.result:
        return ", ".join(f"{key} {value}" for key, value in job.result.items() if not isinstance(value, dict))
    return " ".join(job.message.split())[:160]
