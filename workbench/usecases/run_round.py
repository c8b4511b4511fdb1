"""One turn of the loop: learn from the answers so far, note the figures, ask for the next ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Batch, Run
from workbench.domain.steps import Steps
from workbench.errors import NotEnoughDataError
from workbench.usecases.note_stability import note_stability
from workbench.usecases.project import Project, open_folder
from workbench.usecases.propose_batch import Ranking, check_serves, propose_batch
from workbench.usecases.read_terms import terms_wanted
from workbench.usecases.train_model import Training, train_model


def run_round(
    project: Project, training: Training, ranking: Ranking, *, progress: Progress = silent
) -> tuple[Run, Batch]:
    """Train, propose the next batch with the new model, and note the round and how far it answers as the last.

    Raises InputError, before anything is trained, for a strategy that is not for the question or words that it
    cannot look for, and NotEnoughDataError when there is too little to learn from or nothing left to ask; in the second
    case the run stands and the round is noted, without a batch.
    """
    question = project.store.question(training.question)
    check_serves(ranking.strategy, question)  # before a training that may take an hour
    terms_wanted(ranking.strategy, question, ranking.terms)
    run = train_model(project, training, progress=progress)
    steps = Steps(progress)
    steps.begin("rank")
    try:
        batch = propose_batch(project, training.question, ranking, progress=steps)
    except NotEnoughDataError as error:
        _note_round(project, run, None)
        raise NotEnoughDataError(
            f"{error.message} The run {run.id} was trained and noted, without a batch.", hint=error.hint
        ) from None
    steps.begin("compare")
    _note_round(project, run, batch)
    return run, batch


def _note_round(project: Project, run: Run, batch: Batch | None) -> None:
    facts = {
        "n_labelled": run.n_examples,
        "run": run.id,
        "batch": batch.id if batch is not None else None,
        "basis": run.basis,
        "figures": dict(run.figures),
        "stability": note_stability(project, run),
    }
    project.store.save_round(run.question, facts)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `round`; arguments: `training` and `ranking`, the fields of each."""
    training, ranking = Training(**arguments["training"]), Ranking(**arguments.get("ranking", {}))
    with open_folder(folder) as project:
        run, batch = run_round(project, training, ranking, progress=progress)
        return {"run": run.id, "batch": batch.id, "n_proposed": len(batch.proposals)}
