"""What was said since: the annotations in the order in which they were recorded."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from workbench.store import questions, schema
from workbench.store.project_store import ProjectStore

_annotations = schema.annotations.c
_documents = schema.documents.c


@dataclass(frozen=True, slots=True)
class Said:
    """One annotation about a document; `sequence` grows with every one that is recorded."""

    sequence: int
    document_id: str
    created_at: str
    is_answer: bool
    annotator: str


class AnswerLog:
    """The annotations of one project by their sequence. Drafts are none."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def newest(self) -> int:
        """Return the sequence of the newest annotation of any question, 0 without; it takes one step."""
        with self._database.read() as connection:
            found: int | None = connection.execute(select(func.max(_annotations.sequence))).scalar_one()
            return found or 0

    def last_position(self) -> int:
        """Return the position of the document that was imported last, -1 without; it takes one step."""
        with self._database.read() as connection:
            found: int | None = connection.execute(select(func.max(_documents.position))).scalar_one()
            return -1 if found is None else found

    def since(self, question: str, sequence: int) -> list[Said]:
        """Return what was said of a question after `sequence`, oldest first. Raises UnknownNameError.

        Answers and skips are `is_answer`, withdrawals are not. Only what is newer is read.
        """
        with self._database.read() as connection:
            number = questions.get(connection, question).number
            # By sequence alone, the primary key: with the question too SQLite might read all of its answers.
            query = (
                select(
                    _annotations.sequence,
                    _annotations.question,
                    _annotations.status,
                    _annotations.created_at,
                    _annotations.annotator,
                    _documents.id,
                )
                .join(schema.documents, _documents.position == _annotations.document)
                .where(_annotations.sequence > sequence)
                .order_by(_annotations.sequence)
            )
            return [
                Said(row.sequence, row.id, row.created_at, row.status != "withdrawn", row.annotator)
                for row in connection.execute(query)
                if row.question == number and row.status != "draft"
            ]
