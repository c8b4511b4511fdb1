"""Let Label Studio serve what the strategy proposed, in its order, with the model's answers to mend.

Label Studio serves, of all predictions of the project's model version, that with the lowest score
first. So each ranking becomes one version of predictions with rising scores. It is sent in one request,
counted, and only then switched to; what came before goes later, one by one, as nobody who labels shall
wait for it (docs/decisions/0006-label-studio-live.md has the measurements).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from workbench.domain.documents import Document
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Batch
from workbench.errors import NotEnoughDataError, RemoteError, UnreachableError
from workbench.serving.predictions import Prediction, predictions_of
from workbench.sources.label_studio.config import Control
from workbench.sources.label_studio.predicting import label_regions, span_regions, spellings
from workbench.usecases.label_studio import Server, open_server
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, newest_run, remark_on_labels

PLAIN = frozenset({"least-confidence", "margin", "entropy"})  # their utility is one minus a confidence
SERVED_BY = "Uncertainty sampling"
VERSION = "workbench-"
# How long a version may still be incomplete after its request got lost.
LEAST_PATIENCE, PREDICTIONS_A_SECOND = 20.0, 200.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A document in the order in which it shall be served; `score` rises from the first to the last."""

    document_id: str
    score: float


@dataclass(slots=True)
class PublishReport:
    """The new version, how many tasks it orders, and how many of them have an answer to mend."""

    version: str = ""
    n_tasks: int = 0
    n_answers: int = 0
    warnings: list[str] = field(default_factory=list)
    n_old: int = 0


def publish_order(project: Project, question_name: str = "", *, progress: Progress = silent) -> PublishReport:
    """Publish the newest batch of a question, or those of all questions, taking turns.

    Raises NotEnoughDataError when no batch has a document that still wants an answer there, and
    RemoteError when the server did not take every prediction; it then goes on with the version before.
    """
    with open_server(project) as server:
        report = publish_over(server, question_name, progress=progress)
        report.n_old = len(server.link.state.get("old_versions", ()))
        return report


def publish_over(server: Server, question_name: str = "", *, progress: Progress = silent) -> PublishReport:
    """Publish over an open connection; see `publish_order`."""
    asked = [server.project.store.question(question_name)] if question_name else _questions(server)
    tasks = open_tasks(server)
    batches = [server.project.store.latest_batch(question.name) for question in asked]
    order = in_order([batch for batch in batches if batch is not None], set(tasks))
    if not order:
        raise NotEnoughDataError(
            "No proposed document waits for an answer in Label Studio.",
            hint=f"Propose some: workbench propose {server.project.name} --question {asked[0].name} --batch 200 "
            f"(and workbench label-studio push {server.project.name}, if they are new)",
        )
    report = PublishReport(n_tasks=len(order))
    regions = _regions(server, order, report, progress=progress)
    report.n_answers = sum(bool(found) for found in regions.values())
    rows = [
        {"task": tasks[p.document_id], "score": p.score, "result": regions.get(p.document_id, [])}
        for p in order
    ]
    progress(0, len(rows), "publishing the order")
    report.version, warnings = publish_version(server, rows)
    report.warnings += warnings
    progress(len(rows), len(rows), "publishing the order")
    return report


def _questions(server: Server) -> list[Question]:
    config = server.config
    return [question for question in server.project.store.questions() if config.control_of(question.name)]


def open_tasks(server: Server) -> dict[str, int]:
    """Return, by document, the tasks that still want an answer, as far as they were pulled."""
    wanted = max(int(server.remote["maximum_annotations"]), 1)
    known = [task for task in server.links.tasks().values() if not task.is_gone]
    annotators: dict[int, set[str]] = {}
    for key in server.links.last_answers([task.task for task in known]):
        annotators.setdefault(key.task, set()).add(key.annotator)
    found: dict[str, int] = {}
    for task in known:
        if len(annotators.get(task.task, ())) < wanted:
            found.setdefault(task.document_id, task.task)
    return found


def in_order(batches: Sequence[Batch], waiting: set[str]) -> list[Placed]:
    """Return the proposed documents that wait for an answer, best first, with rising scores in [0, 1].

    Batches of several questions take turns. One of a plain uncertainty keeps its confidence (one minus
    the utility) as score, as long as that rises; every other order becomes evenly spaced ranks.
    """
    ids = [[p.document_id for p in batch.proposals if p.document_id in waiting] for batch in batches]
    turns = (id for id in chain.from_iterable(zip_longest(*ids)) if id is not None)
    order = list(dict.fromkeys(turns))
    if len(batches) == 1 and batches[0].strategy in PLAIN:
        utility = {p.document_id: p.utility for p in batches[0].proposals}
        scores = rising([1.0 - utility[id] for id in order])
        if scores is not None:
            return [Placed(id, score) for id, score in zip(order, scores, strict=True)]
    return [Placed(id, (rank + 0.5) / len(order)) for rank, id in enumerate(order)]


def rising(scores: Sequence[float]) -> list[float] | None:
    """Return the scores with each a little above the one before where it is not; None when that leads above 1.

    >>> rising([0.25, 0.25, 0.5])
    [0.25, 0.25000000000000006, 0.5]
    """
    found: list[float] = []
    for score in scores:
        least = math.nextafter(found[-1], math.inf) if found else 0.0
        found.append(max(score, least))
    return found if not found or found[-1] <= 1.0 else None


def _regions(
    server: Server, order: Sequence[Placed], report: PublishReport, *, progress: Progress
) -> dict[str, list[dict[str, Any]]]:
    """Return the model's answers to every question that has a model, by document."""
    documents = server.project.store.documents(ids=[placed.document_id for placed in order])
    config = server.config
    regions: dict[str, list[dict[str, Any]]] = {}
    for question in _questions(server):
        control = config.control_of(question.name)
        if control is None:
            continue
        for document, prediction in _predictions(
            server.project, question, documents, report, progress=progress
        ):
            found = _said(control, prediction)
            regions.setdefault(document.id, []).extend(found)
        unknown = sorted(set(question.labels) - set(spellings(control)))
        if unknown:
            report.warnings.append(
                f"'{question.name}': Label Studio does not know {', '.join(unknown[:5])}; such answers are not shown"
            )
    return regions


def _predictions(
    project: Project,
    question: Question,
    documents: Sequence[Document],
    report: PublishReport,
    *,
    progress: Progress,
) -> Iterator[tuple[Document, Prediction]]:
    run = newest_run(project, question.name)
    if run is None:
        return
    if remark := remark_on_labels(question, run):
        report.warnings.append(f"{remark} Its answers are not shown.")
        return
    texts = [document.text for document in documents]
    scores = load_model(project, run, progress=progress).score(texts)[question.name]
    yield from zip(documents, predictions_of(scores, texts), strict=True)


def _said(control: Control, prediction: Prediction) -> list[dict[str, Any]]:
    if prediction.of_spans:
        return span_regions(control, [(entity.span, entity.score) for entity in prediction.entities])
    return label_regions(control, list(zip(prediction.labels, prediction.probabilities, strict=True)))


def publish_version(server: Server, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Send predictions as a new version, make sure that all are there once, and switch to it.

    Returns the version and warnings. Raises RemoteError when the server left some out or made some twice; then nothing is switched.
    """
    version = _free_version(server)
    current = server.link.state.get("version")
    old = [*server.link.state.get("old_versions", ()), version]
    server.remember(old_versions=old, n_versions=int(version.removeprefix(VERSION)))
    number, sent = server.link.remote_project, [{**row, "model_version": version} for row in rows]
    try:
        server.client.import_predictions(number, sent)
    except UnreachableError as error:
        if not error.sent:
            raise
        _wait_for(server, version, len(sent))
    n_there = server.client.model_versions(number).get(version, 0)
    if n_there != len(sent):
        raise RemoteError(
            f"Of {len(sent):,} predictions Label Studio has {n_there:,}; it leaves out those that its labelling "
            "config does not allow, and says nothing.",
            where=server.link.name,
            hint="The order of before stays. Try again; if it happens again, compare the labels of both sides.",
        )
    warnings = switch_to(server, version)
    left = [name for name in (*old, current) if name and name != version]
    server.remember(version=version, old_versions=list(dict.fromkeys(left)))
    return version, warnings


def _free_version(server: Server) -> str:
    """Return a name that no predictions on the server have: a restored backup may count from before."""
    taken = server.client.model_versions(server.link.remote_project)
    number = int(server.link.state.get("n_versions", 0)) + 1
    while f"{VERSION}{number}" in taken:
        number += 1
    return f"{VERSION}{number}"


def _wait_for(server: Server, version: str, n: int) -> None:
    """Wait until a server that lost its client has committed, or can have done so no more."""
    end = time.monotonic() + LEAST_PATIENCE + n / PREDICTIONS_A_SECOND
    while time.monotonic() < end:
        if server.client.model_versions(server.link.remote_project).get(version, 0) >= n:
            return
        time.sleep(1.0)


def switch_to(server: Server, version: str) -> list[str]:
    """Make Label Studio serve by a version, also where an ML backend is connected; return warnings.

    A backend sets the project's version to its own title, so the title follows the version.
    """
    number, warnings = server.link.remote_project, []
    for backend in server.client.backends(number):
        if backend.get("title") != version:
            try:
                server.client.rename_backend(backend, version)
            except RemoteError as error:
                warnings.append(
                    f"The ML backend '{backend.get('title')}' kept its title, and sets the order aside when it "
                    f"answers again: {error.message}"
                )
    server.client.update_project(
        number, model_version=version, sampling=SERVED_BY, show_collab_predictions=True
    )
    return warnings


def remove_old_versions(server: Server, *, at_most: int | None = None, progress: Progress = silent) -> int:
    """Delete predictions of versions that were switched away from, and return how many went.

    One by one: to delete a whole version keeps the database, and so everybody who labels, waiting. With
    `at_most` it stops early; the next call goes on.
    """
    n_done = 0
    # After a crash between switching and writing it down, the version that is served counts as old here.
    served = server.client.project(server.link.remote_project)["model_version"]
    if served in server.link.state.get("old_versions", ()):
        left = [name for name in server.link.state["old_versions"] if name != served]
        server.remember(version=served, old_versions=left)
    for version in list(server.link.state.get("old_versions", ())):
        ids = server.client.prediction_ids(server.link.remote_project, version)
        for place, prediction in enumerate(ids):
            if at_most is not None and n_done >= at_most:
                return n_done
            server.client.delete_prediction(prediction)
            n_done += 1
            progress(place + 1, len(ids), f"removing {version}")
        left = [name for name in server.link.state.get("old_versions", ()) if name != version]
        server.remember(old_versions=left)
    return n_done


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `publish`; arguments: `question` ('' for all)."""
    with open_folder(folder) as project:
        report = publish_order(project, arguments.get("question", ""), progress=progress)
        return {"version": report.version, "n_tasks": report.n_tasks, "n_answers": report.n_answers}
