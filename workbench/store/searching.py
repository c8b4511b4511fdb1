"""Looking through a project's documents without making values of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from workbench.domain.documents import Part
from workbench.store import schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import from_json

_documents = schema.documents.c


class Search:
    """Texts and metadata of one project, each in import order."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def texts(self, part: Part = "pool") -> list[tuple[str, str]]:
        """Return the id and text of each document."""
        query = select(_documents.id, _documents.text).where(_documents.part == part)
        with self._database.read() as connection:
            return [(row.id, row.text) for row in connection.execute(query.order_by(_documents.position))]

    def metadata(self, part: Part = "pool") -> list[tuple[str, Mapping[str, Any]]]:
        """Return the id and metadata of each document that has some."""
        query = select(_documents.id, _documents.metadata).where(
            _documents.part == part, _documents.metadata != "{}"
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_documents.position))
            return [(row.id, from_json(row.metadata)) for row in rows]
