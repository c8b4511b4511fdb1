"""Which documents a file held, and in which order, so that one file of several can be written again."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "import_documents",
        Column("file", Integer, ForeignKey("imports.number"), primary_key=True),
        Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
        Column("place", Integer, nullable=False),
    )
