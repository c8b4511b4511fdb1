"""Teach a smaller network what a run knows, on all documents of the pool."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import n_training_threads, stay_offline
from workbench.domain.annotations import now
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.steps import Steps
from workbench.errors import InputError, NotEnoughDataError
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.judge import Judgement, judge
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import (
    STUDENT,
    load_network_of,
    need_run,
    new_run_id,
    publish_run,
    refuse_old_labels,
    versions,
)

if TYPE_CHECKING:
    from workbench.distillation.student import StudentSettings
    from workbench.networks.network_model import NetworkModel

# A student of a few hundred texts is far from its teacher after three epochs.
LEAST_STEPS = 250
MOST_EPOCHS = 20


def distil_model(
    project: Project,
    question_name: str,
    *,
    run_id: str = "",
    seed: int = 0,
    config: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Run:
    """Distil a run into a student with fewer layers, and publish it as a run of its own.

    The student learns the teacher's scores of every pool document, answered or not, and is judged on
    the held-out documents. Options: layers, temperature, states_weight, epochs, learning_rate.
    Raises NotEnoughDataError without a teacher or without held-out documents, and InputError when the
    labels changed since the teacher was trained.
    """
    stay_offline()
    from workbench.distillation.student import distil
    from workbench.networks.network import network_scores
    from workbench.networks.network_model import NetworkModel

    question = project.store.question(question_name)
    teacher = need_run(project, question_name, run_id, teacher=True)
    refuse_old_labels(project, question, teacher)
    steps = Steps(progress)
    steps.begin("load")
    network = load_network_of(project, teacher)
    left_out = project.store.held_out_twins()
    texts = [d.text for d in project.store.documents(part="pool") if d.id not in left_out]
    started = time.monotonic()
    steps.begin("ask the teacher")
    soft = network_scores(network, texts, progress=steps)
    settings = student_settings(config or {}, n_texts=len(texts)).for_teacher(network)
    steps.begin("teach")
    student = distil(network, soft, texts, settings=settings, seed=seed, progress=steps)
    model = NetworkModel(question_name, student, {"teacher": teacher.id}, n_training_threads())
    steps.begin("judge")
    judgement = judge_student(project, question, model)
    run = replace(
        teacher,
        id=new_run_id(question_name, STUDENT),
        learner=STUDENT,
        seed=seed,
        config={**recorded_settings(settings), "teacher": teacher.id},
        versions=versions(),
        figures=judgement.figures.as_dict(),
        basis=judgement.basis,
        seconds=round(time.monotonic() - started, 3),
        created_at=now(),
        facts={},
    )
    steps.begin("save")
    publish_run(project, run, model, judgement)
    return run


def student_settings(config: Mapping[str, Any], *, n_texts: int) -> StudentSettings:
    """Return the settings of the student with these options; few texts are seen more often.

    Raises InputError for an unknown option.
    """
    from workbench.distillation.student import StudentSettings

    settings = StudentSettings()
    enough = min(MOST_EPOCHS, math.ceil(LEAST_STEPS * settings.batch_size / max(1, n_texts)))
    config = {"epochs": max(settings.training.epochs, enough), **config}
    of_training = {"epochs", "learning_rate", "head_learning_rate", "precision"}
    of_student = {"layers", "temperature", "states_weight", "batch_size"}
    unknown = sorted(set(config) - of_training - of_student)
    if unknown:
        known = ", ".join(sorted(of_training | of_student))
        raise InputError(f"A student has no setting '{unknown[0]}'.", hint=f"Known: {known}.")
    chosen = {name: config[name] for name in of_student & set(config)}
    if "layers" in chosen:
        chosen["layers"] = tuple(chosen["layers"])
    training = replace(settings.training, **{name: config[name] for name in of_training & set(config)})
    return replace(settings, **chosen, training=training)


def recorded_settings(settings: StudentSettings) -> dict[str, Any]:
    """Return all settings of a student, as JSON values."""
    found = asdict(settings)
    return {**found.pop("training"), **found}


def judge_student(project: Project, question: Question, model: NetworkModel) -> Judgement:
    """Judge a student on the held-out documents, which neither it nor its teacher has seen."""
    held_out = collect_examples(project, question.name, part="held-out")
    if not held_out:
        raise NotEnoughDataError(
            "A student is judged on held-out documents, and there are none.",
            hint=f"workbench import {project.name} FILE --held-out",
        )
    scores = model.score([example.text for example in held_out])[question.name]
    return judge(question, held_out, scores, basis="held-out")


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `distil`; arguments: `question_name`, `run_id`, `seed`, `config`."""
    with open_folder(folder) as project:
        run = distil_model(project, **arguments, progress=progress)
        return {"run": run.id, "figures": dict(run.figures)}
