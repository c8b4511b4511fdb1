"""Runs on disk: a model, the documents it was judged on, and the facts to repeat it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from uuid import uuid4

from workbench import artefacts, catalog
from workbench.analysis.judged import JudgedDocument
from workbench.config import n_training_threads, stay_offline
from workbench.domain.ports import LearnerContext, Model, Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Run, is_live_run
from workbench.domain.scores import Scores
from workbench.errors import ArtefactError, InputError, NotEnoughDataError
from workbench.usecases import judged_files
from workbench.usecases.embed_pool import project_encoder, project_words
from workbench.usecases.judge import Judgement
from workbench.usecases.project import Project

if TYPE_CHECKING:
    from workbench.networks.network import Network

STUDENT = "student"
RECORDED = (
    "annotation-workbench",
    "numpy",
    "torch",
    "transformers",
    "setfit",
    "sentence-transformers",
    "scikit-learn",
    "tokenizers",
    "spacy",
    "onnxruntime",
)


@runtime_checkable
class HasNetwork(Protocol):
    """A model that can give the network of a question."""

    def network(self, question: str) -> Network:
        """Return the network."""


@runtime_checkable
class HasFacts(Protocol):
    """A model that can say how its training went, as JSON values."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What happened, by name."""


def facts_of(model: Model) -> dict[str, Any]:
    """Return what a model says of its training; nothing when it says nothing."""
    return dict(model.facts) if isinstance(model, HasFacts) else {}


def run_folder(project: Project, run_id: str) -> Path:
    """Return where a run's files are."""
    return project.models / run_id


def need_run_folder(project: Project, run: Run) -> Path:
    """Return where a run's files are. Raises ArtefactError when they are gone: a backup leaves them out."""
    folder = run_folder(project, run.id)
    if not folder.is_dir():
        train = f"workbench train {project.name} --question {run.question}"
        raise ArtefactError(
            f"The files of the run {run.id} are missing.",
            where=str(folder),
            hint=f"Copy models/{project.name} back to {project.models}, or train again: {train}",
        )
    return folder


def new_run_id(question: str, learner: str) -> str:
    """Return a fresh id that says what the run is."""
    return f"{question}-{learner}-{uuid4().hex[:8]}"


def versions() -> dict[str, str]:
    """Return the versions of the packages that shape a model."""
    found = {}
    for package in RECORDED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def publish_run(project: Project, run: Run, model: Model, judgement: Judgement | None) -> None:
    """Write the run's folder whole, then record the run in the store."""
    work = artefacts.empty_folder(project.models / f".{run.id}.part")
    try:
        (work / "model").mkdir()
        model.save(work / "model")
        if judgement is not None:
            judged_files.write_judgement(work, judgement)
        artefacts.publish_folder(work, run_folder(project, run.id), {"run": asdict(run)})
    finally:
        shutil.rmtree(work, ignore_errors=True)
    project.store.save_run(run)


def newest_run(project: Project, question: str) -> Run | None:
    """Return the newest run of a question that somebody asked for, else the newest, if there is one."""
    return usual_run(project.store.runs(question))


def usual_run(runs: Sequence[Run]) -> Run | None:
    """Return the first run that somebody asked for, else the first; None without any."""
    return next((run for run in runs if run.is_asked), runs[0] if runs else None)


def need_run(project: Project, question: str, run_id: str = "", *, teacher: bool = False) -> Run:
    """Return the named run, else the newest, of teachers only if wanted.

    What was trained by itself while people answered is passed over for what somebody asked for: an export
    must not take another model than a training made that somebody waited for.
    Raises UnknownNameError for an unknown run, InputError for a run of another question and for a live
    head, and NotEnoughDataError when there is none yet.
    """
    if run_id:
        if is_live_run(question, run_id):
            raise refuse_live(project, question, run_id)
        run = project.store.run(run_id)
        if run.question != question:
            raise InputError(f"The run {run_id} answers '{run.question}', not '{question}'.")
        return run
    runs = [run for run in project.store.runs(question) if not (teacher and run.learner == STUDENT)]
    usual = usual_run(runs)
    if usual is None:
        raise NotEnoughDataError(
            f"No model was trained for '{question}' yet.",
            hint=f"workbench train {project.name} --question {question}",
        )
    return usual


def refuse_live(project: Project, question: str, run_id: str) -> InputError:
    """Return the error that says why a live head cannot be looked at."""
    return InputError(
        f"{run_id} is a live head: it ranked while people answered, and was never stored.",
        hint="The same answers make a run that is: "
        f"workbench train {project.name} --question {question} --learner linear",
    )


def options_of(learner: str, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the options of a learner's newest run of these, newest first; {} without one."""
    return next((run.options for run in runs if run.learner == learner), {})


def remark_on_labels(question: Question, run: Run) -> str:
    """Say that the labels of a question are not those that a run learned; "" when they are."""
    if (run.label_version, run.labels) == (question.label_version, question.labels):
        return ""
    return (
        f"The labels of '{question.name}' changed since the run {run.id}: it learned version "
        f"{run.label_version}, today they are version {question.label_version}."
    )


def refuse_old_labels(project: Project, question: Question, run: Run) -> None:
    """Raise InputError when the question's labels are not those that the run learned."""
    remark = remark_on_labels(question, run)
    if remark:
        raise InputError(
            remark, hint=f"Train again: workbench train {project.name} --question {question.name}"
        )


def load_model(project: Project, run: Run, *, progress: Progress = silent) -> Model:
    """Load a run's model after checking every file of it. Raises ArtefactError."""
    folder = need_run_folder(project, run)
    artefacts.check_manifest(folder)
    stay_offline()
    kind = project.store.question(run.question).kind
    if run.learner == STUDENT:
        from workbench.networks.network_model import NetworkModel

        context = LearnerContext(n_threads=n_training_threads(), progress=progress)
        return NetworkModel.load(folder / "model", frozenset({kind}), context)
    encoder = project_encoder(project, run.config["encoder"]) if "encoder" in run.config else None
    words = project_words(project, run.learner)
    context = LearnerContext(encoder, n_threads=n_training_threads(), progress=progress, words=words)
    return catalog.learner(run.learner, kind, context).load(folder / "model")


def load_network_of(project: Project, run: Run) -> Network:
    """Load a run's model as one network. Raises InputError when it is none (as tfidf, kernel, tags)."""
    model = load_model(project, run)
    if not isinstance(model, HasNetwork):
        raise InputError(
            f"The run {run.id} ({run.learner}) has no network to distil or export.",
            hint="Train linear, setfit or bert.",
        )
    return model.network(run.question)


def judged_documents(project: Project, run: Run) -> list[JudgedDocument]:
    """Return the documents that a run was judged on. Raises ArtefactError when it has none."""
    return judged_files.read_documents(need_run_folder(project, run))


def judged_scores(project: Project, run: Run) -> Scores:
    """Return the scores of the documents that a run was judged on, in their order. Raises ArtefactError."""
    exclusive = project.store.question(run.question).kind == "textcat"
    return judged_files.read_scores(need_run_folder(project, run), run.labels, exclusive=exclusive)
