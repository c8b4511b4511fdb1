"""What the store's speed follows from: statements, indexes and SQLite's steps. Seconds are for benchmarks/."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from workbench.domain.annotations import Annotation, derived_client_id, new_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store import database
from workbench.store.database import connect
from workbench.store.documents import IDS_AT_ONCE
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

FEW, MANY = 1000, 8000
STEP = 10  # of SQLite's virtual machine: counted in tens
GROWING = ("documents", "annotations", "proposals", "leases", "layouts")
TOPIC = Question("topic", "textcat", ("billing", "other"))
URGENCY = Question("urgency", "textcat", ("high", "low"))


@dataclass
class Work:
    """What SQLite was asked, and how many steps it took."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    steps: int = 0

    def whole_tables(self, path: Path) -> list[str]:
        """Return the lines of the query plans that walk through a whole table that grows."""
        with closing(connect(path)) as connection:
            plans = [line for asked in self.statements for line in plan(connection, *asked)]
        return [line for line in plans if line.startswith("SCAN") and line.split()[1] in GROWING]


def plan(connection: sqlite3.Connection, statement: str, values: Any) -> list[str]:
    one = values[0] if isinstance(values, list) else values
    return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", one)]


@contextmanager
def watched(store: ProjectStore) -> Iterator[Work]:
    work = Work()

    def take_step() -> int:
        work.steps += STEP
        return 0

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(take_step, STEP)

    def unwatch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    def note(connection: Any, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if statement.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            work.statements.append((statement, values))

    engine = store.database._engine
    listeners = {"checkout": watch, "checkin": unwatch, "before_cursor_execute": note}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield work
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def labelled(i: int) -> LabelledDocument:
    document = Document(f"doc-{i}", f"The parcel number {i} did not arrive.", {"i": i}, layout={"row": i})
    annotation = Annotation(derived_client_id(document.id), document.id, "topic", "import", labels=("other",))
    return LabelledDocument(document, (annotation,))


def bring(store: ProjectStore, n: int) -> None:
    imported = Imported((TOPIC,), tuple(map(labelled, range(n))), ConversionReport(kept=n))
    store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, tuple[ProjectStore, Work]]]:
    """A project of few and one of many documents, half of the newest batch answered; and their imports."""
    made = {}
    for n in (FEW, MANY):
        store = ProjectStore.create(tmp_path_factory.mktemp("sizes") / "desk", "desk", [URGENCY])
        with watched(store) as importing:
            bring(store, n)
        store.save_batch(
            Batch("b", "urgency", "margin", 1, tuple(Proposal(f"doc-{i}", 0.5, "x") for i in range(n)))
        )
        store.record([urgent(i) for i in range(0, n, 2)])
        made[n] = (store, importing)
    yield made
    for store, _ in made.values():
        store.close()


def urgent(i: int) -> Annotation:
    return Annotation(new_client_id(), f"doc-{i}", "urgency", "ada", labels=("low",))


def do(store: ProjectStore, call: Callable[[ProjectStore], object]) -> Work:
    with watched(store) as work:
        call(store)
    return work


ONE_DOCUMENT: dict[str, Callable[[ProjectStore], object]] = {
    "record": lambda store: store.record([urgent(1)]),
    "claim": lambda store: store.claim("urgency", "ben", 1),
    "release": lambda store: store.release("ben"),
    "read": lambda store: store.document("doc-7"),
}


@pytest.mark.parametrize("name", ONE_DOCUMENT)
def test_what_is_about_one_document_asks_as_much_of_a_large_project_as_of_a_small_one(
    filled: dict[int, tuple[ProjectStore, Work]], name: str
) -> None:
    (few, _), (many, _) = filled.values()
    small, large = do(few, ONE_DOCUMENT[name]), do(many, ONE_DOCUMENT[name])
    assert len(large.statements) == len(small.statements) <= 15
    assert large.steps < 1.5 * small.steps + 100
    assert large.whole_tables(many.database.path) == []


def test_a_claim_does_not_look_closely_at_each_answered_document_before_it(
    filled: dict[int, tuple[ProjectStore, Work]],
) -> None:
    (few, _), (many, _) = filled.values()
    for store, n in ((few, FEW), (many, MANY)):
        store.record([urgent(i) for i in range(1, n - 20, 2)])
    small = do(few, lambda store: store.claim("urgency", "ada", 1))
    large = do(many, lambda store: store.claim("urgency", "ada", 1))
    assert len(large.statements) == len(small.statements) <= 15
    assert large.steps < 1.5 * small.steps * MANY / FEW, "the walk along the batch is one pass"
    assert large.whole_tables(many.database.path) == []


def test_an_import_grows_with_its_documents_and_asks_by_the_hundreds(
    filled: dict[int, tuple[ProjectStore, Work]],
) -> None:
    (_, small), (_, large) = filled.values()
    assert large.steps < 1.3 * small.steps * MANY / FEW
    assert len(large.statements) - len(small.statements) <= 8 * (MANY - FEW) / IDS_AT_ONCE


@pytest.mark.parametrize(
    "read",
    [
        lambda store: store.document_ids("pool"),
        lambda store: store.answered_ids("topic"),
        lambda store: store.labelled_documents("csv"),
        lambda store: store.labelled_documents("csv", file_name="x"),
        lambda store: store.held_out_twins(),
    ],
)
def test_what_reads_everything_asks_once_and_grows_with_the_documents(
    filled: dict[int, tuple[ProjectStore, Work]], read: Callable[[ProjectStore], object]
) -> None:
    (few, _), (many, _) = filled.values()
    small, large = do(few, read), do(many, read)
    assert len(large.statements) == len(small.statements) <= 15
    assert 0 < large.steps < 1.3 * small.steps * MANY / FEW


def test_the_log_of_a_large_import_is_folded_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAL_LIMIT_BYTES", 100_000)
    with ProjectStore.create(tmp_path / "desk", "desk", []) as store:
        bring(store, FEW)
        assert store.database.wal_bytes() < 100_000
