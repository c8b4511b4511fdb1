"""Which parts of a proposed text are asked; NULL is the whole text, as in all batches from before."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("proposals", Column("scope", Text))
