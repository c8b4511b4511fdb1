"""Choose the documents whose answers teach most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from workbench import catalog
from workbench.domain.annotations import now
from workbench.domain.ports import Choice, Progress, Strategy, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal, Run
from workbench.domain.scores import Scores
from workbench.errors import NotEnoughDataError
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.gather_inputs import Evidence, gather_inputs, wanted
from workbench.usecases.project import Project, open_folder
from workbench.usecases.read_terms import terms_wanted
from workbench.usecases.runs import load_model, newest_run, refuse_old_labels, remark_on_labels
from workbench.usecases.suggest_answers import keep_suggestions
from workbench.usecases.unanswered import unanswered

MODEL_INPUTS = frozenset({"scores", "labelled_scores", "features", "samples"})
VECTOR_INPUTS = frozenset({"vectors", "labelled_vectors"})
ANSWER_INPUTS = frozenset({"labelled_vectors", "labelled_targets", "labelled_scores"})


@dataclass(frozen=True, slots=True)
class Ranking:
    """How to choose: n documents by a strategy, ties and chance by the seed.

    `terms` are pairs of a word and its label ("" for none) for a strategy that looks for words.
    """

    strategy: str = "cluster-margin"
    n: int = 20
    seed: int = 0
    encoder: str = catalog.DEFAULT_ENCODER
    terms: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """The choice among the candidates, and the model's scores of all of them if the strategy looked at them."""

    choice: Choice
    scores: Scores | None = None


def propose_batch(
    project: Project, question_name: str, ranking: Ranking, *, progress: Progress = silent
) -> Batch:
    """Rank the unanswered pool by the newest run's scores and store the best n as the next batch.

    Without a run yet the strategy must need no scores, as `auto` and `random`. Raises NotEnoughDataError
    when every document of the pool is answered or skipped, and InputError when scores are needed and the
    labels changed since the run.
    """
    strategy = catalog.strategy(ranking.strategy)  # a wrong name is said before anything else
    question = project.store.question(question_name)
    left = unanswered(project, question_name)
    if not left:
        raise NotEnoughDataError(
            f"Every document of the pool is answered or skipped for '{question_name}'.",
            hint=f"Import more documents: workbench import {project.name} FILE",
        )
    texts = [document.text for document in project.store.documents(ids=left)]
    run = _run_for(project, question, strategy)
    ranked = rank(texts, ranking, _evidence(project, question, ranking, run), progress=progress)
    chosen = ranked.choice
    proposals = tuple(
        Proposal(left[row], float(utility), reason)
        for row, utility, reason in zip(chosen.rows, chosen.utilities, chosen.reasons, strict=True)
    )
    used_run = run.id if run is not None else None
    batch = Batch(uuid4().hex, question_name, ranking.strategy, ranking.seed, proposals, used_run, now())
    project.store.save_batch(batch)
    if run is not None and ranked.scores is not None:
        keep_suggestions(project, run, left, texts, ranked.scores)
    return batch


def _run_for(project: Project, question: Question, strategy: Strategy) -> Run | None:
    """Return the run that ranks, None when there is none or the strategy does not look at models.

    Raises InputError when the labels changed since the run and the strategy cannot do without it.
    """
    if not MODEL_INPUTS & wanted(strategy):
        return None
    run = newest_run(project, question.name)
    if run is None:
        return None
    if not MODEL_INPUTS & strategy.needs and remark_on_labels(question, run):
        return None
    refuse_old_labels(project, question, run)
    return run


def _evidence(project: Project, question: Question, ranking: Ranking, run: Run | None) -> Evidence:
    """Gather what the strategy looks at, and nothing that it does not."""
    names = wanted(catalog.strategy(ranking.strategy))
    answered = collect_examples(project, question.name) if ANSWER_INPUTS & names else ()
    encoder = project_encoder(project, ranking.encoder) if VECTOR_INPUTS & names else None
    model = load_model(project, run) if run is not None else None
    return Evidence(question, answered, model, encoder)


def rank(
    texts: Sequence[str], ranking: Ranking, evidence: Evidence, *, progress: Progress = silent
) -> Ranked:
    """Rank texts without touching the store; the same arguments give the same rows."""
    strategy = catalog.strategy(ranking.strategy)
    terms = terms_wanted(ranking.strategy, evidence.question, ranking.terms)
    progress(0, len(texts), "ranking")
    inputs = replace(gather_inputs(strategy, texts, evidence, seed=ranking.seed), terms=terms)
    choice = strategy(inputs, ranking.n, np.random.default_rng(ranking.seed))
    progress(len(texts), len(texts), "ranking")
    return Ranked(choice, inputs.scores)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `propose`; arguments: `question` and the fields of `Ranking`."""
    settings = dict(arguments)
    question = settings.pop("question")
    with open_folder(folder) as project:
        batch = propose_batch(project, question, Ranking(**settings), progress=progress)
        return {"batch": batch.id, "n_proposed": len(batch.proposals)}
