"""Flags on answers, settings of questions, and what a model suggests for each document."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, String, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("annotations", Column("flagged", Integer, nullable=False, server_default="0"))
    op.create_table(
        "question_settings",
        Column("sequence", Integer, primary_key=True),
        Column("question", Integer, ForeignKey("questions.number"), nullable=False),
        Column("name", String(64), nullable=False),
        Column("value", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_table(
        "suggestions",
        Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
        Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
        Column("run", Text, nullable=False),
        Column("label_version", Integer, nullable=False),
        Column("first_label", Text, nullable=False),
        Column("answer", Text, nullable=False),
    )
    op.create_index("suggestions_label", "suggestions", ["question", "first_label"])
