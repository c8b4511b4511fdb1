"""Give Label Studio the documents of the pool, each once, whatever happens on the way.

An import there is all or nothing, but it is not idempotent, and its answer can get lost. So each one is
written down before it is sent, its first task carries a mark, and before anything else is sent the
marks on the server decide what became of it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from workbench.domain.documents import Document
from workbench.domain.ports import Progress, silent
from workbench.errors import Problem, UnreachableError
from workbench.sources.label_studio.client import Fields
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.pulled import MARK, ext_id
from workbench.sources.label_studio.writing import TaskWriter
from workbench.store.links import LinkedTask
from workbench.usecases.label_studio.pull import pull_from
from workbench.usecases.label_studio.server import Server, open_server, remember_sync
from workbench.usecases.project import Project

AT_ONCE = 10_000
AT_ONCE_CHARACTERS = 50_000_000
MARKED = "id,data,meta"
ANSWERED = "id,total_annotations,cancelled_annotations"
PUSHES_KEPT = 20  # whose tasks are looked for when something is there twice
UNDONE_AT_ONCE = 500
# A server that lost its client goes on with the import: how long its tasks may still appear.
LEAST_PATIENCE, TASKS_A_SECOND = 20.0, 500.0


@dataclass(slots=True)
class PushReport:
    """How many documents became tasks, how many had one already, and how many were answered here before.

    `recovered` are tasks of an earlier push whose answer got lost, `doubled` those that a request made
    which arrived twice, or after it was given up, and that were deleted again.
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
    """Make a task of every document of the pool and every proposed one of the control part that has none.

    Held-out documents stay here, and so does what of the control part is not asked yet.

    Tasks that are on the server already are found by their `ext_id` first. Interrupted, it goes on
    where it stopped. Documents that no task can hold (a field of the labelling config is missing, or two
    have one name) stay here, and the report says why. Raises RemoteError.
    """
    with open_server(project) as server:
        return push_over(server, unanswered_only=unanswered_only, progress=progress)


def push_over(server: Server, *, unanswered_only: bool = False, progress: Progress = silent) -> PushReport:
    """Push over an open connection; see `push_documents`."""
    report = PushReport()
    report.recovered = settle_last_push(server)
    report.doubled = undo_doubles(server)
    n_here = sum(not task.is_gone for task in server.links.tasks().values())
    n_there = server.remote["task_number"]
    if n_there != n_here or (n_there and has_unknown_tasks(server)):
        pull_from(server, whole=True, progress=progress)  # somebody made or deleted tasks
    answered = _answered(server)
    left = server.links.without_task()
    if unanswered_only:
        left = [document for document in left if document.id not in answered]
    report.answered = sum(document.id in answered for document in left)
    report.known = server.links.n_for_tasks() - len(left)
    progress(0, len(left), "making tasks")
    n_done = 0
    for documents in portions(left):
        report.pushed += _push(server, documents, report.problems)
        n_done += len(documents)
        progress(n_done, len(left), "making tasks")
    if report.pushed:
        report.doubled += undo_doubles(server)
    remember_sync(server, "push", report)
    return report


def push_control(server: Server, problems: list[Problem]) -> int:
    """Make tasks of the proposed control documents that have none, and return how many.

    Only where documents were pushed before: a project that somebody else fills is not filled unasked.
    """
    if not (server.link.state.get("is_ours") or server.link.state.get("pushes")):
        return 0
    left = [document for document in server.links.without_task() if document.part == "control"]
    if not left:
        return 0
    settle_last_push(server)
    left = [document for document in server.links.without_task() if document.part == "control"]
    return sum(_push(server, documents, problems) for documents in portions(left))


def has_unknown_tasks(server: Server) -> bool:
    """Tell whether somebody made tasks since: as many may have been deleted."""
    known = server.links.tasks()
    highest = max((number for number, task in known.items() if not task.is_gone), default=0)
    pages = server.client.tasks(server.link.remote_project, include="id", after=highest)
    return any(page for page in pages)


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


def _push(server: Server, documents: Sequence[Document], problems: list[Problem]) -> int:
    """Make tasks of some documents, all or none, remember which is which, and return how many.

    Documents that no task can hold stay here, with a problem each.
    """
    mark = uuid4().hex
    written = dict(_tasks_of(server, documents, mark, problems))
    if not written:
        return 0
    tasks = list(written.values())
    # Not the numbers of deleted tasks: a server over SQLite gives the last of them anew.
    highest = max((n for n, task in server.links.tasks().items() if not task.is_gone), default=0)
    server.remember(push={"mark": mark, "after": highest, "n": len(tasks), "since": time.time()})
    try:
        numbers = server.client.import_tasks(server.link.remote_project, tasks)
    except UnreachableError as error:
        if not error.sent:
            server.remember(push=None)
            raise
        if not (n_made := settle_last_push(server)):
            raise
        return n_made
    _conclude(server, [LinkedTask(number, id) for number, id in zip(numbers, written, strict=True)])
    return len(numbers)


def _conclude(server: Server, linked: Sequence[LinkedTask], *, made: bool = True) -> None:
    """Remember what became of the push that is going on; its mark is kept, it may turn up once more."""
    push = server.link.state["push"]
    kept = {"mark": push["mark"], "after": push["after"], "made": made}
    pushes = [*server.link.state.get("pushes", ()), kept][-PUSHES_KEPT:]
    server.link = server.link.remembering(push=None, pushes=pushes)
    server.links.add_tasks(server.link, linked)


def _tasks_of(
    server: Server, documents: Sequence[Document], mark: str, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ids and tasks without answers; the first one carries the mark: all of them are there, or none."""
    writer, is_first = TaskWriter(server.config, frozenset()), True
    for document in documents:
        findings = Findings(document.id)
        # Without a layout: what an export says about a document belongs to another task.
        task: dict[str, Any] = {"data": writer.data_of_new(document, findings)}
        if findings.problems:
            problems.append(findings.as_one_problem())
            continue
        yield document.id, {**task, "meta": {MARK: {"push": mark}}} if is_first else task
        is_first = False


def settle_last_push(server: Server) -> int:
    """Find out what became of a push whose end is unknown, and return how many tasks it had made.

    Its tasks appear all at once or never; for a while after it was sent they may still come.
    """
    push = server.link.state.get("push")
    if push is None:
        return 0
    patience = LEAST_PATIENCE + push["n"] / TASKS_A_SECOND
    while True:
        new = _since(server, push["after"])
        n_arrived = sum(_mark(task) == push["mark"] for task in new)
        if n_arrived or time.time() - push["since"] > patience or time.time() < push["since"]:
            break
        time.sleep(1.0)
    waiting = {document.id for document in server.links.without_task()} if n_arrived else set()
    once: dict[str, LinkedTask] = {}
    for task in new:
        if ext_id(task) in waiting:
            once.setdefault(ext_id(task), LinkedTask(task["id"], ext_id(task)))
    _conclude(server, list(once.values()), made=bool(n_arrived))
    return len(once)


def _since(server: Server, after: int) -> list[Fields]:
    """Return the tasks with numbers above one, by rising number."""
    pages = server.client.tasks(server.link.remote_project, include=MARKED, after=after)
    return [task for page in pages for task in page]


def _mark(task: Fields) -> str:
    meta = task.get("meta")
    own = meta.get(MARK) if isinstance(meta, dict) else None
    return str(own.get("push", "")) if isinstance(own, dict) else ""


def undo_doubles(server: Server) -> int:
    """Delete what the last pushes have made twice, and return how many tasks that were.

    A request may arrive twice, and one that was given up may arrive after all: the mark of a push says
    so, which stands there more often than it was sent. Of the younger tasks of one document the one that
    is known stays, and every one that holds somebody's answer.
    """
    pushes = server.link.state.get("pushes")
    if not pushes:
        return 0
    server.remote = server.client.project(server.link.remote_project)
    if server.remote["task_number"] <= server.links.n_linked_documents():
        return 0
    known = {number: task for number, task in server.links.tasks().items() if not task.is_gone}
    documents = {task.document_id for task in known.values()}
    new = _since(server, min(push["after"] for push in pushes))
    marks = Counter(map(_mark, new))
    if all(marks[push["mark"]] <= push["made"] for push in pushes):
        return 0
    made: dict[str, list[Fields]] = {}
    for task in new:
        if ext_id(task) in documents:
            made.setdefault(ext_id(task), []).append(task)
    surplus: list[Fields] = []
    for tasks in made.values():
        surplus += sorted(tasks, key=lambda task: (task["id"] not in known, task["id"]))[1:]
    # Those with a mark go last: without it, nobody would know of those that are left.
    numbers = [task["id"] for task in sorted(surplus, key=lambda task: bool(_mark(task)))]
    return sum(
        _delete_unanswered(server, numbers[start : start + UNDONE_AT_ONCE], known)
        for start in range(0, len(numbers), UNDONE_AT_ONCE)
    )


def _delete_unanswered(server: Server, numbers: Sequence[int], known: Mapping[int, LinkedTask]) -> int:
    client, project = server.client, server.link.remote_project
    idle = [
        task["id"]
        for task in client.tasks_with_ids(project, numbers, include=ANSWERED)
        if not task.get("total_annotations") and not task.get("cancelled_annotations")
    ]
    if idle:
        client.delete_tasks(project, idle)
        gone = [known[number]._replace(is_gone=True) for number in idle if number in known]
        server.links.add_tasks(server.link, gone)
    return len(idle)
