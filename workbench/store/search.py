"""Find documents by their text, part and metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Part
from workbench.store import questions, recording, schema
from workbench.store.documents import IDS_AT_ONCE, numbers_of
from workbench.store.project_store import ProjectStore
from workbench.store.values import chunks, from_json

_documents = schema.documents.c
ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the documents must have: words in the text (case does not count in a-z), a part, metadata values."""

    text: str = ""
    part: Part | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def find_ids(store: ProjectStore, wanted: Wanted) -> list[str]:
    """Return the ids of the documents that fit, in import order.

    A value of the metadata fits when it says the same as text.
    """
    query = select(_documents.id, _documents.metadata) if wanted.metadata else select(_documents.id)
    if wanted.part is not None:
        query = query.where(_documents.part == wanted.part)
    if wanted.text:
        pattern = wanted.text.replace("\0", "")
        for sign in (ESCAPE, "%", "_"):
            pattern = pattern.replace(sign, ESCAPE + sign)
        query = query.where(_documents.text.ilike(f"%{pattern}%", escape=ESCAPE))
    with store.database.read() as connection:
        rows = connection.execute(query.order_by(_documents.position))
        if not wanted.metadata:
            return list(rows.scalars())
        return [row.id for row in rows if _fits(from_json(row.metadata), wanted.metadata)]


def texts_of(store: ProjectStore, part: Part = "pool") -> list[tuple[str, str]]:
    """Return the id and text of each document of a part, in import order."""
    query = select(_documents.id, _documents.text).where(_documents.part == part)
    with store.database.read() as connection:
        return [(row.id, row.text) for row in connection.execute(query.order_by(_documents.position))]


def metadata_of(store: ProjectStore, part: Part = "pool") -> list[tuple[str, Mapping[str, Any]]]:
    """Return the id and metadata of each document of a part that has some, in import order."""
    query = select(_documents.id, _documents.metadata).where(
        _documents.part == part, _documents.metadata != "{}"
    )
    with store.database.read() as connection:
        rows = connection.execute(query.order_by(_documents.position))
        return [(row.id, from_json(row.metadata)) for row in rows]


def standing_answers(store: ProjectStore, question: str, ids: Sequence[str]) -> list[Annotation]:
    """Return what stands today of some documents, as `ProjectStore.current` does of all of them."""
    found: list[Annotation] = []
    with store.database.read() as connection:
        asked = questions.get(connection, question)
        for some in chunks(ids, IDS_AT_ONCE):
            numbers = list(numbers_of(connection, some).values())
            found += [annotation for _, annotation in recording.current(connection, asked, numbers)]
    return found


def metadata_values(store: ProjectStore, *, most: int) -> dict[str, list[str]]:
    """Return the names of metadata with their values, sorted; those with more than `most` values have none."""
    found: dict[str, set[str]] = {}
    with store.database.read() as connection:
        query = select(_documents.metadata, func.count()).group_by(_documents.metadata)
        for text, _ in connection.execute(query):
            for name, value in from_json(text).items():
                if isinstance(value, str | int | float | bool):
                    found.setdefault(name, set()).add(str(value))
    return {name: sorted(values) if len(values) <= most else [] for name, values in sorted(found.items())}


def _fits(metadata: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    return all(str(metadata.get(name, "")) == value for name, value in wanted.items())
