"""Documents that may want an annotator's answer, best first, in pieces: from the newest batch, then the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Select, exists, literal, null, select, true

from workbench.domain.documents import Part
from workbench.store import schema
from workbench.store.questions import AskedQuestion
from workbench.store.values import AnyRow

FEWEST = 8
MOST = 256
IN_IMPORT_ORDER = "next in import order"

_proposals = schema.proposals.c
_documents = schema.documents.c
_theirs = schema.annotations.alias().c
_later = schema.annotations.alias().c
_superseded = exists().where(
    _later.question == _theirs.question,
    _later.document == _theirs.document,
    _later.annotator == _theirs.annotator,
    _later.sequence > _theirs.sequence,
    _later.status != "draft",
)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: about n documents for an annotator; `batch` is the newest one's row number."""

    asked: AskedQuestion
    batch: int | None
    n: int
    annotator: str


Candidates: TypeAlias = Callable[[Connection, Search], Iterator[list[AnyRow]]]


def batch_candidates(connection: Connection, search: Search) -> Iterator[list[AnyRow]]:
    """Yield the newest batch's documents that may be free, best first.

    On PostgreSQL the rows are locked and those that another claim has locked are passed over; on
    SQLite the transaction is alone anyway and the clause is left out.
    """
    if search.batch is None:
        return
    query = (
        select(
            _proposals.place,
            _proposals.document,
            _proposals.utility,
            _proposals.reason,
            _proposals.scope,
            _documents.id,
        )
        .join(schema.documents, _documents.position == _proposals.document)
        .where(_proposals.batch == search.batch, ~_surely_done(search, _proposals.document))
        .order_by(_proposals.place)
        .with_for_update(skip_locked=True, of=schema.proposals)
    )
    yield from _in_pieces(connection, query, _proposals.place, search.n)


def other_candidates(connection: Connection, search: Search) -> Iterator[list[AnyRow]]:
    """Yield the pool's other documents that may be free, in import order.

    Texts that judge too, held out or control, are never asked: their answers would teach nothing.
    """
    judging = select(_documents.text_sha256).where(_documents.part != "pool")
    yield from _outside_the_batch(connection, search, "pool", _documents.text_sha256.not_in(judging))


def control_candidates(connection: Connection, search: Search) -> Iterator[list[AnyRow]]:
    """Yield the control part's documents that no batch asked, for when nothing else is left."""
    yield from _outside_the_batch(connection, search, "control", true())


def _outside_the_batch(
    connection: Connection, search: Search, part: Part, fits: ColumnElement[bool]
) -> Iterator[list[AnyRow]]:
    batched = select(_proposals.document).where(_proposals.batch == search.batch)
    query = (
        select(
            _documents.position.label("place"),
            _documents.position.label("document"),
            literal(0.0).label("utility"),
            literal(IN_IMPORT_ORDER).label("reason"),
            null().label("scope"),
            _documents.id,
        )
        .where(_documents.part == part, ~_surely_done(search, _documents.position), fits)
        .order_by(_documents.position)
        .with_for_update(skip_locked=True, of=schema.documents)
    )
    if search.batch is not None:
        query = query.where(_documents.position.not_in(batched))
    yield from _in_pieces(connection, query, _documents.position, search.n)


def _in_pieces(
    connection: Connection, query: Select[Any], place: Column[Any], n: int
) -> Iterator[list[AnyRow]]:
    """Yield the rows in pieces that grow, each found when it is asked for."""
    size, last = max(n, FEWEST), -1
    while True:
        found = list(connection.execute(query.where(place > last).limit(size)))
        if not found:
            return
        yield found
        last, size = found[-1].place, min(2 * size, MOST)


def _surely_done(search: Search, document: Column[Any]) -> ColumnElement[bool]:
    """Select documents that need no closer look: answered or skipped in today's labels.

    By anybody where one annotator is enough, else by this annotator. It spares walking through the
    answered part of a long batch; `queue.still_wanted` decides about the rest.
    """
    done = exists().where(
        _theirs.question == search.asked.number,
        _theirs.document == document,
        _theirs.status.in_(("answered", "skipped")),
        _theirs.label_version == search.asked.today.label_version,
        ~_superseded,
    )
    return done if search.asked.first.overlap == 1 else done.where(_theirs.annotator == search.annotator)
