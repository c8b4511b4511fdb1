"""Let Label Studio serve what the strategy proposed, in its order, with the model's answers to mend.

Label Studio serves, of all predictions of the project's model version, that with the lowest score
first. So each ranking becomes one version of predictions with rising scores. It is sent in one request,
counted, and only then switched to; what came before goes later, one by one, as nobody who labels shall
wait for it (docs/decisions/0006-label-studio-live.md has the measurements).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from workbench.domain.documents import Document
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Batch
from workbench.errors import NotEnoughDataError, Problem
from workbench.serving.predictions import Prediction, predictions_of
from workbench.sources.label_studio.config import Control, read_config
from workbench.sources.label_studio.predicting import label_regions, span_regions
from workbench.store.links import Links
from workbench.usecases.label_studio.pull import pull_from
from workbench.usecases.label_studio.push import push_control
from workbench.usecases.label_studio.server import Server, open_server
from workbench.usecases.label_studio.versions import publish_version
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, newest_run, remark_on_labels

PLAIN = frozenset({"least-confidence", "margin", "entropy"})  # their utility is one minus a confidence


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be published: the order of `tasks`, answers to mend by document, and the batches behind it."""

    order: Sequence[Placed]
    tasks: Mapping[str, int]
    regions: Mapping[str, list[dict[str, Any]]]
    batches: Mapping[str, str]
    warnings: Sequence[str]


def publish_order(project: Project, question_name: str = "", *, progress: Progress = silent) -> PublishReport:
    """Publish the newest batch of a question, or those of all questions, taking turns.

    Raises NotEnoughDataError when no batch has a document that still wants an answer there, and
    RemoteError when the server did not take every prediction; it then goes on with the version before.
    """
    with open_server(project) as server:
        pull_from(server, progress=progress)  # what is answered by now is not asked again
        left_out: list[Problem] = []
        push_control(server, left_out)
    # The models work while nobody waits for this synchronisation to end.
    prepared = prepare(project, question_name, progress=progress)
    prepared = replace(prepared, warnings=[*prepared.warnings, *map(str, left_out)])
    with open_server(project) as server:
        return publish_prepared(server, prepared, progress=progress)


def prepare(project: Project, question_name: str = "", *, progress: Progress = silent) -> Prepared:
    """Work out order and answers from what is known here, without the server."""
    link = Links(project.store).get()
    config = read_config(str(link.state["label_config"]), f"the labelling config of {link.name}")
    asked = [question for question in project.store.questions() if config.control_of(question.name)]
    ranked = [project.store.question(question_name)] if question_name else asked
    tasks = open_tasks(project)
    batches = [b for q in ranked if (b := project.store.latest_batch(q.name)) is not None]
    order = in_order(batches, set(tasks))
    if not order:
        raise NotEnoughDataError(
            "No proposed document waits for an answer in Label Studio.",
            hint=f"Propose some: workbench propose {project.name} --question QUESTION --batch 200 (with --strategy "
            f"random before the first training), and workbench label-studio push {project.name} if they are new.",
        )
    documents = project.store.documents(ids=[placed.document_id for placed in order])
    regions: dict[str, list[dict[str, Any]]] = {}
    warnings: list[str] = []
    for question in asked:
        control = config.control_of(question.name)
        if control is None:
            continue
        predicted = _predictions(project, question, documents, warnings, progress=progress)
        for document, prediction in predicted:
            regions.setdefault(document.id, []).extend(_said(control, prediction))
        if predicted and (unknown := sorted(set(question.labels) - set(control.spelling))):
            warnings.append(
                f"'{question.name}': Label Studio does not know {', '.join(unknown[:5])}; "
                "such answers are not shown"
            )
    return Prepared(order, tasks, regions, {batch.question: batch.id for batch in batches}, warnings)


def publish_prepared(server: Server, prepared: Prepared, *, progress: Progress = silent) -> PublishReport:
    """Send what was prepared, and switch to it; see `publish_order`."""
    rows = [
        {
            "task": prepared.tasks[placed.document_id],
            "score": placed.score,
            "result": prepared.regions.get(placed.document_id, []),
        }
        for placed in prepared.order
    ]
    progress(0, len(rows), "publishing the order")
    version, warnings = publish_version(server, rows)
    published = {**server.link.state.get("published", {}), **prepared.batches}
    server.remember(published=published)
    progress(len(rows), len(rows), "publishing the order")
    return PublishReport(
        version,
        n_tasks=len(rows),
        n_answers=sum(bool(row["result"]) for row in rows),
        warnings=[*prepared.warnings, *warnings],
        n_old=len(server.link.state.get("old_versions", ())),
    )


def open_tasks(project: Project) -> dict[str, int]:
    """Return, by document, the tasks that still want an answer, as far as they were pulled."""
    links = Links(project.store)
    wanted = max(int(links.get().state.get("annotators", 1)), 1)
    known = [task for task in links.tasks().values() if not task.is_gone]
    annotators: dict[int, set[str]] = {}
    for key in links.last_answers([task.task for task in known]):
        annotators.setdefault(key.task, set()).add(key.annotator)
    found: dict[str, int] = {}
    for task in known:
        if len(annotators.get(task.task, ())) < (task.overlap or wanted):
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


def _predictions(
    project: Project,
    question: Question,
    documents: Sequence[Document],
    warnings: list[str],
    *,
    progress: Progress,
) -> list[tuple[Document, Prediction]]:
    """Return what the newest model of a question says, nothing when there is none for its labels."""
    run = newest_run(project, question.name)
    if run is None:
        return []
    if remark := remark_on_labels(question, run):
        warnings.append(f"{remark} Its answers are not shown.")
        return []
    documents = [document for document in documents if document.part != "control"]  # nobody is primed there
    texts = [document.text for document in documents]
    scores = load_model(project, run, progress=progress).score(texts)[question.name]
    return list(zip(documents, predictions_of(scores, texts), strict=True))


def _said(control: Control, prediction: Prediction) -> list[dict[str, Any]]:
    if prediction.of_spans:
        return span_regions(control, [(entity.span, entity.score) for entity in prediction.entities])
    return label_regions(control, list(zip(prediction.labels, prediction.probabilities, strict=True)))


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `publish`; arguments: `question` ('' for all)."""
    with open_folder(folder) as project:
        report = publish_order(project, arguments.get("question", ""), progress=progress)
        return {"version": report.version, "n_tasks": report.n_tasks, "n_answers": report.n_answers}
