"""Have the first batch of a question chosen as soon as somebody begins to answer it, without being told to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.config import Home
from workbench.domain.ports import Progress
from workbench.domain.steps import Steps
from workbench.errors import InputError, NotEnoughDataError
from workbench.store.jobs import Job, Jobs
from workbench.store.links import Links
from workbench.store.settings import Settings
from workbench.store.teamwork import Teamwork
from workbench.usecases.embed_pool import embed_pool
from workbench.usecases.manage_accounts import list_accounts
from workbench.usecases.project import Project, open_folder
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.train_meanwhile import encoder_name

VERB = "first-batch"
EACH = Ranking().n  # documents for each annotator: as many as a batch has by default
MOST = 200
IS_BEING_CHOSEN = "the first batch is being chosen; until it is there, documents come in import order"


def ask_first_batches(project: Project, question_names: Sequence[str]) -> dict[str, str]:
    """Ask for the first batches that are due; return in words, by question, that one is being chosen.

    Called where documents are served, so it reads little; the work itself is the worker's.
    """
    jobs = {name: ask_first_batch(project, name) for name in question_names}
    return {name: IS_BEING_CHOSEN for name, job in jobs.items() if job and job.state in ("queued", "running")}


def ask_first_batch(project: Project, question_name: str) -> Job | None:
    """Ask the worker for a question's first batch where one is due, and return the job; None where none is.

    Labels of another version ask once more, and so does a job that found nothing to do at its time. One that failed
    or was called off is not asked again: somebody has to look at it; one that was interrupted, as when the
    machine was switched off, goes on.
    """
    if why_none_is_due(project, question_name):
        return None
    jobs = Jobs(project.store)
    key = f"{VERB} {question_name} {project.store.question(question_name).label_version}"
    job, again = jobs.by_key(key), 1
    while job is not None and job.state == "done":
        again += 1
        job = jobs.by_key(f"{key} again {again}")
    if job is None:
        job = jobs.enqueue(
            VERB, {"question": question_name}, key=key if again == 1 else f"{key} again {again}"
        )
    return jobs.resume(job.id) if job.state == "interrupted" else job


def why_none_is_due(project: Project, question_name: str) -> str:
    """Return why nobody has to choose a first batch, "" when somebody has to. Raises UnknownNameError."""
    if project.store.latest_batch(question_name) is not None:
        return "there is a batch already"
    if not project.store.question(question_name).labels:
        return "the question has no labels yet"
    if Settings(project.store).of(question_name).live is False:
        return "ranking while people answer is switched off"
    if Links(project.store).find() is not None:
        return "the project is connected to Label Studio"
    return ""


def first_size(project: Project, question_name: str) -> int:
    """Return how many documents the first batch has: twenty for each annotator, by accounts or by who was seen.

    At most two hundred: accounts may be there for other projects, and live rankings keep the size.
    """
    n_accounts = len(list_accounts(Home(project.folder.parents[1])))
    wanted = EACH * max(1, n_accounts, Teamwork(project.store).n_annotators(question_name))
    return min(wanted, MOST)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `first-batch`; argument: `question`.

    What nobody asked for does not fail because something else came first: the result says why there is none.
    """
    name = arguments["question"]
    steps = Steps(progress)
    with open_folder(folder) as project:
        if why := why_none_is_due(project, name):
            return {"why": why}
        encoder = encoder_name(project, name)
        steps.begin("embed")
        embed_pool(project, encoder_name=encoder, progress=steps)
        steps.begin("rank")  # it may have rested until a training was through that proposed a batch
        if why := why_none_is_due(project, name):
            return {"why": why}
        ranking = Ranking(n=first_size(project, name), encoder=encoder)
        try:
            batch = propose_batch(project, name, ranking, progress=steps, is_first=True)
        except NotEnoughDataError as error:
            return {"why": error.message}
        except InputError:
            if why := why_none_is_due(project, name):
                return {"why": why}
            raise
        return {"batch": batch.id, "n_proposed": len(batch.proposals)}
