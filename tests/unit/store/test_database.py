from __future__ import annotations

import resource
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.dialects import postgresql

from workbench.domain.annotations import Annotation, new_client_id
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.errors import StoreError
from workbench.store import database, documents, schema
from workbench.store.candidates import Search, batch_candidates, other_candidates
from workbench.store.database import connect, store_error
from workbench.store.locks import exclusive
from workbench.store.project_store import ImportCounts, ProjectStore
from workbench.store.questions import AskedQuestion

Answer = Callable[..., Annotation]


def settings_of(store: ProjectStore) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "wal_autocheckpoint", "mmap_size", "foreign_keys")
    with store.database.read() as connection:
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one_or_none() for name in names}


def test_every_connection_has_the_settings_that_were_measured(store: ProjectStore) -> None:
    found = settings_of(store)
    assert found.pop("mmap_size") in (0, None)
    assert found == {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0, "foreign_keys": 1}


def test_a_write_is_alone_from_its_first_statement(store: ProjectStore) -> None:
    with store.database.write(), closing(connect(store.database.path)) as other:
        other.execute("PRAGMA busy_timeout=0")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_a_reader_sees_one_moment_while_others_write(five: ProjectStore) -> None:
    count = select(schema.documents.c.position)
    with five.database.read() as connection:
        assert len(connection.execute(count).all()) == 5
        with five.database.write() as writing:
            writing.execute(schema.import_documents.delete())
            writing.execute(schema.documents.delete())
        assert len(connection.execute(count).all()) == 5
    assert five.n_documents() == 0


def test_an_exception_undoes_the_whole_transaction(five: ProjectStore) -> None:
    with pytest.raises(RuntimeError), five.database.write() as writing:
        writing.execute(schema.import_documents.delete())
        writing.execute(schema.documents.delete())
        raise RuntimeError
    assert five.n_documents() == 5


def test_a_busy_database_is_a_store_error(
    five: ProjectStore, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    sent = [answer("t0", "other")]
    hurried = ProjectStore.open(five.folder)
    with five.database.write(), pytest.raises(StoreError, match="SQLITE_BUSY"):
        hurried.record(sent)
    hurried.close()
    with exclusive(five.database.lock_path), pytest.raises(StoreError, match="busy"):
        five.record(sent)
    assert five.annotations() == []


def test_threads_share_one_store(five: ProjectStore, answer: Answer) -> None:
    def work(name: str) -> None:
        for i in range(10):
            five.record([answer("t0", "other", annotator=name, client_id=f"{name}{i}")])
            five.current("topic")

    threads = [threading.Thread(target=work, args=(f"a{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(five.annotations()) == 60


def test_the_log_is_folded_in_when_it_grows_and_only_when_nobody_writes(
    five: ProjectStore, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAL_LIMIT_BYTES", 100_000)
    monkeypatch.setattr(database, "CHECKPOINT_PAUSE_SECONDS", 0.0)
    sizes = []
    for _ in range(40):
        five.record([answer("t0", "other", client_id=new_client_id(), comment="x" * 3000)])
        sizes.append(five.database.wal_bytes())
    assert max(sizes) < 150_000
    assert min(sizes) == 0
    five.record([answer("t0", "other", client_id=new_client_id())])
    with five.database.write():
        assert not five.database.checkpoint()
    assert five.database.wal_bytes() > 0
    assert five.database.checkpoint()
    assert five.database.wal_bytes() == 0


def test_a_reader_keeps_the_log_but_not_the_writers_waiting(
    five: ProjectStore, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAL_LIMIT_BYTES", 1)
    with five.database.read() as reading:
        reading.execute(select(schema.documents.c.id)).all()
        five.record([answer("t0", "other")])
        assert not five.database.checkpoint()
    assert five.database.checkpoint()


def test_the_last_one_to_close_leaves_no_log(five: ProjectStore) -> None:
    with ProjectStore.open(five.folder):
        five.close()
        assert five.database.wal_path.exists()
    assert not five.database.wal_path.exists()


def test_a_store_whose_folder_was_removed_still_closes(five: ProjectStore) -> None:
    shutil.rmtree(five.folder)
    five.close()
    assert not five.folder.exists()


@contextmanager
def file_size_limit(n_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_size_limit_is_a_store_error_and_keeps_what_was_acknowledged(
    five: ProjectStore, answer: Answer
) -> None:
    acknowledged = []
    with file_size_limit(600_000), pytest.raises(StoreError, match=r"SQLITE_(IOERR|FULL)"):
        for i in range(1000):
            sent = answer("t0", "other", client_id=f"c{i}", comment="x" * 3000)
            five.record([sent])
            acknowledged.append(sent)
    assert 20 < len(acknowledged) < 1000
    assert five.annotations() == acknowledged
    five.record([answer("t1", "other")])
    with five.database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_an_import_that_fills_the_disk_brings_nothing(
    store: ProjectStore, bring: Callable[..., ImportCounts]
) -> None:
    with file_size_limit(400_000), pytest.raises(StoreError, match=r"SQLITE_(IOERR|FULL)"):
        bring([Document(f"d{i}", "a text of some length " * 20) for i in range(20_000)])
    assert store.n_documents() == 0
    bring([Document("d0", "text")])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("SQLITE_FULL", "disk is full"),
        ("SQLITE_IOERR_WRITE", "refused to read or write"),
        ("SQLITE_IOERR_FSYNC", "refused to read or write"),
        ("SQLITE_BUSY_SNAPSHOT", "Another process"),
        ("SQLITE_CORRUPT_INDEX", "damaged"),
        ("SQLITE_NOTADB", "not a database"),
        ("SQLITE_READONLY_DBMOVED", "cannot be written"),
        ("SQLITE_CANTOPEN", "cannot be opened"),
        ("SQLITE_ERROR", "refused: boom"),
    ],
)
def test_every_refusal_says_what_to_do(code: str, message: str) -> None:
    error = sqlite3.OperationalError("boom")
    error.sqlite_errorname = code
    found = store_error(error, Path("x"))
    assert message in found.message
    assert found.hint


def test_claims_skip_locked_rows_on_postgresql_and_the_clause_is_left_out_on_sqlite() -> None:
    statements: list[str] = []

    class Spy:
        def execute(self, statement: object) -> list[object]:
            statements.append(str(statement.compile(dialect=postgresql.dialect())))  # type: ignore[attr-defined]
            statements.append(str(statement.compile(create_engine("sqlite://"))))  # type: ignore[attr-defined]
            return []

    asked = AskedQuestion(1, Question("topic", "textcat"))
    search = Search(asked, 1, n=5, annotator="ada")
    assert list(batch_candidates(Spy(), search)) == list(other_candidates(Spy(), search)) == []  # type: ignore[arg-type]
    assert "FOR UPDATE OF proposals SKIP LOCKED" in statements[0]
    assert "FOR UPDATE OF documents SKIP LOCKED" in statements[2]
    assert "FOR UPDATE" not in statements[1] + statements[3]


def test_the_ids_of_one_statement_fit_into_both_databases() -> None:
    assert documents.IDS_AT_ONCE <= 32_766
