"""A project as it was: facts are appended only, so the past is the present without what came later.

SQLite looks a name up among a connection's temporary views before its tables. A connection whose views
of the same names leave out what came after a moment is asked by the same statements as any other, so
that no query exists twice, one for today and one for then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from workbench.domain.history import Moment
from workbench.store import questions, schema
from workbench.store.database import Database, connect
from workbench.store.project_store import ProjectStore


def moment_of(store: ProjectStore, question: str) -> Moment:
    """Return how far the facts about a question have grown. Raises UnknownNameError."""
    with store.database.read() as connection:
        asked = questions.get(connection, question)
        last = connection.execute(select(func.max(schema.annotations.c.sequence))).scalar_one()
        newest = connection.execute(select(func.max(schema.documents.c.position))).scalar_one()
    return Moment(last or 0, 0 if newest is None else newest + 1, len(asked.changes))


@contextmanager
def as_of(store: ProjectStore, question: str, moment: Moment) -> Iterator[ProjectStore]:
    """Open a store in which nothing was annotated, imported or relabelled after a moment.

    Labels are those that this question had then. Nothing can be written. Raises UnknownNameError.
    """
    with store.database.read() as connection:
        number = questions.get(connection, question).number
    views = {
        "annotations": f"sequence <= {int(moment.annotations)}",
        "documents": f"position < {int(moment.documents)}",
        "label_changes": f"question != {int(number)} OR version <= {int(moment.label_version)}",
    }
    path = store.database.path
    with ProjectStore(Database(path, connect=lambda: _connect(path, views))) as past:
        yield past


def _connect(path: Path, views: dict[str, str]) -> sqlite3.Connection:
    connection = connect(path)
    try:
        for table, condition in views.items():
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} WHERE {condition}")
        connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
