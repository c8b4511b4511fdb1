"""Annotations: appended, never changed. What is current is a query over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, delete, func, insert, select

from workbench.domain.annotations import Annotation
from workbench.domain.questions import label_now
from workbench.errors import InputError, UnknownNameError
from workbench.store import documents, questions, schema
from workbench.store.answers import check_answer
from workbench.store.questions import AskedQuestion
from workbench.store.settled import is_settled
from workbench.store.values import AnyRow, annotation_of, annotation_row, chunks, from_json, same_values

_annotations = schema.annotations.c
_documents = schema.documents.c

CONTENT = ("document", "question", "annotator", "status", "labels", "spans", "scope", "comment", "flagged")


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """How many annotations were recorded, and how many had been recorded before."""

    new: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What one annotator's answer to a question means today: the settled one, else the newest.

    `holds` is False when its label was split or retired since: the document is asked again.
    """

    document: int
    document_id: str
    annotator: str
    status: str
    holds: bool


def record(connection: Connection, sent: Sequence[Annotation]) -> RecordCounts:
    """Append annotations; one that was recorded before under its client id is counted, not repeated.

    Raises InputError for a client id that stands for something else, an unknown document, and an
    answer that does not fit its question; UnknownNameError for an unknown question.
    """
    asked = questions.load(connection)
    n_new = 0
    for chunk in chunks(sent, documents.IDS_AT_ONCE):
        n_new += _record_chunk(connection, asked, chunk)
    return RecordCounts(new=n_new, same=len(sent) - n_new)


def _record_chunk(
    connection: Connection, asked: Mapping[str, AskedQuestion], sent: Sequence[Annotation]
) -> int:
    numbers = documents.numbers_of(connection, [annotation.document_id for annotation in sent])
    query = select(_documents.position, _documents.text).where(_documents.position.in_(numbers.values()))
    texts = {row.position: row.text for row in connection.execute(query)}
    known = known_rows(connection, [annotation.client_id for annotation in sent])
    fresh = []
    for annotation in sent:
        if annotation.question not in asked:
            raise UnknownNameError("question", annotation.question, asked)
        question = asked[annotation.question]
        number = numbers[annotation.document_id]
        row = annotation_row(annotation, document=number, question=question.number)
        if is_known(known, row):
            continue
        check_answer(annotation, question, texts[number])
        known[annotation.client_id] = row
        fresh.append(row)
    if fresh:
        connection.execute(insert(schema.annotations), fresh)
        _end_leases(connection, fresh)
    return len(fresh)


def known_rows(connection: Connection, client_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the content of those annotations that are recorded already, by client id."""
    found: dict[str, Mapping[str, Any]] = {}
    columns = [schema.annotations.c[name] for name in CONTENT]
    for chunk in chunks(client_ids, documents.IDS_AT_ONCE):
        query = select(_annotations.client_id, *columns).where(_annotations.client_id.in_(chunk))
        for client_id, *values in connection.execute(query):
            found[client_id] = dict(zip(CONTENT, values, strict=True))
    return found


def is_known(known: Mapping[str, Mapping[str, Any]], row: Mapping[str, Any]) -> bool:
    """Tell whether the row was recorded before. Raises InputError when its client id means another one.

    Time, duration, label version and raw fields may differ: a file that is imported again has new ones.
    """
    before = known.get(row["client_id"])
    if before is None:
        return False
    if not same_values(before, row, CONTENT):
        raise InputError(
            f"The annotation '{row['client_id']}' is recorded with another content.",
            hint="A changed answer is a new annotation with a client id of its own.",
        )
    return True


def _end_leases(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """An answer or a skip ends the annotator's lease on the document."""
    names = ("question", "document", "annotator")
    done = [
        {f"of_{name}": row[name] for name in names}
        for row in rows
        if row["status"] in ("answered", "skipped")
    ]
    statement = delete(schema.leases)
    for name in names:
        statement = statement.where(schema.leases.c[name] == bindparam(f"of_{name}"))
    if done:
        connection.execute(statement, done)


def history(
    connection: Connection, *, question: str | None = None, document_id: str | None = None
) -> list[Annotation]:
    """Return every annotation as it was recorded, oldest first."""
    asked = questions.load(connection)
    names = {found.number: name for name, found in asked.items()}
    query = select(schema.annotations, _documents.id).join(
        schema.documents, _documents.position == _annotations.document
    )
    if question is not None:
        query = query.where(_annotations.question == questions.get(connection, question).number)
    if document_id is not None:
        query = query.where(_documents.id == document_id)
    return [
        annotation_of(row, document_id=row.id, question=names[row.question])
        for row in connection.execute(query.order_by(_annotations.sequence))
    ]


def n_answers(connection: Connection, question: str) -> int:
    """Return how many answers were ever recorded about the pool, also those that later ones replaced."""
    number = questions.get(connection, question).number
    pool = (_documents.position == _annotations.document) & (_documents.part == "pool")
    theirs = (_annotations.question == number) & (_annotations.status == "answered") & pool
    found: int = connection.execute(select(func.count(_annotations.sequence)).where(theirs)).scalar_one()
    return found


def current(
    connection: Connection, asked: AskedQuestion, among: Sequence[int] | None = None
) -> Iterator[tuple[int, Annotation]]:
    """Yield document numbers and the annotations that stand today, said in today's labels.

    Of all documents, or of those given by number, in import order. Newest is by order of recording,
    never by clock; a draft takes nobody's place; a withdrawn answer and one to be given again are left out.
    A settled answer stands in the place of its annotator's own, until it is settled anew.
    """
    for row in _standing(connection, asked, list(schema.annotations.c), among):
        annotation = annotation_of(row, document_id=row.id, question=asked.first.name)
        followed = asked.follow(annotation)
        if followed is not None:
            yield row.document, followed


def standings(
    connection: Connection, asked: AskedQuestion, among: Sequence[int] | None = None
) -> Iterator[Standing]:
    """Yield what every annotator's answer means today, all documents or those given by number."""
    names = ("document", "annotator", "status", "label_version", "labels", "spans")
    columns = [schema.annotations.c[name] for name in names]
    for row in _standing(connection, asked, columns, among):
        yield Standing(row.document, row.id, row.annotator, row.status, _holds(asked, row))


def _holds(asked: AskedQuestion, row: AnyRow) -> bool:
    since = asked.changes[row.label_version :]
    if not since:
        return True
    used = [*from_json(row.labels), *(span[2] for span in from_json(row.spans))]
    return all(label_now(label, since) is not None for label in used)


def _standing(
    connection: Connection, asked: AskedQuestion, columns: list[Any], among: Sequence[int] | None
) -> Iterator[AnyRow]:
    """Yield one row of each document and annotator: the settled answer if it holds, else the newest own."""
    theirs = _annotations.question == asked.number
    if among is not None:
        theirs = theirs & _annotations.document.in_(among)
    settled = select(_annotations.sequence).where(theirs, is_settled(_annotations)).limit(1)
    if connection.execute(settled).first() is None:  # the usual case, and three times as fast
        yield from connection.execute(_newest(theirs, columns, _annotations.annotator))
        return
    whose = case((is_settled(_annotations), ""), else_=_annotations.annotator)  # nobody's name is empty
    columns = [*columns, is_settled(_annotations).label("is_settled")]
    rows = connection.execute(_newest(theirs, columns, whose))
    for _, said in groupby(rows, key=lambda row: row.document):
        yield from _one_each(asked, list(said))


def _one_each(asked: AskedQuestion, said: list[AnyRow]) -> list[AnyRow]:
    """Leave out the own answer of who settled a document.

    Where the settled one does not hold any more, it is left out instead.
    """
    decided = next((row for row in said if row.is_settled), None)
    if decided is None:
        return said
    own = [row for row in said if row.annotator == decided.annotator and row is not decided]
    left_out = own if _holds(asked, decided) else [decided] if own else []
    return [row for row in said if not any(row is other for other in left_out)]


def _newest(theirs: ColumnElement[bool], columns: list[Any], whose: ColumnElement[str]) -> Select[Any]:
    """Select the newest of each document and of whose answer it is, without drafts and withdrawals.

    Own and settled answers, which are nobody's own, never take each other's place.
    """
    latest = select(func.max(_annotations.sequence)).where(theirs, _annotations.status != "draft")
    latest = latest.group_by(_annotations.document, whose)
    return (
        select(*columns, _documents.id)
        .join(schema.documents, _documents.position == _annotations.document)
        .where(_annotations.sequence.in_(latest), _annotations.status != "withdrawn")
        .order_by(_documents.position, _annotations.sequence)
    )


def answered(connection: Connection, asked: AskedQuestion) -> list[str]:
    """Return the ids of documents with an answer that holds."""
    found = standings(connection, asked)
    return list(dict.fromkeys(s.document_id for s in found if s.holds and s.status == "answered"))


def skipped(connection: Connection, asked: AskedQuestion) -> list[str]:
    """Return the ids of documents that were skipped and have no answer that holds."""
    found = list(standings(connection, asked))
    answers = {s.document_id for s in found if s.holds and s.status == "answered"}
    skips = [s.document_id for s in found if s.status == "skipped"]
    return [id for id in dict.fromkeys(skips) if id not in answers]


def requeued(connection: Connection, asked: AskedQuestion) -> list[str]:
    """Return the ids of documents that have to be answered again after a split or retired label."""
    found = list(standings(connection, asked))
    answers = {s.document_id for s in found if s.holds}
    lost = [s.document_id for s in found if not s.holds]
    return [id for id in dict.fromkeys(lost) if id not in answers]
