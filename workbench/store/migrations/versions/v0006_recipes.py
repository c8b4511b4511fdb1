"""What each batch followed from, and the chain of hashes over all batches of a question."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("batches", Column("recipe", Text, nullable=False, server_default="{}"))
    op.add_column("batches", Column("chain", String(64), nullable=False, server_default=""))
