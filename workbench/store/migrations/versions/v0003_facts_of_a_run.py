"""What a learner says of its training."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("runs", Column("facts", Text, nullable=False, server_default="{}"))
