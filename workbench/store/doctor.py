"""What is wrong with a project's database and what was computed from it, and what to do about it. Changes nothing."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

from workbench.config import MEBIBYTE
from workbench.errors import StoreError
from workbench.store import migrating
from workbench.store.check_caches import check_caches
from workbench.store.database import FILE_NAME, MENDING, WAL_LIMIT_BYTES, connect, store_error
from workbench.store.findings import Finding
from workbench.store.jobs import STALE_SECONDS
from workbench.store.locks import exclusive
from workbench.store.opening import check_file
from workbench.store.values import from_json, text_sha256

WAL_RESET_MENDED = (3, 51, 3)
WAL_RESET_MENDED_TOO = ((3, 44, 6), (3, 50, 7))
FREE_BYTES = 512 * MEBIBYTE
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")
NAMED = 5
RESTORING = "Bring back a backup: workbench restore NAME BACKUP --move-aside"


def doctor(folder: Path, *, models: Path | None = None) -> list[Finding]:
    """Look at a project's database and caches from every side; never raises for what is wrong with it.

    `models` is where the folders of its runs should be; without it nobody looks for them.
    """
    path = folder / FILE_NAME
    findings = [check_sqlite_version(sqlite3.sqlite_version_info), _disk(folder), _file_system(folder)]
    try:
        check_file(path)
    except StoreError as error:
        return [*findings, _refusal("file", error)]
    findings.append(_wal(path))
    checks = dict(CHECKS)
    if models is not None:
        checks["runs"] = partial(_runs, models)
    for name, check in checks.items():
        try:
            with closing(connect(path)) as connection:
                findings.append(check(connection))
        except sqlite3.Error as error:
            findings.append(_refusal(name, store_error(error, path)))
        except StoreError as error:
            findings.append(_refusal(name, error))
    return [*findings, *check_caches(folder), _worker(folder)]


def _refusal(check: str, error: StoreError) -> Finding:
    """Return the store's refusal; where it would send to the doctor, the doctor sends to the backup."""
    message = f"{error.where}: {error.message}" if error.where else error.message
    return Finding(check, "problem", message, hint=error.hint.replace(MENDING, RESTORING))


def check_sqlite_version(version: tuple[int, ...]) -> Finding:
    """Say whether this SQLite has the WAL-reset bug, which the store's locks keep from happening."""
    name = ".".join(map(str, version))
    if version >= WAL_RESET_MENDED or version in WAL_RESET_MENDED_TOO:
        return Finding("sqlite", "ok", f"SQLite {name}.")
    return Finding(
        "sqlite",
        "ok",
        f"SQLite {name} can damage a log that is folded in while another process writes; "
        "the workbench never does both at once.",
        hint="Do not write to the database with other programs while the workbench runs.",
    )


def _disk(folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if free >= FREE_BYTES:
        return Finding("disk", "ok", f"{free / MEBIBYTE:,.0f} MB are free.")
    return Finding("disk", "warning", f"Only {free / MEBIBYTE:,.0f} MB are free.", hint="Make space.")


def _file_system(folder: Path) -> Finding:
    """SQLite's log needs shared memory and locks that network file systems do not have."""
    mounts = Path("/proc/mounts")
    kinds = {}
    if mounts.exists():
        for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
            _, place, kind, *_ = line.split(" ")
            kinds[place] = kind
    kind = next((kinds[str(p)] for p in (folder, *folder.absolute().parents) if str(p) in kinds), "unknown")
    if kind in NETWORK_FILE_SYSTEMS:
        return Finding(
            "file system",
            "problem",
            f"The folder lies on a network file system ({kind}).",
            hint="Move the project to a local disk.",
        )
    return Finding("file system", "ok", f"The folder lies on a file system of the kind {kind}.")


def _wal(path: Path) -> Finding:
    wal = path.with_name(f"{path.name}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size <= 4 * WAL_LIMIT_BYTES:
        return Finding("log", "ok", f"The log has {size / MEBIBYTE:,.1f} MB.")
    return Finding(
        "log",
        "warning",
        f"The log has {size / MEBIBYTE:,.0f} MB: a process reads all the time and keeps it from being "
        "folded in.",
        hint="End processes that hang, then make a backup.",
    )


def _version(connection: sqlite3.Connection) -> Finding:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        found = None
    if found is None:
        return Finding("tables", "problem", "This database holds no workbench project.", hint=RESTORING)
    if found[0] != migrating.HEAD:
        message = f"The tables are of version {found[0]}, this workbench has {migrating.HEAD}."
        return Finding(
            "tables", "warning", message, hint="Opening updates older ones; newer ones need an update."
        )
    return Finding("tables", "ok", f"The tables are of version {found[0]}.")


def _integrity(connection: sqlite3.Connection) -> Finding:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
    if found == ["ok"]:
        return Finding("pages", "ok", "Every page and index is as it should be.")
    return Finding("pages", "problem", "; ".join(found), hint=RESTORING)


def _foreign_keys(connection: sqlite3.Connection) -> Finding:
    lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    if lost:
        tables = ", ".join(sorted({row[0] for row in lost}))
        message = f"{len(lost)} row(s) refer to something that is gone, in: {tables}."
        return Finding("references", "problem", message, hint=RESTORING)
    return Finding("references", "ok", "Every reference leads somewhere.")


def _texts(connection: sqlite3.Connection) -> Finding:
    rows = connection.execute("SELECT id, text, text_sha256 FROM documents")
    changed = [id for id, text, digest in rows if text_sha256(text) != digest]
    return _named("texts", changed, "Every text is as it was imported.", "text(s) changed since their import")


def _spans(connection: sqlite3.Connection) -> Finding:
    rows = connection.execute(
        "SELECT annotations.client_id, documents.text, annotations.spans FROM annotations"
        " JOIN documents ON documents.position = annotations.document WHERE annotations.spans <> '[]'"
    )
    lost = [
        client_id
        for client_id, text, spans in rows
        if any(text[start:end] != covered for start, end, _, covered in from_json(spans))
    ]
    return _named(
        "spans", lost, "Every span covers what it says.", "annotation(s) with spans that fit no more"
    )


def _named(check: str, names: list[str], good: str, bad: str) -> Finding:
    if not names:
        return Finding(check, "ok", good)
    return Finding(check, "problem", f"{len(names)} {bad}: {_first(names)}", hint=RESTORING)


def _first(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _leases(connection: sqlite3.Connection) -> Finding:
    query = "SELECT count(*) FROM leases WHERE expires_at <= ?"
    (n_leases,) = connection.execute(query, (time.time(),)).fetchone()
    return Finding("leases", "ok", f"{n_leases} lease(s) have run out and count no more.")


def _jobs(connection: sqlite3.Connection) -> Finding:
    query = "SELECT count(*) FROM jobs WHERE state = 'running' AND heartbeat_at < ?"
    (n_jobs,) = connection.execute(query, (time.time() - STALE_SECONDS,)).fetchone()
    if not n_jobs:
        return Finding("jobs", "ok", "No job is stuck.")
    hint = "Start `workbench worker`: it marks them as interrupted; then resume them."
    return Finding("jobs", "warning", f"{n_jobs} running job(s) show no sign of life.", hint=hint)


def _runs(models: Path, connection: sqlite3.Connection) -> Finding:
    """Runs are rows here and folders elsewhere, which a backup leaves out."""
    ids = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY id")]
    lost = [id for id in ids if not (models / id).is_dir()]
    if not lost:
        return Finding("runs", "ok", "Every run has its folder.")
    return Finding(
        "runs",
        "warning",
        f"{len(lost)} run(s) have no folder in {models}: {_first(lost)}",
        hint=f"Copy models/{models.name} back from where it was, or train again.",
    )


def _worker(folder: Path) -> Finding:
    lock = folder / "worker.lock"
    if not lock.exists():
        return Finding("worker", "ok", "No worker has run yet.")
    with exclusive(lock) as free:
        return Finding("worker", "ok", "No worker runs." if free else "A worker runs.")


CHECKS: Mapping[str, Callable[[sqlite3.Connection], Finding]] = {
    "tables": _version,
    "pages": _integrity,
    "references": _foreign_keys,
    "texts": _texts,
    "spans": _spans,
    "leases": _leases,
    "jobs": _jobs,
}
