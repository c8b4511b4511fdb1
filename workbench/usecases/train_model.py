"""Fit a learner on a question's answers, judge it on documents it has not seen, and keep the run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench import catalog
from workbench.analysis.control import LEAST_ANSWERS
from workbench.analysis.dataset import find_conflicts
from workbench.analysis.figures import FigureBasis
from workbench.config import n_training_threads, stay_offline
from workbench.domain.annotations import now
from workbench.domain.documents import Part, folded_text
from workbench.domain.examples import Example
from workbench.domain.ports import Encoder, Learner, LearnerContext, Model, Progress, silent
from workbench.domain.questions import KINDS, Question
from workbench.domain.runs import MEANWHILE, Run, hash_examples
from workbench.domain.steps import Steps
from workbench.errors import InputError
from workbench.store.past import moment_of
from workbench.usecases.batch_recipe import learned_from
from workbench.usecases.collect_examples import collect_examples, need_examples
from workbench.usecases.embed_pool import project_encoder, project_words
from workbench.usecases.judge import Judgement, judge
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import facts_of, new_run_id, publish_run, versions
from workbench.usecases.score_folds import out_of_fold_scores

DEFAULT_LEARNER = {"textcat": "linear", "textcat-multi": "linear", "ner": "bert"}


@dataclass(frozen=True, slots=True)
class Training:
    """What to train: `config` overrides the learner's own settings by name; `meanwhile`: nobody asked for it."""

    question: str
    learner: str = ""
    seed: int = 0
    encoder: str = catalog.DEFAULT_ENCODER
    config: Mapping[str, Any] = field(default_factory=dict)
    meanwhile: bool = False


def train_model(project: Project, training: Training, *, progress: Progress = silent) -> Run:
    """Train, judge and publish one run.

    Figures come from the held-out documents; without any, from the control sample once thirty of it are
    answered; else from scores of five folds, each by a model fitted on the other four. Raises
    NotEnoughDataError when there is too little to learn from.
    """
    stay_offline()
    question = project.store.question(training.question)
    name = training.learner or DEFAULT_LEARNER[question.kind]
    steps = Steps(progress)
    steps.begin("collect")
    moment = moment_of(project.store, question.name)
    question, found = learned_from(project, question.name, moment)
    examples = need_examples(found, question.name)
    started = time.monotonic()
    encoder = encoder_of(project, name, training.encoder)
    context = LearnerContext(
        encoder=encoder,
        config=training.config,
        n_threads=n_training_threads(),
        progress=steps,
        words=project_words(project, name),
    )
    steps.begin("fit")
    learner = catalog.learner(name, question.kind, context)
    model = learner.fit({question: examples}, seed=training.seed)
    seconds = time.monotonic() - started
    steps.begin("judge")
    asked = {MEANWHILE: True} if training.meanwhile else {}
    judgement = judge_model(project, question, learner, model, examples=examples, seed=training.seed)
    run = Run(
        id=new_run_id(question.name, name),
        question=question.name,
        learner=name,
        seed=training.seed,
        labels=question.labels,
        label_version=question.label_version,
        n_examples=len(examples),
        data_hash=hash_examples(examples),
        config=recorded_config(learner, encoder, training.encoder),
        versions=versions(),
        figures=judgement.figures.as_dict(),
        basis=judgement.basis,
        seconds=round(seconds, 3),
        created_at=now(),
        facts={**facts_of(model), **contradictions(question, examples), "saw": moment.as_dict(), **asked},
    )
    steps.begin("save")
    publish_run(project, run, model, judgement)
    return run


def contradictions(question: Question, examples: Sequence[Example]) -> dict[str, Any]:
    """Count the texts that stand more than once with different answers; name the documents of the first.

    Case and white space make no other text, but for entities, whose places they shift.
    """
    if question.kind != "ner":
        examples = [replace(example, text=folded_text(example.text)) for example in examples]
    conflicts = find_conflicts(examples)
    if not conflicts:
        return {}
    first = [ids[0] for ids in conflicts[0].answers.values()]
    return {"contradicted_texts": len(conflicts), "contradicting_documents": first}


def recorded_config(learner: Learner, encoder: Encoder | None, encoder_name: str) -> dict[str, Any]:
    """Return all settings of a learner, with name and id of the encoder that its model needs, if any.

    The id names model, version and precision.
    """
    used = {"encoder": encoder_name, "encoder_id": encoder.id} if encoder is not None else {}
    return {**learner.config, **used}


def encoder_of(project: Project, learner: str, encoder_name: str) -> Encoder | None:
    """Return the encoder for a learner that works on vectors, one that remembers them; None for others.

    Raises InputError when the encoder has the name of a learner: it was meant as one.
    """
    if encoder_name in {name for kind in KINDS for name in catalog.learner_names(kind)}:
        raise InputError(
            f"'{encoder_name}' is a learner, not an encoder.", hint=f"Say --learner {encoder_name}."
        )
    return project_encoder(project, encoder_name) if learner in catalog.LEARNERS_ON_VECTORS else None


def judge_model(
    project: Project,
    question: Question,
    learner: Learner,
    model: Model,
    *,
    examples: Sequence[Example],
    seed: int,
) -> Judgement:
    """Judge on the held-out documents if there are answered ones, else on the control sample, else out of fold."""
    parts: dict[FigureBasis, Part] = {"held-out": "held-out", "control sample": "control"}
    for basis, part in parts.items():
        unseen = collect_examples(project, question.name, part=part)
        if len(unseen) >= (1 if part == "held-out" else LEAST_ANSWERS):
            scores = model.score([example.text for example in unseen])[question.name]
            return judge(question, unseen, scores, basis=basis)
    rng = np.random.default_rng(seed)
    fold_scores = out_of_fold_scores(learner, question, examples, seed=seed, rng=rng)
    return judge(question, examples, fold_scores, basis="out-of-fold")


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `train`; arguments: the fields of `Training`."""
    with open_folder(folder) as project:
        run = train_model(project, Training(**arguments), progress=progress)
        return {"run": run.id, "figures": dict(run.figures)}
