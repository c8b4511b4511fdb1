"""Power cuts, modelled: what was written but not synced is lost, kept or torn by sectors, at random.

The store runs on a file system that notes every write, truncation and sync. At a random moment the
power is cut: synced writes are on the disk, of the others some sectors are. The database must then open
whole and hold every acknowledged annotation. With `synchronous=NORMAL` the harness must find a loss.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.store.database import FILE_NAME, SETTINGS, Database
from workbench.store.doctor import doctor
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

SECTOR = 512
N_COMMITS = 40
N_CUTS = 80
QUESTION = Question("topic", "textcat", ("billing", "other"))

Event = tuple[Any, ...]


class NotingFile(apsw.VFSFile):
    """A file that notes what is done to it."""

    def __init__(self, events: list[Event], name: Any, flags: Any) -> None:
        self._events = events
        self._name = Path(name if isinstance(name, str) else name.filename()).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._events.append(("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._events.append(("truncate", self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._events.append(("sync", self._name))


class NotingFileSystem(apsw.VFS):
    """SQLite's file system with notes."""

    def __init__(self, name: str, events: list[Event]) -> None:
        self._events = events
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: Any) -> NotingFile:  # noqa: N802
        return NotingFile(self._events, name, flags)


class Cursor:
    """As much of a DB-API cursor as SQLAlchemy asks for, on APSW."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._cursor.exec_trace = self._describe
        self.description: Sequence[Any] | None = None
        self._rows: list[Any] = []

    def _describe(self, cursor: apsw.Cursor, statement: str, bindings: Any) -> bool:
        self.description = [
            (name, None, None, None, None, None, None) for name, _ in cursor.get_description()
        ]
        self.description = self.description or None
        return True

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Cursor:
        self._rows = list(self._cursor.execute(statement, tuple(values)))
        return self

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self._cursor.executemany(statement, [tuple(row) for row in rows])

    @property
    def rowcount(self) -> int:
        return self._connection.changes()

    @property
    def lastrowid(self) -> int:
        return self._connection.last_insert_rowid()

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._cursor.close()


class Connection:
    """As much of a DB-API connection as SQLAlchemy asks for, on APSW."""

    isolation_level = None

    def __init__(self, path: Path, file_system: str, settings: Sequence[str]) -> None:
        self._connection = apsw.Connection(str(path), vfs=file_system)
        for setting in settings:
            self.execute(f"PRAGMA {setting}")

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(statement, values)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def create_function(self, *args: object, **more: object) -> None:
        """SQLAlchemy offers a regexp function; nothing here uses it."""


def note_labelling(folder: Path, settings: Sequence[str]) -> tuple[dict[str, bytes], list[Event]]:
    """Label on a noting file system; return the files on the disk at the beginning and all that followed."""
    document = LabelledDocument(Document("d0", "The parcel is late."))
    with ProjectStore.create(folder, "desk", [QUESTION]) as store:
        imported = Imported((), (document,), ConversionReport())
        store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
    events: list[Event] = []
    name = f"noting-{id(events)}"
    file_system = NotingFileSystem(name, events)
    path = folder / FILE_NAME
    store = ProjectStore(Database(path, connect=lambda: Connection(path, name, settings)))
    label(store, "first")  # makes the log's file
    before = {file.name: file.read_bytes() for file in (path, store.database.wal_path)}
    events.clear()
    chance = random.Random(5)
    for i in range(N_COMMITS):
        label(store, f"c{i}", comment="x" * chance.randint(10, 3000))
        events.append(("acknowledged", f"c{i}"))
        if i % 15 == 14:
            assert store.database.checkpoint()
    noted = list(events)
    store.close()
    file_system.unregister()
    return before, noted


def label(store: ProjectStore, client_id: str, comment: str = "") -> None:
    store.record([Annotation(client_id, "d0", "topic", "ada", labels=("other",), comment=comment)])


def apply(content: bytearray, event: Event) -> None:
    if event[0] == "truncate":
        del content[event[2] :]
        return
    offset, data = event[2:]
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def sectors(event: Event) -> list[Event]:
    """Cut a write into what a disk writes at once."""
    if event[0] == "truncate":
        return [event]
    _, name, offset, data = event
    return [("write", name, offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]


def after_cut(
    before: dict[str, bytes], events: Sequence[Event], chance: random.Random
) -> dict[str, bytearray]:
    """Return the files as they may be found when the power comes back."""
    files = {name: bytearray(content) for name, content in before.items()}
    pending: dict[str, list[Event]] = {name: [] for name in files}
    for event in events:
        if event[0] == "sync":
            for written in pending[event[1]]:
                apply(files[event[1]], written)
            pending[event[1]].clear()
        elif event[0] != "acknowledged":
            pending[event[1]].append(event)
    for name, unsynced in pending.items():
        for event in unsynced:
            for part in sectors(event):
                if chance.random() < 0.5:
                    apply(files[name], part)
    return files


def cuts_with_losses(tmp_path: Path, settings: Sequence[str]) -> int:
    before, events = note_labelling(tmp_path / "desk", settings)
    chance = random.Random(13)
    n_losses = 0
    for cut in range(N_CUTS):
        moment = chance.randint(1, len(events))
        acknowledged = {event[1] for event in events[:moment] if event[0] == "acknowledged"}
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        for name, content in after_cut(before, events[:moment], chance).items():
            (folder / name).write_bytes(content)
        assert [found for found in doctor(folder) if found.level != "ok"] == []
        with ProjectStore.open(folder) as store:
            n_losses += bool(acknowledged - {annotation.client_id for annotation in store.annotations()})
    return n_losses


def test_no_acknowledged_label_is_lost_by_a_power_cut(tmp_path: Path) -> None:
    assert cuts_with_losses(tmp_path, SETTINGS) == 0


def test_the_harness_finds_the_losses_of_synchronous_normal(tmp_path: Path) -> None:
    weaker = [setting.replace("synchronous=FULL", "synchronous=NORMAL") for setting in SETTINGS]
    assert list(SETTINGS) != weaker
    assert cuts_with_losses(tmp_path, weaker) > N_CUTS // 4
