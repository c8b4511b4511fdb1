"""Runs on disk: a model, the documents it was judged on, and the facts to repeat it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from uuid import uuid4

from workbench import artefacts, catalog
from workbench.analysis.judged import JudgedDocument
from workbench.config import n_training_threads, stay_offline
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model, Progress, silent
from workbench.domain.runs import Run
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError, NotEnoughDataError
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.judge import Judgement
from workbench.usecases.project import Project

if TYPE_CHECKING:
    from workbench.networks.network import Network

STUDENT = "student"
RECORDED = ("annotation-workbench", "numpy", "torch", "transformers", "setfit", "scikit-learn", "tokenizers")


@runtime_checkable
class HasNetwork(Protocol):
    """A model that can give the network of a question."""

    def network(self, question: str) -> Network:
        """Return the network."""


def run_folder(project: Project, run_id: str) -> Path:
    """Return where a run's files are."""
    return project.models / run_id


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
            artefacts.write_json(work / "judged.json", [judged_as_dict(d) for d in judgement.documents])
        artefacts.publish_folder(work, run_folder(project, run.id), {"run": asdict(run)})
    finally:
        shutil.rmtree(work, ignore_errors=True)
    project.store.save_run(run)


def newest_run(project: Project, question: str) -> Run | None:
    """Return the newest run of a question, if there is one."""
    runs = project.store.runs(question)
    return runs[0] if runs else None


def need_run(project: Project, question: str, run_id: str = "", *, teacher: bool = False) -> Run:
    """Return the named run, else the newest, of teachers only if wanted.

    Raises UnknownNameError for an unknown run, InputError for a run of another question, and
    NotEnoughDataError when there is none yet.
    """
    if run_id:
        run = project.store.run(run_id)
        if run.question != question:
            raise InputError(f"The run {run_id} answers '{run.question}', not '{question}'.")
        return run
    runs = [run for run in project.store.runs(question) if not (teacher and run.learner == STUDENT)]
    if not runs:
        raise NotEnoughDataError(
            f"No model was trained for '{question}' yet.",
            hint=f"workbench train {project.name} --question {question}",
        )
    return runs[0]


def load_model(project: Project, run: Run, *, progress: Progress = silent) -> Model:
    """Load a run's model after checking every file of it. Raises ArtefactError."""
    folder = run_folder(project, run.id)
    artefacts.check_manifest(folder)
    stay_offline()
    if run.learner == STUDENT:
        from workbench.networks.student_model import StudentModel

        return StudentModel.load(folder / "model", run.question, n_threads=n_training_threads())
    encoder = project_encoder(project, run.config["encoder"]) if "encoder" in run.config else None
    context = LearnerContext(encoder=encoder, n_threads=n_training_threads(), progress=progress)
    kind = project.store.question(run.question).kind
    return catalog.learner(run.learner, kind, context).load(folder / "model")


def load_network_of(project: Project, run: Run) -> Network:
    """Load a run's model as one network. Raises InputError when it is none (as tfidf)."""
    model = load_model(project, run)
    if not isinstance(model, HasNetwork):
        raise InputError(
            f"The run {run.id} ({run.learner}) has no network to distil or export.",
            hint="Train linear, setfit or bert.",
        )
    return model.network(run.question)


def judged_as_dict(judged: JudgedDocument) -> dict[str, Any]:
    """Return a judged document as JSON values."""
    example = judged.example
    return {
        "id": example.document_id,
        "text": example.text,
        "scope": example.scope,
        "gold": {"labels": example.labels, "spans": [asdict(span) for span in example.spans]},
        "predicted": {
            "labels": judged.predicted_labels,
            "spans": [asdict(span) for span in judged.predicted_spans],
            "confidences": judged.confidences,
        },
    }


def judged_documents(project: Project, run: Run) -> list[JudgedDocument]:
    """Return the documents that a run was judged on. Raises ArtefactError when it has none."""
    path = run_folder(project, run.id) / "judged.json"
    if not path.exists():
        raise ArtefactError(
            f"The run {run.id} was not judged: it has no held-out documents.", where=str(path)
        )
    return [judged_from_dict(record) for record in artefacts.read_json(path)]


def judged_from_dict(record: dict[str, Any]) -> JudgedDocument:
    """Return the document that `judged_as_dict` wrote."""
    gold, predicted = record["gold"], record["predicted"]
    scope = tuple((start, end) for start, end in record["scope"]) if record["scope"] is not None else None
    example = Example(record["id"], record["text"], tuple(gold["labels"]), spans_from(gold["spans"]), scope)
    spans = spans_from(predicted["spans"])
    return JudgedDocument(example, tuple(predicted["labels"]), spans, tuple(predicted["confidences"]))


def spans_from(records: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    """Return spans from their JSON values."""
    return tuple(Span(**record) for record in records)
