"""A ranking as one change: the batch, and what the model that ranked says of its documents."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from workbench.domain.runs import Batch
from workbench.domain.suggestions import Suggestion
from workbench.store import documents, questions, queue, schema
from workbench.store.project_store import ProjectStore
from workbench.store.suggestions import suggestion_rows
from workbench.store.values import chunks

_suggestions = schema.suggestions.c
_batches = schema.batches.c


def replace_batch(
    store: ProjectStore, batch: Batch, suggestions: Sequence[Suggestion], *, newest: str | None
) -> bool:
    """Append a batch, if `newest` is still the id of the newest one (None: there is none), and tell whether it was.

    The suggestions take the place of those of their documents; other documents keep theirs. All of it
    or nothing: whoever asks for the next documents sees one ranking. The condition keeps a batch that
    somebody proposed in the meantime, as a control sample, from being covered unseen.
    """
    with store.database.write() as connection:
        asked = questions.get(connection, batch.question)
        number = queue.latest_batch_number(connection, asked)
        found = connection.execute(select(_batches.id).where(_batches.number == number)).scalar_one_or_none()
        if found != newest:
            return False
        queue.save_batch(connection, batch)
        for some in chunks(suggestions, documents.IDS_AT_ONCE):
            rows = suggestion_rows(connection, asked.number, some)
            theirs = _suggestions.document.in_([row["document"] for row in rows])
            connection.execute(
                delete(schema.suggestions).where(_suggestions.question == asked.number, theirs)
            )
            connection.execute(insert(schema.suggestions), rows)
    return True
