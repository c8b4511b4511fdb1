"""What was exported: the SHA-256 of each bundle's manifest, so that one that was edited is noticed.

Appended facts of the bundle's question; of a bundle that was exported anew the newest holds.
"""

from __future__ import annotations

from sqlalchemy import insert, select

from workbench.domain.annotations import now
from workbench.store import questions, schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import from_json, to_json

EXPORTED = "exported"
_facts = schema.question_settings.c


class Exported:
    """The bundles that left one project."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def note(self, question: str, bundle: str, manifest_sha256: str) -> None:
        """Append what a bundle's manifest is known by. Raises UnknownNameError for an unknown question."""
        value = {"bundle": bundle, "manifest_sha256": manifest_sha256}
        with self._database.write() as connection:
            row = {
                "question": questions.get(connection, question).number,
                "name": EXPORTED,
                "value": to_json(value, where=f"bundle {bundle}"),
                "created_at": now(),
            }
            connection.execute(insert(schema.question_settings), row)

    def manifest_sha256(self, bundle: str) -> str:
        """Return the SHA-256 of a bundle's manifest at its export; "" when nobody noted it."""
        query = select(_facts.value).where(_facts.name == EXPORTED).order_by(_facts.sequence.desc())
        with self._database.read() as connection:
            found = (from_json(row.value) for row in connection.execute(query))
            return next((str(f["manifest_sha256"]) for f in found if f["bundle"] == bundle), "")
