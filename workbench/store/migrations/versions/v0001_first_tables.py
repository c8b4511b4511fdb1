"""The first tables."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, String, Text, UniqueConstraint

revision = "0001"
down_revision = None


def upgrade() -> None:
    _questions()
    _documents()
    _annotations()
    _batches()
    _runs()
    _jobs()


def _questions() -> None:
    op.create_table(
        "project",
        Column("number", Integer, primary_key=True),
        Column("name", String(64), nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_table(
        "questions",
        Column("number", Integer, primary_key=True),
        Column("name", String(64), nullable=False, unique=True),
        Column("kind", String(16), nullable=False),
        Column("first_labels", Text, nullable=False),
        Column("overlap", Integer, nullable=False),
        Column("overlap_share", Float, nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_table(
        "label_changes",
        Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("action", String(16), nullable=False),
        Column("labels_before", Text, nullable=False),
        Column("labels_after", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
    )


def _documents() -> None:
    op.create_table(
        "imports",
        Column("number", Integer, primary_key=True),
        Column("file_name", Text, nullable=False),
        Column("file_sha256", String(64), nullable=False),
        Column("format", String(64), nullable=False),
        Column("file_layout", Text, nullable=False),
        Column("counts", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
    )
    op.create_table(
        "documents",
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("id", Text, nullable=False, unique=True),
        Column("text", Text, nullable=False),
        Column("text_sha256", String(64), nullable=False),
        Column("part", String(16), nullable=False),
        Column("metadata", Text, nullable=False),
    )
    op.create_table(
        "layouts",
        Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
        Column("format", String(64), primary_key=True),
        Column("layout", Text, nullable=False),
    )


def _annotations() -> None:
    op.create_table(
        "annotations",
        Column("sequence", Integer, primary_key=True),
        Column("client_id", Text, nullable=False, unique=True),
        Column("document", Integer, ForeignKey("documents.position"), nullable=False),
        Column("question", Integer, ForeignKey("questions.number"), nullable=False),
        Column("annotator", Text, nullable=False),
        Column("status", String(16), nullable=False),
        Column("labels", Text, nullable=False),
        Column("spans", Text, nullable=False),
        Column("scope", Text),
        Column("label_version", Integer, nullable=False),
        Column("created_at", Text, nullable=False),
        Column("seconds", Float),
        Column("comment", Text, nullable=False),
        Column("raw", Text),
        sqlite_autoincrement=True,
    )
    op.create_index("annotations_newest", "annotations", ["question", "document", "annotator", "sequence"])


def _batches() -> None:
    op.create_table(
        "batches",
        Column("number", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("question", Integer, ForeignKey("questions.number"), nullable=False),
        Column("strategy", Text, nullable=False),
        Column("seed", BigInteger, nullable=False),
        Column("run", Text),
        Column("created_at", String(40), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "proposals",
        Column("batch", Integer, ForeignKey("batches.number"), primary_key=True),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("document", Integer, ForeignKey("documents.position"), nullable=False),
        Column("utility", Float, nullable=False),
        Column("reason", Text, nullable=False),
        UniqueConstraint("batch", "document"),
    )
    op.create_table(
        "leases",
        Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
        Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
        Column("annotator", Text, primary_key=True),
        Column("granted_at", Float, nullable=False),
        Column("expires_at", Float, nullable=False),
    )
    op.create_index("leases_annotator", "leases", ["annotator"])


def _runs() -> None:
    op.create_table(
        "runs",
        Column("number", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("question", Integer, ForeignKey("questions.number"), nullable=False),
        Column("folder", Text, nullable=False),
        Column("learner", Text, nullable=False),
        Column("seed", BigInteger, nullable=False),
        Column("labels", Text, nullable=False),
        Column("label_version", Integer, nullable=False),
        Column("n_examples", Integer, nullable=False),
        Column("data_hash", String(64), nullable=False),
        Column("config", Text, nullable=False),
        Column("versions", Text, nullable=False),
        Column("figures", Text, nullable=False),
        Column("basis", String(16)),
        Column("seconds", Float, nullable=False),
        Column("created_at", String(40), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rounds",
        Column("number", Integer, primary_key=True),
        Column("question", Integer, ForeignKey("questions.number"), nullable=False),
        Column("figures", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
        sqlite_autoincrement=True,
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        Column("id", Integer, primary_key=True),
        Column("key", Text, unique=True),
        Column("verb", String(64), nullable=False),
        Column("arguments", Text, nullable=False),
        Column("state", String(16), nullable=False),
        Column("worker", Text),
        Column("attempt", Integer, nullable=False),
        Column("cancel_requested", Integer, nullable=False),
        Column("done", Integer, nullable=False),
        Column("total", Integer, nullable=False),
        Column("what", Text, nullable=False),
        Column("result", Text),
        Column("message", Text, nullable=False),
        Column("created_at", String(40), nullable=False),
        Column("started_at", String(40)),
        Column("finished_at", String(40)),
        Column("heartbeat_at", Float),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_state", "jobs", ["state", "id"])
