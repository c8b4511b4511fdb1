"""What several annotators did on one question: their work by the clock, and where they meet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from workbench.domain.annotations import FROM_A_FILE, Annotation
from workbench.store import questions, queue, schema
from workbench.store.bulk import BULK
from workbench.store.project_store import ProjectStore
from workbench.store.settled import is_settled
from workbench.store.values import annotation_of

_annotations = schema.annotations.c
_documents = schema.documents.c


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer or skip that stands; `created_at` is ISO 8601, `seconds` how long it took.

    `is_bulk`: it was given to many documents at once.
    """

    annotator: str
    status: str
    created_at: str
    seconds: float | None
    is_bulk: bool


class Teamwork:
    """What annotators did in one project. What came with a file that names nobody is left out."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def stamp(self, question: str) -> int:
        """Return a number that grows whenever something is recorded or labels change."""
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            newest = select(func.max(_annotations.sequence)).where(_annotations.question == asked.number)
            return (connection.execute(newest).scalar_one() or 0) + len(asked.changes)

    def entries(self, question: str) -> list[Entry]:
        """Return each annotator's own answer or skip to each document that is not held out, in order of recording.

        What was answered anew since or withdrawn is left out, and so are deciding answers
        (`Annotation.is_settled`).
        """
        is_bulk = func.coalesce(_annotations.raw.like(f'{{"{BULK}":%'), False)
        columns = (
            _annotations.annotator,
            _annotations.status,
            _annotations.created_at,
            _annotations.seconds,
            is_bulk,
        )
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            query = (
                select(*columns)
                .join(schema.documents, _documents.position == _annotations.document)
                .where(_documents.part != "held-out")
                .where(_annotations.sequence.in_(_newest(asked.number)))
                .where(_annotations.status.in_(("answered", "skipped")))
                .order_by(_annotations.sequence)
            )
            return [
                Entry(who, status, at, seconds, bool(bulk))
                for who, status, at, seconds, bulk in connection.execute(query)
            ]

    def n_annotators(self, question: str) -> int:
        """Return how many annotators have answered or skipped, or hold a document on their desk just now."""
        leases = schema.leases.c
        with self._database.read() as connection:
            number = questions.get(connection, question).number
            answered = select(_annotations.annotator).where(
                _annotations.question == number,
                _annotations.annotator != FROM_A_FILE,
                ~is_settled(_annotations),
            )
            holding = select(leases.annotator).where(leases.question == number, queue.active(time.time()))
            return len(set(connection.execute(answered.union(holding)).scalars()))

    def shared(self, question: str) -> list[Annotation]:
        """Return the annotations of the documents that several annotators answered, or one flagged.

        Each annotator's newest one that decides nothing, in today's labels, in import order of the
        documents. Skips are among them.
        """
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            newest = _newest(asked.number)
            met = (
                select(_annotations.document)
                .where(_annotations.sequence.in_(newest), _annotations.status != "withdrawn")
                .group_by(_annotations.document)
                .having(or_(func.count() > 1, func.max(_annotations.flagged) > 0))
            )
            query = (
                select(*schema.annotations.c, _documents.id)
                .join(schema.documents, _documents.position == _annotations.document)
                .where(_annotations.sequence.in_(newest), _annotations.status != "withdrawn")
                .where(_annotations.document.in_(met))
                .order_by(_documents.position, _annotations.sequence)
            )
            found = [
                asked.follow(annotation_of(row, document_id=row.id, question=question))
                for row in connection.execute(query)
            ]
        return [one for one in found if one is not None and not one.is_settled]

    def settled(self, question: str, among: Sequence[str]) -> dict[str, Annotation]:
        """Return the deciding answer of those documents that have one today, by id."""
        wanted = set(among)
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            latest = (
                select(func.max(_annotations.sequence))
                .where(_annotations.question == asked.number, _annotations.status != "draft")
                .where(is_settled(_annotations))
                .group_by(_annotations.document)
            )
            query = (
                select(*schema.annotations.c, _documents.id)
                .join(schema.documents, _documents.position == _annotations.document)
                .where(_annotations.sequence.in_(latest), _annotations.status == "answered")
                .order_by(_annotations.sequence)
            )
            rows = [
                annotation_of(row, document_id=row.id, question=question) for row in connection.execute(query)
            ]
        followed = [asked.follow(row) for row in rows if row.document_id in wanted]
        return {one.document_id: one for one in followed if one is not None}


def _newest(question: int) -> Select[Any]:
    """Select the newest annotation of each document and annotator that decides nothing."""
    return (
        select(func.max(_annotations.sequence))
        .where(_annotations.question == question, _annotations.status != "draft", _is_own())
        .group_by(_annotations.document, _annotations.annotator)
    )


def _is_own() -> ColumnElement[bool]:
    return (_annotations.annotator != FROM_A_FILE) & ~is_settled(_annotations)
