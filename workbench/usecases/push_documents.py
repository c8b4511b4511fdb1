"""Give Label Studio the documents of the pool, each once, whatever happens on the way.

An import there is all or nothing, but it is not idempotent, and its answer can get lost. So each one is
written down before it is sent, its first task carries a mark, and before anything else is sent the
marks on the server decide what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from workbench.domain.conversion import LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.ports import Progress, silent
from workbench.errors import Problem, SourceError, UnreachableError
from workbench.sources.label_studio.client import Fields
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.pulled import ext_id
from workbench.sources.label_studio.writing import TaskWriter
from workbench.store.links import LinkedTask
from workbench.usecases.label_studio import Server, open_server
from workbench.usecases.project import Project
from workbench.usecases.pull_answers import pull_from

MARK = "workbench"
AT_ONCE = 10_000
AT_ONCE_CHARACTERS = 50_000_000
MARKED = "id,data,meta,total_annotations,cancelled_annotations"
# A server that lost its client goes on with the import: how long its tasks may still appear.
LEAST_PATIENCE, TASKS_A_SECOND = 20.0, 500.0


@dataclass(slots=True)
class PushReport:
    """How many documents became tasks, how many had one already, and how many were answered here before.

    `recovered` are tasks of an earlier push whose answer got lost, `doubled` those that a repeated
    request made and that were deleted again.
    """

    pushed: int = 0
    known: int = 0
    recovered: int = 0
    doubled: int = 0
    answered: int = 0
    problems: list[Problem] = field(default_factory=list)


def push_documents(
    project: Project, *, unanswered_only: bool = False, progress: Progress = silent
) -> PushReport:
    """Make a task of every document of the pool that has none; held-out documents stay here.

    Tasks that are on the server already are found by their `ext_id` first. Interrupted, it goes on
    where it stopped. Raises RemoteError, and SourceError when the labelling config shows fields that
    the documents do not have.
    """
    with open_server(project) as server:
        return push_over(server, unanswered_only=unanswered_only, progress=progress)


def push_over(server: Server, *, unanswered_only: bool = False, progress: Progress = silent) -> PushReport:
    """Push over an open connection; see `push_documents`."""
    report = PushReport()
    report.recovered = settle_last_push(server)
    n_here = sum(not task.is_gone for task in server.links.tasks().values())
    if server.remote["task_number"] != n_here:
        report.doubled = undo_doubles(server)
        pull_from(server, whole=True, progress=progress)  # somebody made or deleted tasks
    answered = _answered(server)
    left = server.links.without_task()
    if unanswered_only:
        left = [document for document in left if document.id not in answered]
    report.answered = sum(document.id in answered for document in left)
    report.known = server.project.store.n_documents("pool") - len(left)
    progress(0, len(left), "making tasks")
    for documents in portions(left):
        _push(server, documents)
        report.pushed += len(documents)
        progress(report.pushed, len(left), "making tasks")
    if report.pushed:
        report.doubled += undo_doubles(server)
    return report


def _answered(server: Server) -> set[str]:
    store = server.project.store
    return {id for question in store.questions() for id in store.answered_ids(question.name)}


def portions(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Part documents into requests: few, as each has the server count the whole project."""
    portion: list[Document] = []
    characters = 0
    for document in documents:
        if portion and (len(portion) == AT_ONCE or characters + len(document.text) > AT_ONCE_CHARACTERS):
            yield portion
            portion, characters = [], 0
        portion.append(document)
        characters += len(document.text)
    if portion:
        yield portion


def _push(server: Server, documents: Sequence[Document]) -> None:
    """Make tasks of some documents, all or none, and remember which task is which document."""
    mark = uuid4().hex
    tasks = written(server, documents, mark)
    highest = max(server.links.tasks(), default=0)
    server.remember(push={"mark": mark, "after": highest, "n": len(tasks), "since": time.time()})
    try:
        numbers = server.client.import_tasks(server.link.remote_project, tasks)
    except UnreachableError as error:
        if not error.sent:
            server.remember(push=None)
            raise
        if not settle_last_push(server):
            raise
        return
    linked = [LinkedTask(n, document.id) for n, document in zip(numbers, documents, strict=True)]
    server.link = server.link.remembering(push=None, last_push={"mark": mark, "after": highest})
    server.links.add_tasks(server.link, linked)


def written(server: Server, documents: Sequence[Document], mark: str) -> list[dict[str, Any]]:
    """Return the tasks of some documents, without answers. Raises SourceError with all that fit no config."""
    writer = TaskWriter(server.config, frozenset())
    problems: list[Problem] = []
    tasks = []
    for document in documents:
        findings = Findings(document.id)
        # As a new document: what the layout of an export says about it belongs to another task.
        fresh = Document(document.id, document.text, document.metadata)
        task = writer.write(LabelledDocument(fresh), 0, findings)
        problems += findings.problems
        tasks.append({"data": task["data"]})
    if problems:
        raise SourceError(server.link.name, problems, hint="Nothing of this portion was sent.")
    tasks[0]["meta"] = {MARK: {"push": mark}}  # one is enough: all of them are there, or none
    return tasks


def settle_last_push(server: Server) -> int:
    """Find out what became of a push whose end is unknown, and return how many tasks it had made.

    Its tasks appear all at once or never; for a while after it was sent they may still come.
    """
    push = server.link.state.get("push")
    if push is None:
        return 0
    patience = LEAST_PATIENCE + push["n"] / TASKS_A_SECOND
    while True:
        new = _since(server, push)
        n_arrived = sum(_mark(task) == push["mark"] for task in new)
        if n_arrived or time.time() - push["since"] > patience or time.time() < push["since"]:
            break
        time.sleep(1.0)
    waiting = {document.id for document in server.links.without_task()} if n_arrived else set()
    once: dict[str, LinkedTask] = {}
    for task in new:
        if ext_id(task) in waiting:
            once.setdefault(ext_id(task), LinkedTask(task["id"], ext_id(task)))
    last = {"mark": push["mark"], "after": push["after"]}
    server.link = server.link.remembering(push=None, last_push=last if n_arrived else None)
    server.links.add_tasks(server.link, list(once.values()))
    if n_arrived > 1:
        undo_doubles(server)
    return len(once)


def _since(server: Server, push: dict[str, Any]) -> list[Fields]:
    """Return the tasks that are younger than a push, by rising number."""
    pages = server.client.tasks(server.link.remote_project, include=MARKED, after=push["after"])
    return [task for page in pages for task in page]


def _mark(task: Fields) -> str:
    meta = task.get("meta")
    own = meta.get(MARK) if isinstance(meta, dict) else None
    return str(own.get("push", "")) if isinstance(own, dict) else ""


def undo_doubles(server: Server) -> int:
    """Delete what a request that arrived twice has made twice, and return how many tasks that were.

    That it did, the mark of the last push says, which stands there twice then. Only tasks go that are
    younger than that push, are the second of a document, and hold nobody's answer; one with an answer
    stays, and the next pull takes it as a second task of its document.
    """
    last = server.link.state.get("last_push")
    n_there = server.client.project(server.link.remote_project)["task_number"]
    known = server.links.tasks()
    if last is None or n_there <= sum(not task.is_gone for task in known.values()):
        return 0
    new = _since(server, last)
    if sum(_mark(task) == last["mark"] for task in new) < 2:
        return 0
    documents = {task.document_id for task in known.values()}
    n_deleted = 0
    for task in new:
        has_answers = task.get("total_annotations") or task.get("cancelled_annotations")
        if task["id"] not in known and ext_id(task) in documents and not has_answers:
            server.client.delete_task(task["id"])
            n_deleted += 1
    return n_deleted
