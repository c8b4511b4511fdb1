"""Which parts of a document were ever asked, or answered."""

from __future__ import annotations

from sqlalchemy import select

from workbench.domain.annotations import Scope
from workbench.store import questions, schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import scope_of

_annotations = schema.annotations.c
_batches = schema.batches.c
_proposals = schema.proposals.c
_documents = schema.documents.c


def scopes_asked(store: ProjectStore, question: str, document_id: str) -> set[Scope]:
    """Return the scopes that batches gave a document, and those that answers about it have.

    Of all batches: an answer may arrive after the next ranking. Raises UnknownNameError.
    """
    with store.database.read() as connection:
        asked = questions.get(connection, question).number
        about = _documents.id == document_id
        # Batch by batch: each looks its document up, where the table would be gone through.
        proposed = (
            select(_proposals.scope)
            .join(schema.batches, _batches.number == _proposals.batch)
            .join(schema.documents, _documents.position == _proposals.document)
            .where(_batches.question == asked, about, _proposals.scope.is_not(None))
        )
        answered = (
            select(_annotations.scope)
            .join(schema.documents, _documents.position == _annotations.document)
            .where(_annotations.question == asked, about, _annotations.scope.is_not(None))
        )
        found = {row.scope for query in (proposed, answered) for row in connection.execute(query.distinct())}
    scopes = {scope_of(text) for text in found}
    return {scope for scope in scopes if scope is not None}
