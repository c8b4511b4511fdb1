"""Answers that were given to many documents at once: `raw` says which whole each belongs to."""

from __future__ import annotations

from sqlalchemy import func, select

from workbench.domain.annotations import Annotation
from workbench.store import questions, schema
from workbench.store.project_store import ProjectStore
from workbench.store.settled import is_settled
from workbench.store.values import AnyRow, annotation_of, from_json

BULK = "bulk"

_annotations = schema.annotations.c
_documents = schema.documents.c


def last_bulk(
    store: ProjectStore, question: str, annotator: str
) -> list[tuple[Annotation, Annotation | None]]:
    """Return the answers of an annotator's newest bulk that stand today, each with the one before it.

    The one before is None when there was none, or it was withdrawn.
    """
    with store.database.read() as connection:
        number = questions.get(connection, question).number
        theirs = (
            (_annotations.question == number)
            & (_annotations.annotator == annotator)
            & (_annotations.status != "draft")
            & ~is_settled(_annotations)
        )
        newest = select(func.max(_annotations.sequence)).where(theirs).group_by(_annotations.document)
        named = select(schema.annotations, _documents.id).join(
            schema.documents, _documents.position == _annotations.document
        )
        marked = (
            named.where(_annotations.sequence.in_(newest), _annotations.status == "answered")
            .where(_annotations.raw.like(f'{{"{BULK}":%'))
            .order_by(_annotations.sequence.desc())
        )
        standing = list(connection.execute(marked))
        names = [from_json(row.raw)[BULK] for row in standing]
        last = [row for row, name in zip(standing, names, strict=True) if name == names[0]]
        found: list[tuple[AnyRow, AnyRow | None]] = []
        for row in reversed(last):
            earlier = (
                named.where(
                    theirs, _annotations.document == row.document, _annotations.sequence < row.sequence
                )
                .order_by(_annotations.sequence.desc())
                .limit(1)
            )
            found.append((row, connection.execute(earlier).one_or_none()))
    return [(_annotation(row, question), _before(earlier, question)) for row, earlier in found]


def _before(row: AnyRow | None, question: str) -> Annotation | None:
    return None if row is None or row.status == "withdrawn" else _annotation(row, question)


def _annotation(row: AnyRow, question: str) -> Annotation:
    return annotation_of(row, document_id=row.id, question=question)
