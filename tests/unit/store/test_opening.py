from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from workbench.domain.questions import Question
from workbench.errors import InputError, StoreError
from workbench.store import opening
from workbench.store.database import FILE_NAME
from workbench.store.doctor import doctor
from workbench.store.project_store import ProjectStore

LEAVE_A_LOG = """
import os, signal, sys
from pathlib import Path
from workbench.domain.questions import Question
from workbench.store.project_store import ProjectStore
store = ProjectStore.open(Path(sys.argv[1]))
store.add_question(Question("late", "ner"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def database(folder: Path) -> Path:
    return folder / FILE_NAME


def closed(folder: Path) -> Path:
    ProjectStore.create(folder, "desk", [Question("topic", "textcat", tuple(map(str, range(900))))]).close()
    return database(folder)


def left_with_a_log(folder: Path) -> Path:
    path = closed(folder)
    killed = subprocess.run([sys.executable, "-c", LEAVE_A_LOG, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    return path


def test_a_new_project_has_its_name_and_questions_and_leaves_one_file_and_its_lock(folder: Path) -> None:
    question = Question("topic", "textcat", ("a", "b"), overlap=2, overlap_share=0.25)
    with ProjectStore.create(folder, "desk", [question]) as store:
        assert (store.name, store.questions(), store.folder) == ("desk", (question,), folder)
    assert sorted(p.name for p in folder.iterdir()) == [FILE_NAME, f"{FILE_NAME}.lock"]
    with ProjectStore.open(folder) as store:
        assert (store.name, store.questions()) == ("desk", (question,))


def test_a_project_is_not_made_over_another(store: ProjectStore, folder: Path) -> None:
    with pytest.raises(InputError, match="a project in this folder already"):
        ProjectStore.create(folder, "desk", [])


def test_a_project_that_could_not_be_filled_leaves_no_database(folder: Path) -> None:
    with pytest.raises(InputError):
        ProjectStore.create(folder, "desk", [Question("topic", "ner"), Question("topic", "ner")])
    assert [p.name for p in folder.iterdir()] == [f"{FILE_NAME}.lock"]
    with pytest.raises(StoreError, match="no project here"):
        ProjectStore.open(folder)


def test_a_project_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("a file")
    with pytest.raises(StoreError, match="folder cannot be made"):
        ProjectStore.create(tmp_path / "desk", "desk", [])


def test_a_path_with_spaces_and_percent_and_line_breaks_works(tmp_path: Path) -> None:
    folder = tmp_path / "à b%20?#\n" / "desk"
    ProjectStore.create(folder, "desk", []).close()
    with ProjectStore.open(folder) as store:
        assert store.name == "desk"


def refused(path: Path, message: str) -> None:
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreError, match=message) as caught:
        ProjectStore.open(path.parent)
    assert "workbench doctor" in str(caught.value) or "restore" in str(caught.value) or caught.value.hint
    assert (path.read_bytes() if path.exists() else None) == before, "a refused database is left as it is"


def test_a_missing_database_is_refused_and_not_made(folder: Path) -> None:
    refused(database(folder), "no project here")
    folder.mkdir()
    refused(database(folder), "no project here")
    assert not list(folder.glob(FILE_NAME))


def test_an_empty_file_is_refused(folder: Path) -> None:
    folder.mkdir()
    database(folder).touch()
    refused(database(folder), "no database, it has 0 bytes")


@pytest.mark.parametrize(
    "content",
    [b"x", b"Dear diary, today I\n" * 300, bytes(range(256)) * 64, b"SQLite format 3\0", b"\0" * 8192],
)
def test_something_that_is_no_database_is_refused(folder: Path, content: bytes) -> None:
    folder.mkdir()
    database(folder).write_bytes(content)
    refused(database(folder), "no database|not a database|damaged")


def test_an_encrypted_header_is_refused(folder: Path) -> None:
    path = closed(folder)
    path.write_bytes(os.urandom(16) + path.read_bytes()[16:])
    refused(path, "not a database")


def test_a_database_without_its_last_page_is_refused(folder: Path) -> None:
    path = closed(folder)
    os.truncate(path, path.stat().st_size - 4096)
    refused(path, "damaged")


def zero_first_page_of(path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(query, (table,)).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    path.write_bytes(content)


@pytest.mark.parametrize("table", ["alembic_version", "jobs", "annotations_newest"])
def test_a_zeroed_page_is_refused(folder: Path, table: str) -> None:
    path = closed(folder)
    zero_first_page_of(path, table)
    refused(path, "damaged")


def test_a_large_database_is_looked_through_by_the_doctor_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = closed(folder)
    zero_first_page_of(path, "jobs")
    monkeypatch.setattr(opening, "CHECKED_BYTES", 0)
    ProjectStore.open(folder).close()
    assert [f.check for f in doctor(folder) if f.level == "problem"] == ["pages"]


def test_a_page_that_sqlite_cannot_check_is_noticed_when_it_is_read(folder: Path) -> None:
    """The last page of a long value: no structure of SQLite covers its content."""
    path = closed(folder)
    content = bytearray(path.read_bytes())
    content[-4096:] = bytes(4096)
    path.write_bytes(content)
    with ProjectStore.open(folder) as store, pytest.raises(StoreError, match="damaged"):
        store.questions()


def test_a_database_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(database(folder))) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    with pytest.raises(StoreError, match="no workbench project"):
        ProjectStore.open(folder)


def test_a_database_from_the_future_is_refused_and_not_changed(folder: Path) -> None:
    path = closed(folder)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused(path, "newer workbench")


@pytest.mark.slow
def test_a_log_that_was_left_by_a_killed_process_is_read(folder: Path) -> None:
    left_with_a_log(folder)
    with ProjectStore.open(folder) as store:
        assert [q.name for q in store.questions()] == ["topic", "late"]


@pytest.mark.slow
def test_a_deleted_log_is_noticed(folder: Path) -> None:
    path = left_with_a_log(folder)
    path.with_name(f"{FILE_NAME}-wal").unlink()
    refused(path, "the newest annotations")


@pytest.mark.slow
def test_a_stale_shared_memory_file_does_no_harm(folder: Path) -> None:
    path = left_with_a_log(folder)
    path.with_name(f"{FILE_NAME}-shm").write_bytes(os.urandom(32768))
    with ProjectStore.open(folder) as store:
        assert [q.name for q in store.questions()] == ["topic", "late"]


@pytest.mark.slow
def test_a_second_opening_in_one_process_does_not_drop_the_locks_of_the_first(
    store: ProjectStore, folder: Path
) -> None:
    """Closing any handle of a file drops a process's POSIX locks: only SQLite may open the database."""
    ProjectStore.open(folder).close()
    other = "from pathlib import Path; from workbench.store.project_store import ProjectStore as P; "
    subprocess.run([sys.executable, "-c", f"{other}P.open(Path({str(folder)!r})).close()"], check=True)
    assert store.database.wal_path.exists(), "the other process believed to be the last and took the log away"
    store.add_question(Question("urgency", "textcat"))
    with ProjectStore.open(folder) as again:
        assert [q.name for q in again.questions()][-1] == "urgency"
