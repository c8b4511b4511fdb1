"""The share of the documents that is drawn by chance to measure; none in projects from before."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Float

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("project", Column("control_share", Float, nullable=False, server_default="0"))
