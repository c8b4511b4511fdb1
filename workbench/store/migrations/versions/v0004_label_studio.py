"""The connection to a project of Label Studio: its tasks, and whose answers were taken from them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "links",
        Column("number", Integer, primary_key=True),
        Column("url", Text, nullable=False),
        Column("remote_project", Integer, nullable=False),
        Column("remote_created_at", Text, nullable=False),
        Column("token_file", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_table(
        "link_tasks",
        Column("task", BigInteger, primary_key=True, autoincrement=False),
        Column("document", Integer, ForeignKey("documents.position"), nullable=False),
        Column("seen", Text, nullable=False),
        Column("is_gone", Integer, nullable=False),
        Column("overlap", Integer, nullable=False),
    )
    op.create_index("link_tasks_document", "link_tasks", ["document"])
    op.create_table(
        "link_answers",
        Column("task", BigInteger, primary_key=True, autoincrement=False),
        Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
        Column("annotator", Text, primary_key=True),
        Column("client_id", Text, nullable=False),
    )
