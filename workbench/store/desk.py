"""An annotator's desk: the documents that lie on it, and the last decisions made there."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from types import MappingProxyType

from sqlalchemy import Connection, exists, select

from workbench.domain.annotations import Annotation
from workbench.domain.runs import Proposal
from workbench.store import documents, questions, queue, schema
from workbench.store.candidates import batch_candidates, control_candidates, other_candidates
from workbench.store.project_store import LEASE_SECONDS, ProjectStore
from workbench.store.questions import AskedQuestion
from workbench.store.settled import is_settled
from workbench.store.values import AnyRow, annotation_of, scope_of

ALSO_OPEN = "open too"
SOURCES = (batch_candidates, other_candidates, control_candidates)
_annotations = schema.annotations.c
_documents = schema.documents.c
_batches = schema.batches.c
_proposals = schema.proposals.c


@dataclass(frozen=True, slots=True)
class Asked:
    """A document on the desk, and why it is there for each question that it is asked."""

    document_id: str
    reasons: MappingProxyType[str, Proposal]


class Desk:
    """One annotator's part of a project."""

    def __init__(self, store: ProjectStore, annotator: str) -> None:
        self._database = store.database
        self._annotator = annotator

    def lay_out(
        self, question_names: Sequence[str], n: int, *, keep: Collection[str] = (), now: float | None = None
    ) -> list[Asked]:
        """Lease the next n documents for these questions and return them, best first.

        The newest batch of each question comes first, taking turns, then the pool in import order. A
        document is asked every question of these that still wants this annotator's answer. All other
        leases of the annotator on these questions end, but for the documents to keep. `now` is seconds
        since 1970. Raises UnknownNameError.
        """
        claimant = queue.Claimant(self._annotator, time.time() if now is None else now, LEASE_SECONDS)
        with self._database.write() as connection:
            asked = [questions.get(connection, name) for name in dict.fromkeys(question_names)]
            found = [_wanted(connection, one, n, claimant) for one in asked]
            chosen = _in_turns(found, n)
            for one, wanted in zip(asked, found, strict=True):
                _complete(connection, one, wanted, chosen, claimant)
                queue.lease(connection, one, [row for row in chosen if row in wanted], claimant=claimant)
                kept = {chosen[row] for row in chosen if row in wanted} | set(keep)
                queue.release(connection, self._annotator, question=one.first.name, keep=kept)
        return [
            Asked(
                id,
                MappingProxyType(
                    {
                        one.first.name: wanted[row]
                        for one, wanted in zip(asked, found, strict=True)
                        if row in wanted
                    }
                ),
            )
            for row, id in chosen.items()
        ]

    def open_ids(self, question_name: str) -> list[str]:
        """Return the pool's documents that want this annotator's answer and nobody else holds.

        In import order. Nothing is leased. Raises UnknownNameError.
        """
        with self._database.read() as connection:
            asked = questions.get(connection, question_name)
            return queue.open_for(connection, asked, self._annotator, now=time.time())

    def last_decisions(self, question_names: Sequence[str], n_documents: int) -> list[Annotation]:
        """Return what was answered or skipped about the last documents, newest first, in today's labels.

        What was taken back, has to be given again because its label was split or retired, or was settled
        (it is nobody's own answer, and no undo may reach it) is left out.
        """
        with self._database.read() as connection:
            asked = {one.number: one for one in (questions.get(connection, q) for q in question_names)}
            found: dict[int, list[Annotation]] = {}
            for row in _newest_first(connection, list(asked), self._annotator):
                if row.document not in found and len(found) == n_documents:
                    break
                answer = annotation_of(row, document_id=row.id, question=asked[row.question].first.name)
                today = asked[row.question].follow(answer)
                if today is not None:
                    found.setdefault(row.document, []).append(today)
        return list(chain.from_iterable(found.values()))

    def ranking(self, question_names: Sequence[str]) -> str:
        """Return what tells the newest batches of these questions from those before them."""
        with self._database.read() as connection:
            numbers = [
                queue.latest_batch_number(connection, questions.get(connection, name))
                for name in dict.fromkeys(question_names)
            ]
        return "-".join(str(number or 0) for number in numbers)


def _wanted(
    connection: Connection, asked: AskedQuestion, n: int, claimant: queue.Claimant
) -> dict[int, Proposal]:
    """Return the first n documents, by number, that want the annotator's answer."""
    queue.renew(connection, asked, claimant)
    rows = queue.take(connection, asked, n, claimant=claimant, sources=SOURCES)
    return {row.document: queue.proposal_of(row) for row in rows}


def _in_turns(found: Sequence[dict[int, Proposal]], n: int) -> dict[int, str]:
    """Return ids by number: the first of each question, then the second of each, up to n documents."""
    turns = chain.from_iterable(zip_longest(*(wanted.items() for wanted in found)))
    chosen: dict[int, str] = {}
    for turn in turns:
        if turn is not None and len(chosen) < n:
            chosen.setdefault(turn[0], turn[1].document_id)
    return chosen


def _complete(
    connection: Connection,
    asked: AskedQuestion,
    wanted: dict[int, Proposal],
    chosen: dict[int, str],
    claimant: queue.Claimant,
) -> None:
    """Add the chosen documents that want an answer to this question too, though it did not choose them."""
    others = [number for number in chosen if number not in wanted]
    if not others:
        return
    theirs = (_proposals.document == _documents.position) & (
        _proposals.batch == queue.latest_batch_number(connection, asked)
    )
    query = (
        select(_documents.position.label("document"), _documents.id, _proposals.scope)
        .outerjoin(schema.proposals, theirs)
        .where(_documents.position.in_(others))
    )
    for row in queue.still_wanted(connection, asked, list(connection.execute(query)), claimant=claimant):
        wanted[row.document] = Proposal(row.id, 0.0, ALSO_OPEN, scope_of(row.scope))


def _newest_first(connection: Connection, question_numbers: Sequence[int], annotator: str) -> list[AnyRow]:
    later = schema.annotations.alias().c
    superseded = exists().where(
        later.question == _annotations.question,
        later.document == _annotations.document,
        later.annotator == _annotations.annotator,
        later.sequence > _annotations.sequence,
        later.status != "draft",
        ~is_settled(later),
    )
    query = (
        select(schema.annotations, _documents.id)
        .join(schema.documents, _documents.position == _annotations.document)
        .where(_annotations.question.in_(question_numbers), _annotations.annotator == annotator)
        .where(_annotations.status.in_(("answered", "skipped")), ~superseded, ~is_settled(_annotations))
        .order_by(_annotations.sequence.desc())
        .limit(documents.IDS_AT_ONCE)
    )
    return list(connection.execute(query))
