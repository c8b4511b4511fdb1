"""Which runs can be distilled or exported, and what speaks against it, as far as it is known beforehand."""

from __future__ import annotations

from workbench.domain.questions import check_slug
from workbench.domain.runs import Run
from workbench.errors import InputError, NotEnoughDataError
from workbench.usecases.project import Project
from workbench.usecases.runs import STUDENT, need_run_folder, refuse_old_labels

PRECISIONS = ("int8", "float32")
WITHOUT_NETWORK = frozenset({"tfidf", "kernel"})


def teachers(project: Project, question: str) -> list[Run]:
    """Return the runs of a question that a student can learn from, newest first."""
    return [run for run in exportable(project, question) if run.learner != STUDENT]


def exportable(project: Project, question: str) -> list[Run]:
    """Return the runs of a question that have a network, newest first.

    Of a learner that another package added it shows only when the job begins.
    """
    return [run for run in project.store.runs(question) if run.learner not in WITHOUT_NETWORK]


def check_distillation(project: Project, run_id: str) -> Run:
    """Return the run. Raises WorkbenchError for what would make a distillation of it fail."""
    run = _check(project, run_id, "distil")
    if run.learner == STUDENT:
        raise InputError(f"The run {run.id} is a student itself.", hint="Distil the run that taught it.")
    need_held_out(project, run.question, "A student")
    return run


def check_export(project: Project, run_id: str, precision: str) -> Run:
    """Return the run. Raises WorkbenchError for what would make an export of it fail."""
    run = _check(project, run_id, "export")
    need_held_out(project, run.question, "An export")
    name = bundle_name(run, precision)
    if (project.models / name).exists():
        raise InputError(
            f"The run {run.id} is exported in {precision} already.", hint=f"See {name} among the bundles."
        )
    return run


def bundle_name(run: Run, precision: str) -> str:
    """Return the name that an export of a run gets. Raises InputError when it is too long for a name."""
    name = run.id if run.id.startswith(f"{run.question}-") else f"{run.question}-{run.id}"
    return check_slug("bundle", f"{name}-{precision}")


def need_held_out(project: Project, question: str, what: str) -> int:
    """Return how many held-out documents are answered. Raises NotEnoughDataError when none is."""
    held_out = set(project.store.document_ids(part="held-out"))
    n_answered = len(held_out.intersection(project.store.answered_ids(question)))
    if not n_answered:
        raise NotEnoughDataError(
            f"{what} is judged on held-out documents with answers to '{question}', and there are none.",
            hint=f"Import some as held out on the page Data, or: workbench import {project.name} FILE --held-out",
        )
    return n_answered


def _check(project: Project, run_id: str, verb: str) -> Run:
    run = project.store.run(run_id)
    if run.learner in WITHOUT_NETWORK:
        raise InputError(
            f"The run {run.id} ({run.learner}) has no network to {verb}.",
            hint="Train linear, setfit or bert.",
        )
    refuse_old_labels(project, project.store.question(run.question), run)
    need_run_folder(project, run)
    return run
