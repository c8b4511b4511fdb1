"""The tables. Facts are appended; what is current is a query over them.

Other rows refer to documents and questions by number (`documents.position`, `questions.number`),
people and files by id and name. JSON is kept as text, times as ISO 8601 in UTC, and the few times that
are compared (leases, heartbeats) as seconds since 1970.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
    }
)

project = Table(
    "project",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("control_share", Float, nullable=False, server_default="0"),
)

questions = Table(
    "questions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("first_labels", Text, nullable=False),
    Column("overlap", Integer, nullable=False),
    Column("overlap_share", Float, nullable=False),
    Column("created_at", String(40), nullable=False),
)

label_changes = Table(
    "label_changes",
    metadata,
    Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    Column("labels_before", Text, nullable=False),
    Column("labels_after", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

question_settings = Table(
    "question_settings",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("question", Integer, ForeignKey("questions.number"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
    Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
    Column("run", Text, nullable=False),
    Column("label_version", Integer, nullable=False),
    Column("first_label", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("suggestions_label", "question", "first_label"),
)

imports = Table(
    "imports",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("format", String(64), nullable=False),
    Column("file_layout", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("part", String(16), nullable=False),
    Column("metadata", Text, nullable=False),
)

import_documents = Table(
    "import_documents",
    metadata,
    Column("file", Integer, ForeignKey("imports.number"), primary_key=True),
    Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
    Column("place", Integer, nullable=False),
)

layouts = Table(
    "layouts",
    metadata,
    Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
    Column("format", String(64), primary_key=True),
    Column("layout", Text, nullable=False),
)

annotations = Table(
    "annotations",
    metadata,
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
    Column("flagged", Integer, nullable=False, server_default="0"),
    Index("annotations_newest", "question", "document", "annotator", "sequence"),
    sqlite_autoincrement=True,
)

batches = Table(
    "batches",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("question", Integer, ForeignKey("questions.number"), nullable=False),
    Column("strategy", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("run", Text),
    Column("created_at", String(40), nullable=False),
    Column("recipe", Text, nullable=False, server_default="{}"),
    Column("chain", String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

proposals = Table(
    "proposals",
    metadata,
    Column("batch", Integer, ForeignKey("batches.number"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("document", Integer, ForeignKey("documents.position"), nullable=False),
    Column("utility", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("scope", Text),
    UniqueConstraint("batch", "document"),
)

leases = Table(
    "leases",
    metadata,
    Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
    Column("document", Integer, ForeignKey("documents.position"), primary_key=True),
    Column("annotator", Text, primary_key=True),
    Column("granted_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("leases_annotator", "annotator"),
)

runs = Table(
    "runs",
    metadata,
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
    Column("facts", Text, nullable=False, server_default="{}"),
    sqlite_autoincrement=True,
)

rounds = Table(
    "rounds",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("question", Integer, ForeignKey("questions.number"), nullable=False),
    Column("figures", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
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
    Index("jobs_state", "state", "id"),
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("remote_project", Integer, nullable=False),
    Column("remote_created_at", Text, nullable=False),
    Column("token_file", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", String(40), nullable=False),
)

link_tasks = Table(
    "link_tasks",
    metadata,
    Column("task", BigInteger, primary_key=True, autoincrement=False),
    Column("document", Integer, ForeignKey("documents.position"), nullable=False),
    Column("seen", Text, nullable=False),
    Column("is_gone", Integer, nullable=False),
    Column("overlap", Integer, nullable=False),
    Index("link_tasks_document", "document"),
)

link_answers = Table(
    "link_answers",
    metadata,
    Column("task", BigInteger, primary_key=True, autoincrement=False),
    Column("question", Integer, ForeignKey("questions.number"), primary_key=True),
    Column("annotator", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
)
