"""The newest model's answers to unanswered documents. They are no facts: a newer ranking replaces them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.store import documents, questions, queue, schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import AnyRow, chunks, from_json, spans_as_lists, to_json

DIGITS = 4
_suggestions = schema.suggestions.c
_documents = schema.documents.c


class Suggestions:
    """What models suggest in one project."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def replace(self, question: str, fresh: Sequence[Suggestion]) -> None:
        """Put these in the place of all earlier ones of the question."""
        with self._database.write() as connection:
            asked = questions.get(connection, question)
            connection.execute(delete(schema.suggestions).where(_suggestions.question == asked.number))
            for some in chunks(fresh, documents.IDS_AT_ONCE):
                _insert(connection, asked.number, some)

    def of(self, question: str, ids: Sequence[str]) -> dict[str, Suggestion]:
        """Return the suggestions for these documents by id, those in the labels of today only."""
        found: dict[str, Suggestion] = {}
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            named = select(schema.suggestions, _documents.id).join(
                schema.documents, _documents.position == _suggestions.document
            )
            named = named.where(
                _suggestions.question == asked.number,
                _suggestions.label_version == asked.today.label_version,
            )
            for some in chunks(ids, documents.IDS_AT_ONCE):
                for row in connection.execute(named.where(_documents.id.in_(some))):
                    found[row.id] = _suggestion(row)
        return found

    def drawn_by(
        self, question: str, strategies: Collection[str], ids: Sequence[str] | None = None
    ) -> set[str]:
        """Return which of these documents (of all) the newest batch has, if one of the strategies drew it.

        Raises InputError for unknown ids.
        """
        with self._database.read() as connection:
            among = None if ids is None else list(documents.numbers_of(connection, ids).values())
            return queue.members_of_newest(connection, questions.get(connection, question), strategies, among)

    def ids_with(self, question: str, label: str) -> list[str]:
        """Return the documents whose first suggested label (or span's label) is this one, in import order."""
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            query = (
                select(_documents.id)
                .join(schema.suggestions, _documents.position == _suggestions.document)
                .where(_suggestions.question == asked.number, _suggestions.first_label == label)
                .where(_suggestions.label_version == asked.today.label_version)
            )
            return list(connection.execute(query.order_by(_documents.position)).scalars())

    def counts(self, question: str) -> dict[str, int]:
        """Return how many documents have each label as their first suggestion."""
        with self._database.read() as connection:
            asked = questions.get(connection, question)
            query = (
                select(_suggestions.first_label, func.count())
                .where(_suggestions.question == asked.number)
                .where(_suggestions.label_version == asked.today.label_version)
                .group_by(_suggestions.first_label)
            )
            return {row[0]: row[1] for row in connection.execute(query)}


def _insert(connection: Connection, question: int, fresh: Sequence[Suggestion]) -> None:
    rows = suggestion_rows(connection, question, fresh)
    if rows:
        connection.execute(insert(schema.suggestions), rows)


def suggestion_rows(
    connection: Connection, question: int, fresh: Sequence[Suggestion]
) -> list[dict[str, Any]]:
    """Return the columns of suggestions about a question, given by number."""
    numbers = documents.numbers_of(connection, [suggestion.document_id for suggestion in fresh])
    return [
        {
            "question": question,
            "document": numbers[suggestion.document_id],
            "run": suggestion.run,
            "label_version": suggestion.label_version,
            "first_label": first_label(suggestion),
            "answer": to_json(_answer(suggestion), where=f"suggestion for {suggestion.document_id}"),
        }
        for suggestion in fresh
    ]


def first_label(suggestion: Suggestion) -> str:
    """Return the label, or the label of the span, that a suggestion begins with, '' for none."""
    labels = suggestion.labels or tuple(span.label for span in suggestion.spans)
    return labels[0] if labels else ""


def _answer(suggestion: Suggestion) -> dict[str, object]:
    return {
        "labels": suggestion.labels,
        "likely": [[label, round(p, DIGITS)] for label, p in suggestion.likely],
        "spans": spans_as_lists(suggestion.spans),
        "sureness": [round(p, DIGITS) for p in suggestion.sureness],
    }


def _suggestion(row: AnyRow) -> Suggestion:
    answer = from_json(row.answer)
    return Suggestion(
        document_id=row.id,
        run=row.run,
        label_version=row.label_version,
        labels=tuple(answer["labels"]),
        likely=tuple((label, p) for label, p in answer["likely"]),
        spans=tuple(Span(*parts) for parts in answer["spans"]),
        sureness=tuple(answer["sureness"]),
    )
