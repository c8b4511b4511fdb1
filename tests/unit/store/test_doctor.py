from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.domain.annotations import Annotation
from workbench.domain.runs import Run
from workbench.domain.spans import Span
from workbench.store import doctor as doctor_module
from workbench.store.doctor import RESTORING, check_sqlite_version, doctor
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
        *("texts", "spans", "leases", "jobs"),
        *("vectors", "word vectors", "neighbours", "live ranking", "worker"),
    ]


def test_a_missing_project_is_a_finding_and_stays_missing(tmp_path: Path) -> None:
    assert "no project here" in wrong(tmp_path / "desk")["file"]
    assert not (tmp_path / "desk").exists()


def test_a_damaged_or_lost_database_leads_to_a_backup_and_never_to_the_doctor_again(
    five: ProjectStore,
) -> None:
    five.close()
    path = five.folder / "workbench.sqlite3"
    (five.folder / "project.toml").write_text('name = "desk"\n')

    def hints() -> set[str]:
        findings = [found for found in doctor(five.folder) if found.level == "problem"]
        assert not any("workbench doctor" in f"{found.message} {found.hint}" for found in findings)
        return {found.hint for found in findings}

    path.write_bytes(b"Dear diary, today " * 300)
    assert hints() == {RESTORING}
    path.write_bytes(b"")
    assert hints() == {RESTORING}
    path.unlink()
    assert hints() == {RESTORING}


def test_runs_without_a_folder_are_a_warning(five: ProjectStore, tmp_path: Path) -> None:
    for name in ("topic-tfidf-1", "topic-tfidf-2"):
        five.save_run(Run(name, "topic", "tfidf", 0, ("billing",), 0, n_examples=2, data_hash="0" * 64))
    models = tmp_path / "models" / "desk"
    (models / "topic-tfidf-1").mkdir(parents=True)
    (found,) = [found for found in doctor(five.folder, models=models) if found.level != "ok"]
    assert (found.check, found.level) == ("runs", "warning")
    assert "1 run(s)" in found.message
    assert "topic-tfidf-2" in found.message
    assert "train again" in found.hint
    (models / "topic-tfidf-2").mkdir()
    assert "runs" in {found.check for found in doctor(five.folder, models=models) if found.level == "ok"}


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
