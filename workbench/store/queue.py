"""Batches of proposed documents, and leases: who is about to answer which of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from workbench.domain.annotations import now
from workbench.domain.history import chain_link
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.errors import InputError
from workbench.store import documents, questions, schema
from workbench.store.candidates import Candidates, Search, batch_candidates
from workbench.store.questions import AskedQuestion
from workbench.store.recording import standings
from workbench.store.values import AnyRow, checked_seed, chunks, from_json, scope_of, storable, to_json

_batches = schema.batches.c
_proposals = schema.proposals.c
_documents = schema.documents.c
_leases = schema.leases.c


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims, at which time (seconds since 1970), for how many seconds."""

    annotator: str
    now: float
    ttl: float


def save_batch(connection: Connection, batch: Batch) -> None:
    """Append a batch. Saving the same one again changes nothing; another one of its id is refused."""
    asked = questions.get(connection, batch.question)
    known = connection.execute(select(_batches.number).where(_batches.id == batch.id)).scalar_one_or_none()
    if known is not None:
        if get_batch(connection, known).proposals != batch.proposals:
            raise InputError(f"There is another batch '{batch.id}'.")
        return
    ids = [proposal.document_id for proposal in batch.proposals]
    numbers = documents.numbers_of(connection, ids)
    if len(numbers) != len(ids):
        raise InputError(f"The batch '{batch.id}' proposes a document twice.")
    row = {
        "id": storable(batch.id),
        "question": asked.number,
        "strategy": storable(batch.strategy),
        "seed": checked_seed(batch.seed),
        "run": batch.run,
        "created_at": batch.created_at or now(),
    }
    row["recipe"] = to_json(dict(batch.recipe), where=f"batch {batch.id}")
    row["chain"] = chain_link(_newest_chain(connection, asked), batch)
    saved = connection.execute(insert(schema.batches).returning(_batches.number), row).scalar_one()
    _save_proposals(connection, batch, saved, numbers)


def _newest_chain(connection: Connection, asked: AskedQuestion) -> str:
    """Return the chain of a question's newest batch, "" before the first."""
    query = select(_batches.chain).where(_batches.question == asked.number)
    return connection.execute(query.order_by(_batches.number.desc()).limit(1)).scalar_one_or_none() or ""


def _save_proposals(
    connection: Connection, batch: Batch, number: int, documents_by_id: dict[str, int]
) -> None:
    rows = [
        {
            "batch": number,
            "place": place,
            "document": documents_by_id[proposal.document_id],
            "utility": float(proposal.utility),
            "reason": storable(proposal.reason),
            "scope": None if proposal.scope is None else to_json(proposal.scope),
        }
        for place, proposal in enumerate(batch.proposals)
    ]
    if rows:
        connection.execute(insert(schema.proposals), rows)


def get_batch(connection: Connection, number: int) -> Batch:
    """Return a batch by its row number."""
    named = select(schema.batches, schema.questions.c.name).join(schema.questions)
    row = connection.execute(named.where(_batches.number == number)).one()
    query = (
        select(_documents.id, _proposals.utility, _proposals.reason, _proposals.scope)
        .join(schema.documents, _documents.position == _proposals.document)
        .where(_proposals.batch == number)
        .order_by(_proposals.place)
    )
    return Batch(
        id=row.id,
        question=row.name,
        strategy=row.strategy,
        seed=row.seed,
        proposals=tuple(proposal_of(found) for found in connection.execute(query)),
        run=row.run,
        created_at=row.created_at,
        recipe=from_json(row.recipe),
        chain=row.chain,
    )


def proposal_of(row: AnyRow) -> Proposal:
    """Return the proposal of a row with id, utility, reason and scope."""
    return Proposal(row.id, row.utility, row.reason, scope_of(row.scope))


def batches(connection: Connection, question: str) -> list[Batch]:
    """Return the batches of a question, oldest first."""
    asked = questions.get(connection, question)
    query = select(_batches.number).where(_batches.question == asked.number).order_by(_batches.number)
    return [get_batch(connection, number) for number in connection.execute(query).scalars()]


def latest_batch_number(connection: Connection, asked: AskedQuestion) -> int | None:
    """Return the row number of the newest batch of a question."""
    query = select(_batches.number).where(_batches.question == asked.number)
    return connection.execute(query.order_by(_batches.number.desc()).limit(1)).scalar_one_or_none()


def members_of_newest(
    connection: Connection, asked: AskedQuestion, strategies: Collection[str], among: Sequence[int] | None
) -> set[str]:
    """Return the ids in the newest batch, of these documents or of all, if one of the strategies drew it."""
    newest = latest_batch_number(connection, asked)
    query = (
        select(_documents.id)
        .join(schema.proposals, _documents.position == _proposals.document)
        .join(schema.batches, _batches.number == _proposals.batch)
        .where(_batches.number == newest, _batches.strategy.in_(strategies))
    )
    if among is None:
        return set(connection.execute(query).scalars())
    found: set[str] = set()
    for some in chunks(among, documents.IDS_AT_ONCE):
        found.update(connection.execute(query.where(_proposals.document.in_(some))).scalars())
    return found


def open_for(connection: Connection, asked: AskedQuestion, annotator: str, *, now: float) -> list[str]:
    """Return the ids of the pool's documents that want this annotator's answer and that nobody else holds.

    In import order. Nothing is leased.
    """
    theirs = select(_leases.document).where(
        _leases.question == asked.number, _leases.annotator != annotator, active(now)
    )
    held = set(connection.execute(theirs).scalars())
    answered: dict[int, set[str]] = defaultdict(set)
    for standing in standings(connection, asked):
        if standing.holds:
            answered[standing.document].add(standing.annotator)
    left_out = documents.held_out_twins(connection)
    pool = select(_documents.position, _documents.id).where(_documents.part == "pool")
    return [
        id
        for number, id in connection.execute(pool.order_by(_documents.position))
        if number not in held
        and id not in left_out
        and (
            number not in answered
            or (
                annotator not in answered[number]
                and len(answered[number]) < wanted_annotators(asked.first, id)
            )
        )
    ]


def claim(connection: Connection, asked: AskedQuestion, n: int, *, claimant: Claimant) -> list[Proposal]:
    """Lease the best n documents of the newest batch that still want this annotator's answer.

    Those that the annotator holds already come again, and all of the annotator's leases are renewed.
    """
    renew(connection, asked, claimant)
    chosen = take(connection, asked, n, claimant=claimant, sources=(batch_candidates,))
    lease(connection, asked, [row.document for row in chosen], claimant=claimant)
    return [proposal_of(row) for row in chosen]


def take(
    connection: Connection, asked: AskedQuestion, n: int, *, claimant: Claimant, sources: Sequence[Candidates]
) -> list[AnyRow]:
    """Return the first n documents of the sources that want this annotator's answer, without leasing them."""
    chosen: list[AnyRow] = []
    batch = latest_batch_number(connection, asked)
    search = Search(asked, batch, n, claimant.annotator)
    for source in sources:
        for found in source(connection, search) if n > 0 else ():
            free = still_wanted(connection, asked, found, claimant=claimant)
            chosen += free[: n - len(chosen)]
            if len(chosen) == n:
                return chosen
    return chosen


def wanted_annotators(question: Question, document_id: str) -> int:
    """Return how many annotators shall answer about a document.

    Which documents belong to the overlap share is read off a hash of their ids: always the same ones.
    """
    if question.overlap == 1 or question.overlap_share == 1.0:
        return question.overlap
    digest = sha256(f"{question.name}\x1f{document_id}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return question.overlap if place < question.overlap_share else 1


def release(
    connection: Connection, annotator: str, *, question: str | None = None, keep: Collection[str] = ()
) -> int:
    """End an annotator's leases but those on the documents to keep; return how many ended."""
    statement = delete(schema.leases).where(_leases.annotator == annotator)
    if question is not None:
        statement = statement.where(_leases.question == questions.get(connection, question).number)
    if keep:
        kept = documents.numbers_of(connection, list(keep)).values()
        statement = statement.where(_leases.document.not_in(kept))
    return connection.execute(statement).rowcount


def active(time: float) -> ColumnElement[bool]:
    """Select leases that hold at a time.

    One granted further in the future than it lasts comes from before the clock was set back: it ended.
    """
    return and_(_leases.expires_at > time, 2 * _leases.granted_at - _leases.expires_at <= time)


def still_wanted(
    connection: Connection, asked: AskedQuestion, candidates: list[AnyRow], *, claimant: Claimant
) -> list[AnyRow]:
    """Return the rows (`document`, `id`) that want one more annotator, and this one has not answered."""
    among = [row.document for row in candidates]
    # Leases first: an answer ends one, so where statements see different moments (PostgreSQL) the other
    # order could miss both.
    held: dict[int, set[str]] = defaultdict(set)
    query = select(_leases.document, _leases.annotator).where(
        _leases.question == asked.number, _leases.document.in_(among), active(claimant.now)
    )
    for row in connection.execute(query):
        held[row.document].add(row.annotator)
    answered: dict[int, set[str]] = defaultdict(set)
    for standing in standings(connection, asked, among):
        if standing.holds:
            answered[standing.document].add(standing.annotator)
    me = {claimant.annotator}
    return [
        row
        for row in candidates
        if claimant.annotator not in answered[row.document]
        and len(answered[row.document] | held[row.document] - me) < wanted_annotators(asked.first, row.id)
    ]


def renew(connection: Connection, asked: AskedQuestion, claimant: Claimant) -> None:
    """Make the annotator's leases on documents of a question last from now on."""
    mine = (_leases.question == asked.number) & (_leases.annotator == claimant.annotator)
    statement = update(schema.leases).where(mine, active(claimant.now))
    connection.execute(statement.values(granted_at=claimant.now, expires_at=claimant.now + claimant.ttl))


def lease(connection: Connection, asked: AskedQuestion, chosen: Sequence[int], *, claimant: Claimant) -> None:
    """Lease documents, given by number."""
    for among in chunks(chosen, documents.IDS_AT_ONCE):
        mine = (_leases.question == asked.number) & (_leases.annotator == claimant.annotator)
        connection.execute(delete(schema.leases).where(mine, _leases.document.in_(among)))
        rows = [
            {
                "question": asked.number,
                "document": document,
                "annotator": claimant.annotator,
                "granted_at": claimant.now,
                "expires_at": claimant.now + claimant.ttl,
            }
            for document in among
        ]
        connection.execute(insert(schema.leases), rows)
