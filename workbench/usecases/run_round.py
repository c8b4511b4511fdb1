"""One turn of the loop: learn from the answers so far, note the figures, ask for the next ones."""

from __future__ import annotations

from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Batch, Run
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.train_model import Training, train_model


def run_round(
    project: Project, training: Training, ranking: Ranking, *, progress: Progress = silent
) -> tuple[Run, Batch]:
    """Train, add a point to the learning curve, and propose the next batch with the new model."""
    run = train_model(project, training, progress=progress)
    batch = propose_batch(project, training.question, ranking, progress=progress)
    return run, batch
