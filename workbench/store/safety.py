"""Backups: the database and `project.toml` in a folder with checksums, whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from workbench import __version__
from workbench.artefacts import check_manifest, empty_folder, publish_folder, sync_folder
from workbench.domain.annotations import now
from workbench.errors import InputError, StoreError
from workbench.store.database import BUSY_SECONDS, FILE_NAME, MENDING, Database, connect, translated
from workbench.store.doctor import doctor
from workbench.store.findings import Finding
from workbench.store.locks import exclusive
from workbench.store.opening import PROJECT_FILE, check_file, open_file

__all__ = ["Finding", "backup", "doctor", "restore"]

LOG_ENDINGS = ("", "-wal", "-shm")


def backup(folder: Path, target: Path) -> Path:
    """Write a backup of a project into a new folder and return it; others may work meanwhile.

    Raises InputError when something is there already, StoreError when the database is damaged or the
    disk refuses; then there is no backup.
    """
    if target.exists():
        raise InputError("There is already something of that name.", where=str(target))
    check_file(folder / FILE_NAME)
    work = target.with_name(f".{target.name}.{os.getpid()}.part")
    with _translated_disk(target):
        try:
            empty_folder(work)
            _copy_database(folder / FILE_NAME, work / FILE_NAME)
            if (folder / PROJECT_FILE).exists():
                shutil.copyfile(folder / PROJECT_FILE, work / PROJECT_FILE)
            publish_folder(work, target, {"backup_of": folder.name, "made": now(), "workbench": __version__})
        finally:
            shutil.rmtree(work, ignore_errors=True)
    Database(folder / FILE_NAME).checkpoint()
    return target


def restore(backup: Path, folder: Path, *, move_aside: bool = False) -> Path | None:
    """Bring a backup back into a project's folder, which may be new.

    A database that is there already is refused or, with `move_aside`, moved into a new folder beside
    it, which is returned. Raises ArtefactError when the backup is not as it was written.
    """
    check_manifest(backup)
    path = folder / FILE_NAME
    if not (backup / FILE_NAME).exists():
        raise StoreError("This backup holds no database.", where=str(backup))
    with _translated_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder / "worker.lock") as no_worker:
            if not no_worker:
                raise StoreError("A worker works on this project.", where=str(folder), hint="End it first.")
            with exclusive(path.with_name(f"{path.name}.lock"), timeout=BUSY_SECONDS) as alone:
                if not alone:
                    raise StoreError("Another process writes to this project.", where=str(folder))
                aside = _make_room(folder, move_aside=move_aside)
                _bring_back(backup, folder)
    open_file(folder).close()
    return aside


def _copy_database(source: Path, copy: Path) -> None:
    """Copy one moment of the database into a single file without a log, and check the copy."""
    with translated(source), closing(connect(source)) as reading, closing(sqlite3.connect(copy)) as writing:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
        found = writing.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"The database is damaged: {found}", where=str(source), hint=MENDING)


def _make_room(folder: Path, *, move_aside: bool) -> Path | None:
    """Move what is left of a database out of the way.

    The main file goes first: were this cut off, a database without its log could be taken for whole.
    """
    places = [folder / f"{FILE_NAME}{ending}" for ending in LOG_ENDINGS]
    if not any(place.exists() for place in places):
        return None
    if not move_aside:
        raise InputError(
            "There is a project in this folder already; nothing was changed.",
            where=str(folder),
            hint="Restore under a new name; or with --move-aside, which keeps the present database beside it.",
        )
    _refuse_if_open(folder / FILE_NAME)
    stamp = now().replace(":", "").replace("+0000", "Z")
    aside = folder / f"{FILE_NAME}.aside-{stamp}"
    aside.mkdir()
    for place in places:
        if place.exists():
            place.replace(aside / place.name)
    sync_folder(folder)
    return aside


def _refuse_if_open(path: Path) -> None:
    """Leaving WAL mode needs the file alone: it fails as long as any process has the database open.

    Such a process would go on writing into the file that was moved aside.
    """
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise StoreError(
                "Another process has this project open.", where=str(path), hint="End it, then try again."
            ) from error
    except sqlite3.DatabaseError:
        return  # too damaged to be open anywhere: that is why it is replaced


def _bring_back(backup: Path, folder: Path) -> None:
    """Put the files in place, each whole; the database last, as it makes the folder a project."""
    for name in (PROJECT_FILE, FILE_NAME):
        source, place = backup / name, folder / name
        if not source.exists() or place.exists():
            continue
        beside = place.with_name(f"{name}.{os.getpid()}.part")
        try:
            shutil.copyfile(source, beside)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(place)
            sync_folder(folder)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def _translated_disk(place: Path) -> Iterator[None]:
    """Turn the system's refusals into StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The disk refused: {error.strerror}.", where=str(place), hint="Look at space and permissions."
        ) from error
