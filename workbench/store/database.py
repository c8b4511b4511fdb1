"""One SQLite file: how it is opened, how transactions begin and end, and when the log is folded in.

The settings come from measurements (docs/decisions/0002-store.md). `synchronous=FULL`: what was
committed survives a power cut. `BEGIN IMMEDIATE` for every write: two processes never both believe
that they took the same document. No automatic checkpoint: SQLite before 3.51.3 can damage a file when
one process folds the log in while another writes, so writers share a lock file that a checkpoint
needs for itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from workbench.config import MEBIBYTE
from workbench.errors import StoreError
from workbench.store.locks import exclusive, shared

FILE_NAME = "workbench.sqlite3"
BEGIN_READ = "BEGIN"
BEGIN_WRITE = "BEGIN IMMEDIATE"
BUSY_SECONDS = 15.0
SETTINGS = ("foreign_keys=ON", "synchronous=FULL", "wal_autocheckpoint=0", "mmap_size=0")
WAL_LIMIT_BYTES = 16 * MEBIBYTE
CHECKPOINT_PAUSE_SECONDS = 1.0

MENDING = "Run `workbench doctor` on the project; `workbench restore` brings back a backup."


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the file with the store's settings; without `create` a missing file stays missing."""
    address = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    return connection


class Database:
    """Transactions on one file; may be shared by threads.

    `connect` replaces the way connections are made (tests put a fault-injecting file system there).
    """

    def __init__(self, path: Path, *, connect: Callable[[], Any] | None = None) -> None:
        self.path = path
        self.lock_path = path.with_name(f"{path.name}.lock")
        self.wal_path = path.with_name(f"{path.name}-wal")
        self._connect = connect or (lambda: _connect_existing(path))
        self._engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool)
        event.listen(self._engine, "begin", _begin)
        self._writing = self._engine.execution_options(workbench_writes=True)
        self._last_checkpoint = 0.0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the database and writes nothing."""
        with translated(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that alone may write; it is durable when the block has ended.

        An exception undoes all of it. Raises StoreError when the database stays busy or refuses.
        """
        with translated(self.path):
            with shared(self.lock_path, timeout=BUSY_SECONDS), self._writing.begin() as connection:
                yield connection
            self._fold_long_log()

    def keep_log(self) -> None:
        """Switch the file to write-ahead logging, which it then stays with."""
        with translated(self.path):
            connection = self._connect()
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()

    def checkpoint(self, *, timeout: float = 0.0) -> bool:
        """Fold the log into the file if nobody writes; tell whether the log is empty now."""
        with translated(self.path), exclusive(self.lock_path, timeout=timeout) as alone:
            if not alone:
                return False
            connection = self._connect()
            try:
                connection.execute("PRAGMA busy_timeout=0")
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.close()
            return bool(busy == 0)

    def wal_bytes(self) -> int:
        """Return the size of the log beside the file."""
        try:
            return self.wal_path.stat().st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        """Close the connections. The last one to close folds the log in, under the lock."""
        if self.path.parent.exists():
            with exclusive(self.lock_path):
                self._engine.dispose()
        else:
            self._engine.dispose()

    def _fold_long_log(self) -> None:
        """Keep the log bounded; a reader that holds it open makes this try again a second later."""
        if self.wal_bytes() < WAL_LIMIT_BYTES:
            return
        if time.monotonic() - self._last_checkpoint >= CHECKPOINT_PAUSE_SECONDS:
            self._last_checkpoint = time.monotonic()
            self.checkpoint()


def _connect_existing(path: Path) -> sqlite3.Connection:
    return connect(path)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("workbench_writes", False)
    connection.exec_driver_sql(BEGIN_WRITE if writes else BEGIN_READ)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of the database library into StoreError."""
    try:
        yield
    except DBAPIError as error:
        raise store_error(error.orig, path) from error
    except sqlite3.Error as error:
        raise store_error(error, path) from error


REFUSALS = {
    "SQLITE_FULL": (
        "The disk is full.",
        "Free some space and repeat the last step; what was acknowledged before is kept.",
    ),
    "SQLITE_IOERR": (
        "The disk refused to read or write.",
        "Look at free space, quota and file size limits, then repeat; what was acknowledged is kept.",
    ),
    "SQLITE_BUSY": (
        "Another process is busy with the project's database.",
        "Try again; if it stays busy, see which `workbench` processes are running.",
    ),
    "SQLITE_CORRUPT": ("The database is damaged.", MENDING),
    "SQLITE_NOTADB": ("This is not a database, or it is encrypted or damaged.", MENDING),
    "SQLITE_READONLY": ("The database cannot be written.", "Make the project's folder writable."),
    "SQLITE_CANTOPEN": (
        "The database cannot be opened.",
        "The project's folder must exist and be readable and writable.",
    ),
}


def store_error(error: BaseException | None, path: Path) -> StoreError:
    """Return the StoreError that says what a database error means and what to do."""
    code = getattr(error, "sqlite_errorname", None) or ""
    for name, (message, hint) in REFUSALS.items():
        if code.startswith(name):
            return StoreError(f"{message} ({code})", where=str(path), hint=hint)
    return StoreError(f"The database refused: {error}", where=str(path), hint=MENDING)
