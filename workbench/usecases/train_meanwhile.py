"""Train a slower learner now and then while people answer, so that it can take over the live ranking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from workbench import catalog
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Kind, Question
from workbench.domain.runs import Run
from workbench.errors import NotEnoughDataError
from workbench.store.jobs import Job, Jobs
from workbench.store.settings import Settings
from workbench.usecases.live_takeover import LIVE_LEARNER
from workbench.usecases.offer_training import check_training
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import options_of, remark_on_labels
from workbench.usecases.train_model import Training, train_model

# After 100 answers, then 150, 225, …: all trainings together take about three times as long as the last one.
FIRST, GROWTH = 100, 1.5
SLOW_LEARNER: Mapping[Kind, str] = MappingProxyType(
    {"textcat": "setfit", "textcat-multi": "setfit", "ner": "bert"}
)
VERB = "train-meanwhile"


def slow_learners(question: Question) -> tuple[str, ...]:
    """Return the learners that can be trained meanwhile: all but the one that ranks live."""
    return tuple(name for name in catalog.learner_names(question.kind) if name != LIVE_LEARNER[question.kind])


def learner_meanwhile(project: Project, question: Question) -> str:
    """Return the learner that is trained by itself, "" for none. Raises UnknownNameError."""
    wish = Settings(project.store).of(question.name).meanwhile
    return SLOW_LEARNER[question.kind] if wish is None else wish


def step_of(n_answers: int) -> int:
    """Return at how many answers the newest training was due; 0 before the first.

    >>> [step_of(n) for n in (99, 100, 149, 150, 240)]
    [0, 100, 100, 150, 225]
    """
    due, step = 0, float(FIRST)
    while step <= n_answers:
        due, step = int(step), step * GROWTH
    return due


def ask_for_training(project: Project, question: Question, n_answers: int) -> Job | None:
    """Ask the worker to train the slower learner where that is due; return the job that was asked for.

    It is due after 100, 150, 225, … answers, unless a run of the learner has seen two thirds of today's
    answers. Each step asks once: a job that failed or was called off comes again with the next one, and one
    that was interrupted, as when the machine was switched off, goes on.
    """
    learner, step = learner_meanwhile(project, question), step_of(n_answers)
    if not learner or not step or has_run(project, question, learner, n_answers):
        return None
    key = f"{VERB} {question.name} {learner} {question.label_version} {step}"
    jobs = Jobs(project.store)
    job = jobs.enqueue(VERB, {"question": question.name, "learner": learner}, key=key)
    return jobs.resume(job.id) if job.state == "interrupted" else job


def train_meanwhile(
    project: Project, question_name: str, learner: str, *, progress: Progress = silent
) -> list[Run]:
    """Train the slower learner and then, on the answers of that moment, that of the live head; return the runs.

    The second speaks for the live head where the two are compared (see `live_takeover.better_run`). Both
    note that nobody asked for them; where no other run is there the second, the newest, proposes a batch at
    once, while the slower one would score the pool for minutes. Each is fitted as the newest run of its learner
    was: whoever chose balanced labels has them here, too. A slower run that is there already, as after
    an interruption, is not made again. Raises NotEnoughDataError when there is too little to learn from.
    """
    question = project.store.question(question_name)
    encoder, runs = encoder_name(project, question_name), project.store.runs(question_name)
    slow, live = (
        Training(question_name, name, encoder=encoder, config=options_of(name, runs), meanwhile=True)
        for name in (learner, LIVE_LEARNER[question.kind])
    )
    n_answers = check_training(project, slow)
    wanted = [live] if has_run(project, question, learner, n_answers) else [slow, live]
    return [train_model(project, training, progress=progress) for training in wanted]


def has_run(project: Project, question: Question, learner: str, n_answers: int) -> bool:
    """Tell whether a run of the learner with today's labels has seen two thirds of so many answers."""
    runs = [run for run in project.store.runs(question.name) if run.learner == learner]
    return any(GROWTH * run.n_examples > n_answers and not remark_on_labels(question, run) for run in runs)


def encoder_name(project: Project, question_name: str) -> str:
    """Return the encoder of the newest run on vectors, else of the newest batch, else the default one."""
    runs = project.store.runs(question_name)
    of_run = next((str(run.config["encoder"]) for run in runs if "encoder" in run.config), None)
    batch = project.store.latest_batch(question_name)
    ranking = batch.recipe.get("ranking", {}) if batch is not None else {}
    return of_run or str(ranking.get("encoder") or catalog.DEFAULT_ENCODER)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `train-meanwhile`; arguments: `question` and `learner`.

    Too few answers are no failure of something that nobody asked for, nor is a lead who chose otherwise while
    it waited: the result says why there is no run.
    """
    with open_folder(folder) as project:
        question = project.store.question(arguments["question"])
        if learner_meanwhile(project, question) != arguments["learner"]:
            return {"why": f"{arguments['learner']} is not trained meanwhile any more."}
        try:
            runs = train_meanwhile(project, arguments["question"], arguments["learner"], progress=progress)
        except NotEnoughDataError as error:
            return {"why": error.message}
        return {"run": runs[0].id, "figures": dict(runs[0].figures), "beside": runs[-1].id}
