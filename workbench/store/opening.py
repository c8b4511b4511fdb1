"""Making a project's database, and looking at one before it is trusted.

A database that is missing, foreign, damaged or of another time is refused; it is never made anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from workbench.artefacts import sync_folder
from workbench.config import MEBIBYTE
from workbench.errors import InputError, StoreError
from workbench.store import migrating
from workbench.store.database import BUSY_SECONDS, FILE_NAME, MENDING, Database, connect, translated
from workbench.store.locks import exclusive

PROJECT_FILE = "project.toml"
# Reading a file of this size takes about a tenth of a second; larger ones are left to `workbench doctor`.
CHECKED_BYTES = 64 * MEBIBYTE
SMALLEST_BYTES = 512  # SQLite takes a shorter file for an empty database


def create_file(folder: Path, fill: Callable[[Connection], None]) -> Database:
    """Make the database of a new project; it appears whole or not at all.

    `fill` writes the first rows. Raises InputError when the folder has a database already.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder cannot be made: {error.strerror}.", where=str(folder)) from error
    with exclusive(path.with_name(f"{path.name}.lock"), timeout=BUSY_SECONDS) as alone:
        if path.exists():
            raise InputError(
                "There is a project in this folder already.",
                where=str(folder),
                hint="Open it, or choose another name.",
            )
        if not alone:
            raise StoreError("Another process works in this folder.", where=str(folder), hint="Try again.")
        _create_beside(path, fill)
    return Database(path)


def _create_beside(path: Path, fill: Callable[[Connection], None]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with translated(path):
            connect(beside, create=True).close()
        database = Database(beside)
        database.keep_log()
        with database.write() as writing:
            migrating.upgrade(writing)
            fill(writing)
        database.close()
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        for left in path.parent.glob(f"{beside.name}*"):
            left.unlink()


def open_file(folder: Path) -> Database:
    """Open the database of a project, after looking at it. Raises StoreError."""
    path = folder / FILE_NAME
    check_file(path)
    database = Database(path)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def check_file(path: Path) -> None:
    """Raise StoreError unless there is a file that can be a database with its log.

    The file itself is read by SQLite only: were it opened and closed here, the system would drop the
    locks that this process holds on it (POSIX), and another process could delete a log in use.
    """
    where = str(path)
    if not path.exists():
        if (path.parent / PROJECT_FILE).exists():
            raise StoreError("The project's database is gone.", where=where, hint=MENDING)
        raise StoreError("There is no project here.", where=where, hint="Make one: workbench init")
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        raise StoreError(
            "The database cannot be read and written.", where=where, hint="Look at its owner and permissions."
        )
    if path.stat().st_size < SMALLEST_BYTES:
        raise StoreError(
            f"This is no database, it has {path.stat().st_size} bytes.", where=where, hint=MENDING
        )
    _check_log(path)


def _check_log(path: Path) -> None:
    """SQLite removes `-shm` before `-wal`, so `-shm` alone means that somebody deleted the log.

    Another process that is just opening or closing may look like that for a moment: look three times.
    """
    for _ in range(3):
        if _beside(path, "-wal").exists() or not _beside(path, "-shm").exists():
            return
    raise StoreError(
        f"The log {path.name}-wal is gone, and with it the newest annotations.",
        where=str(path),
        hint=f"Put it back beside the database if you have it. {MENDING}",
    )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _prepare(database: Database) -> None:
    where = str(database.path)
    with database.read() as reading:
        is_today = migrating.check_version(reading, where=where)
        small = database.path.stat().st_size <= CHECKED_BYTES
        if small and (found := reading.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()) != "ok":
            raise StoreError(f"The database is damaged: {found}", where=where, hint=MENDING)
        has_log = reading.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    if not has_log:  # it comes out of a backup
        database.keep_log()
    if not is_today:
        with database.write() as writing:
            # Another process may have been faster.
            if not migrating.check_version(writing, where=where):
                migrating.upgrade(writing)
