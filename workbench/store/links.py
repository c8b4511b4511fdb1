"""The connection of a project to one project of Label Studio, and what was taken from there.

`link_tasks` says which task is which document and in which version (`seen`, the server's time of its
last change) its answers were taken. `link_answers` names the annotation that was recorded last for each
task, question and annotator, so that a synchronisation records what changed there and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select, update

from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import Imported
from workbench.domain.documents import Document
from workbench.errors import InputError
from workbench.store import documents, questions, schema
from workbench.store.importing import ImportCounts, Origin, take_documents
from workbench.store.project_store import ProjectStore
from workbench.store.values import annotation_of, chunks, document_of, from_json, storable, to_json

FORMAT = "label-studio"
_documents = schema.documents.c
_links = schema.links.c
_tasks = schema.link_tasks.c
_answers = schema.link_answers.c


@dataclass(frozen=True, slots=True)
class Link:
    """Where the project is annotated. `state` is what the synchronisation has to remember, as JSON values."""

    url: str
    remote_project: int
    remote_created_at: str
    token_file: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"Label Studio project {self.remote_project} at {self.url}"

    def remembering(self, **news: Any) -> Link:
        """Return the link with changes to its state; None takes a field out."""
        state = {name: value for name, value in {**self.state, **news}.items() if value is not None}
        return replace(self, state=state)


class LinkedTask(NamedTuple):
    """A task and its document; `seen` is '' as long as its answers were never taken.

    `overlap` is how many annotators it asks, 0 as long as the server was not asked.
    """

    task: int
    document_id: str
    seen: str = ""
    is_gone: bool = False
    overlap: int = 0


class AnswerKey(NamedTuple):
    """Whose answer to which question of which task."""

    task: int
    question: str
    annotator: str


LastAnswers: TypeAlias = dict[AnswerKey, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one step of a synchronisation found.

    `answers` gives the client id of the newest annotation of each key, None where there is none any more.
    """

    imported: Imported
    tasks: Sequence[LinkedTask] = ()
    answers: Mapping[AnswerKey, str | None] = field(default_factory=dict)


class Links:
    """The link of one project; every method is one transaction."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def find(self) -> Link | None:
        """Return the link, None when the project is not connected."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.links)).one_or_none()
        if row is None:
            return None
        return Link(row.url, row.remote_project, row.remote_created_at, row.token_file, from_json(row.state))

    def get(self) -> Link:
        """Return the link. Raises InputError when the project is not connected."""
        link = self.find()
        if link is None:
            raise InputError(
                "The project is not connected to Label Studio.",
                hint="Connect it: workbench label-studio connect NAME --url URL --project NUMBER; or make a "
                "project there: workbench label-studio create NAME --url URL",
            )
        return link

    def save(self, link: Link) -> None:
        """Remember the link with its state."""
        with self._database.write() as connection:
            _save(connection, link)

    def forget(self) -> None:
        """Forget the link and its tasks; documents and answers stay."""
        with self._database.write() as connection:
            for table in (schema.link_answers, schema.link_tasks, schema.links):
                connection.execute(delete(table))

    def tasks(self) -> dict[int, LinkedTask]:
        """Return every task that is known, also those that are gone, by number."""
        query = select(schema.link_tasks, _documents.id).join(schema.documents).order_by(_tasks.task)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {
            row.task: LinkedTask(row.task, row.id, row.seen, bool(row.is_gone), row.overlap) for row in rows
        }

    def without_task(self) -> list[Document]:
        """Return the documents that are to have a task and never had one that is known, in import order."""
        query = select(_documents.id, _documents.text, _documents.metadata, _documents.part)
        query = query.where(_is_for_a_task(), _documents.position.not_in(select(_tasks.document)))
        with self._database.read() as connection:
            return [document_of(row) for row in connection.execute(query.order_by(_documents.position))]

    def n_for_tasks(self) -> int:
        """Return how many documents are to have a task."""
        query = select(func.count(_documents.position)).where(_is_for_a_task())
        with self._database.read() as connection:
            found: int = connection.execute(query).scalar_one()
        return found

    def n_linked_documents(self) -> int:
        """Return how many documents have a task that is still there."""
        query = select(func.count(_tasks.document.distinct())).where(_tasks.is_gone == 0)
        with self._database.read() as connection:
            found: int = connection.execute(query).scalar_one()
        return found

    def last_answers(self, tasks: Iterable[int]) -> LastAnswers:
        """Return the annotations recorded last of some tasks, by their keys."""
        found: LastAnswers = {}
        with self._database.read() as connection:
            names = {asked.number: name for name, asked in questions.load(connection).items()}
            for chunk in chunks(list(tasks), documents.IDS_AT_ONCE):
                query = select(schema.link_answers).where(_answers.task.in_(chunk))
                for row in connection.execute(query):
                    found[AnswerKey(row.task, names[row.question], row.annotator)] = row.client_id
        return found

    def standing_besides(
        self, key: AnswerKey, document_id: str, besides: Collection[int]
    ) -> Annotation | None:
        """Return the same annotator's answer to the same question in another task of a document than these."""
        with self._database.read() as connection:
            asked = questions.get(connection, key.question)
            query = (
                select(schema.annotations)
                .join(schema.link_answers, schema.annotations.c.client_id == _answers.client_id)
                .join(schema.documents, _documents.position == schema.annotations.c.document)
                .where(_documents.id == document_id, _answers.task.not_in(besides))
                .where(_answers.question == asked.number, _answers.annotator == key.annotator)
                .order_by(schema.annotations.c.sequence.desc())
            )
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return None
        return annotation_of(row, document_id=document_id, question=key.question)

    def documents_of_files(self, ids: Sequence[str]) -> set[str]:
        """Return those documents that came with a Label Studio export: what that said of them is kept."""
        held, imports, found = schema.import_documents.c, schema.imports.c, set[str]()
        with self._database.read() as connection:
            for chunk in chunks(ids, documents.IDS_AT_ONCE):
                query = (
                    select(_documents.id)
                    .join(schema.import_documents, held.document == _documents.position)
                    .join(schema.imports, imports.number == held.file)
                    .where(imports.format == FORMAT, _documents.id.in_(chunk))
                )
                found.update(connection.execute(query).scalars())
        return found

    def known_client_ids(self, client_ids: Sequence[str]) -> set[str]:
        """Return those client ids under which an annotation was recorded."""
        annotations, found = schema.annotations.c, set[str]()
        with self._database.read() as connection:
            for chunk in chunks(client_ids, documents.IDS_AT_ONCE):
                query = select(annotations.client_id).where(annotations.client_id.in_(chunk))
                found.update(connection.execute(query).scalars())
        return found

    def add_tasks(self, link: Link, tasks: Sequence[LinkedTask]) -> None:
        """Remember new tasks and the link's state, both or none."""
        with self._database.write() as connection:
            _save_tasks(connection, tasks)
            _save(connection, link)

    def take(self, link: Link, taken: Taken) -> ImportCounts:
        """Record documents, answers, tasks and the link's state, all or nothing.

        Raises SourceError with every document or answer that contradicts the project.
        """
        with self._database.write() as connection:
            counts = take_documents(connection, taken.imported, Origin(link.name, "", FORMAT))
            _save_tasks(connection, taken.tasks)
            _save_answers(connection, taken.answers)
            _save(connection, link)
        return counts


def _save(connection: Connection, link: Link) -> None:
    row = {
        "url": storable(link.url),
        "remote_project": link.remote_project,
        "remote_created_at": storable(link.remote_created_at),
        "token_file": storable(link.token_file),
        "state": to_json(dict(link.state)),
    }
    changed = connection.execute(update(schema.links).where(_links.number == 1).values(row))
    if changed.rowcount == 0:
        connection.execute(insert(schema.links), {"number": 1, "created_at": now(), **row})


def _save_tasks(connection: Connection, tasks: Sequence[LinkedTask]) -> None:
    """Write tasks; a document that does not exist is refused by the database."""
    if not tasks:
        return
    _keep_gone(connection, {task.task: task.document_id for task in tasks})
    rows = [
        {
            "of": task.task,
            "its": task.document_id,
            "seen": storable(task.seen),
            "is_gone": int(task.is_gone),
            "overlap": task.overlap,
        }
        for task in tasks
    ]
    document = select(_documents.position).where(_documents.id == bindparam("its")).scalar_subquery()
    connection.execute(delete(schema.link_tasks).where(_tasks.task == bindparam("of")), rows)
    connection.execute(insert(schema.link_tasks).values(task=bindparam("of"), document=document), rows)


def _keep_gone(connection: Connection, news: Mapping[int, str]) -> None:
    """Move deleted tasks out of the way whose numbers were given to tasks of other documents.

    A server over SQLite gives the last numbers anew. What was deleted keeps a number below 0, so that it
    stays known that its document had a task.
    """
    gone = select(_tasks.task, _documents.id).join(schema.documents).where(_tasks.is_gone == 1)
    for number, document_id in connection.execute(gone).all():
        if number in news and document_id != news[number]:
            lowest = min(0, connection.execute(select(func.min(_tasks.task))).scalar_one())
            moved = update(schema.link_tasks).where(_tasks.task == number).values(task=lowest - 1)
            connection.execute(moved)


def _save_answers(connection: Connection, answers: Mapping[AnswerKey, str | None]) -> None:
    asked = questions.load(connection)
    for key, client_id in answers.items():
        number = asked[key.question].number
        theirs = (
            (_answers.task == key.task)
            & (_answers.question == number)
            & (_answers.annotator == key.annotator)
        )
        connection.execute(delete(schema.link_answers).where(theirs))
        if client_id is not None:
            row = {
                "task": key.task,
                "question": number,
                "annotator": key.annotator,
                "client_id": client_id,
            }
            connection.execute(insert(schema.link_answers), row)


def _is_for_a_task() -> ColumnElement[bool]:
    """Select the pool, and of the control part what was proposed or came from there; the rest waits for its turn."""
    is_known = or_(
        _documents.position.in_(select(schema.proposals.c.document)),
        _documents.position.in_(select(_tasks.document)),
    )
    return or_(_documents.part == "pool", and_(_documents.part == "control", is_known))
