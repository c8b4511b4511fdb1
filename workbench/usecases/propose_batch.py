"""Choose the documents whose answers teach most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from workbench import catalog
from workbench.domain.annotations import now
from workbench.domain.ports import Encoder, Model, Progress, StrategyInputs, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.scores import Scores
from workbench.errors import NotEnoughDataError
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, newest_run, refuse_old_labels
from workbench.usecases.suggest_answers import keep_suggestions
from workbench.usecases.unanswered import unanswered


@dataclass(frozen=True, slots=True)
class Ranking:
    """How to choose: n documents by a strategy, ties and chance by the seed."""

    strategy: str = "cluster-margin"
    n: int = 20
    seed: int = 0
    encoder: str = catalog.DEFAULT_ENCODER


@dataclass(frozen=True, slots=True)
class Ranked:
    """The chosen rows of the candidates, best first, with their utilities and the reason.

    `scores` are the model's of all candidates, None when the strategy needs none.
    """

    rows: list[int]
    utilities: list[float]
    reason: str
    scores: Scores | None = None


def propose_batch(
    project: Project, question_name: str, ranking: Ranking, *, progress: Progress = silent
) -> Batch:
    """Rank the unanswered pool by the newest run's scores and store the best n as the next batch.

    Without a run yet the strategy must need no scores; use `random`. Raises NotEnoughDataError when
    every document of the pool is answered or skipped, and InputError when scores are needed and the
    labels changed since the run.
    """
    needs = catalog.strategy(ranking.strategy).needs
    question = project.store.question(question_name)
    left = unanswered(project, question_name)
    if not left:
        raise NotEnoughDataError(
            f"Every document of the pool is answered or skipped for '{question_name}'.",
            hint=f"Import more documents: workbench import {project.name} FILE",
        )
    texts = [document.text for document in project.store.documents(ids=left)]
    run = newest_run(project, question_name) if "scores" in needs else None
    if run is not None:
        refuse_old_labels(project, question, run)
    encoder = project_encoder(project, ranking.encoder) if "vectors" in needs else None
    model = load_model(project, run) if run is not None else None
    ranked = rank(question, texts, ranking, model=model, encoder=encoder, progress=progress)
    proposals = (
        Proposal(left[row], utility, ranked.reason)
        for row, utility in zip(ranked.rows, ranked.utilities, strict=True)
    )
    used_run = run.id if run is not None else None
    batch = Batch(
        uuid4().hex, question_name, ranking.strategy, ranking.seed, tuple(proposals), used_run, now()
    )
    project.store.save_batch(batch)
    if run is not None and ranked.scores is not None:
        keep_suggestions(project, run, left, texts, ranked.scores)
    return batch


def rank(
    question: Question,
    texts: Sequence[str],
    ranking: Ranking,
    *,
    model: Model | None,
    encoder: Encoder | None,
    progress: Progress = silent,
) -> Ranked:
    """Rank texts without touching the store; the same arguments give the same rows."""
    chooser = catalog.strategy(ranking.strategy)
    progress(0, len(texts), "ranking")
    scores = model.score(texts)[question.name] if model is not None and "scores" in chooser.needs else None
    vectors = encoder.encode(texts) if encoder is not None and "vectors" in chooser.needs else None
    inputs = StrategyInputs(len(texts), scores=scores, vectors=vectors)
    rows, utilities, reason = chooser(inputs, ranking.n, np.random.default_rng(ranking.seed))
    progress(len(texts), len(texts), "ranking")
    return Ranked([int(row) for row in rows], [float(u) for u in utilities], reason, scores)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `propose`; arguments: `question` and the fields of `Ranking`."""
    settings = dict(arguments)
    question = settings.pop("question")
    with open_folder(folder) as project:
        batch = propose_batch(project, question, Ranking(**settings), progress=progress)
        return {"batch": batch.id, "n_proposed": len(batch.proposals)}
