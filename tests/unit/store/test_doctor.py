from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.domain.annotations import Annotation
from workbench.domain.spans import Span
from workbench.store import doctor as doctor_module
from workbench.store.doctor import check_sqlite_version, doctor
from workbench.store.jobs import Jobs
from workbench.store.project_store import ProjectStore

Answer = Callable[..., Annotation]


def wrong(folder: Path) -> dict[str, str]:
    return {found.check: found.message for found in doctor(folder) if found.level != "ok"}


def test_a_sound_project_has_no_finding_but_fine_ones(five: ProjectStore, answer: Answer) -> None:
    five.record([answer("t0", question="entities", spans=(Span(13, 16, "PER", "Ada"),))])
    assert wrong(five.folder) == {}
    assert [found.check for found in doctor(five.folder)] == [
        *("sqlite", "disk", "file system", "log", "tables", "pages", "references"),
        *("texts", "spans", "leases", "jobs", "worker"),
    ]


def test_a_missing_project_is_a_finding_and_stays_missing(tmp_path: Path) -> None:
    assert "no project here" in wrong(tmp_path / "desk")["file"]
    assert not (tmp_path / "desk").exists()


def test_something_that_is_no_database_is_a_finding(folder: Path) -> None:
    folder.mkdir()
    (folder / "workbench.sqlite3").write_bytes(b"Dear diary, today " * 100)
    assert "not a database" in wrong(folder)["tables"]


@pytest.mark.parametrize(
    ("statement", "check", "message"),
    [
        ("UPDATE documents SET text = 'Parcel 0 for Eve in Bern' WHERE id = 't0'", "texts", "1 text.* t0"),
        (
            "UPDATE documents SET text = 'Parcel 0 for Eve in Bern' WHERE id = 't0'",
            "spans",
            "fit no more: c1",
        ),
        ("UPDATE annotations SET spans = '[[' WHERE client_id = 'c1'", "spans", "no JSON any more"),
        ("UPDATE alembic_version SET version_num = '0099'", "tables", "version 0099"),
        ("DROP TABLE alembic_version", "tables", "no workbench project"),
    ],
)
def test_what_was_changed_behind_the_stores_back_is_found(
    five: ProjectStore, answer: Answer, statement: str, check: str, message: str
) -> None:
    spans = (Span(13, 16, "PER", "Ada"),)
    five.record([answer("t0", question="entities", spans=spans, client_id="c1")])
    with five.database.write() as connection:
        connection.execute(text(statement))
    assert re.search(message, wrong(five.folder)[check])


def test_rows_that_refer_to_nothing_are_found(five: ProjectStore, answer: Answer) -> None:
    five.record([answer("t0", "other")])
    five.close()
    connection = sqlite3.connect(five.database.path, isolation_level=None)
    connection.execute("DELETE FROM documents WHERE id = 't0'")
    connection.close()
    assert "annotations" in wrong(five.folder)["references"]


def test_a_job_that_shows_no_sign_of_life_is_found(five: ProjectStore) -> None:
    jobs = Jobs(five)
    jobs.enqueue("train", {})
    jobs.claim("w")
    with five.database.write() as connection:
        connection.execute(text("UPDATE jobs SET heartbeat_at = heartbeat_at - 60"))
    assert "1 running job" in wrong(five.folder)["jobs"]


def test_little_space_and_a_long_log_are_found(
    five: ProjectStore, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    five.record([answer("t0", "other")])
    monkeypatch.setattr(doctor_module, "FREE_BYTES", 2**62)
    monkeypatch.setattr(doctor_module, "WAL_LIMIT_BYTES", 0)
    assert set(wrong(five.folder)) == {"disk", "log"}


@pytest.mark.parametrize(
    ("version", "mended"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_the_sqlite_versions_with_the_log_bug_are_known(version: tuple[int, ...], mended: bool) -> None:
    assert ("can damage a log" not in check_sqlite_version(version).message) is mended
