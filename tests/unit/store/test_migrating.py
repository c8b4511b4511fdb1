from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from workbench.store import migrating, runs, schema
from workbench.store.database import FILE_NAME, Database, connect
from workbench.store.project_store import ProjectStore


def steps() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(migrating.FOLDER))
    return ScriptDirectory.from_config(config)


def test_the_newest_step_is_the_one_the_store_expects() -> None:
    assert steps().get_current_head() == migrating.HEAD


def test_steps_are_numbered_without_gaps_and_each_follows_the_one_before() -> None:
    found = list(reversed(list(steps().walk_revisions())))
    assert [step.revision for step in found] == [f"{n:04}" for n in range(1, len(found) + 1)]
    assert [step.down_revision for step in found] == [None, *(step.revision for step in found[:-1])]


def test_the_steps_lead_to_the_tables_of_the_schema(store: ProjectStore) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_a_step_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    connect(tmp_path / "x.sqlite3", create=True).close()
    database = Database(tmp_path / "x.sqlite3")
    create_index = Operations.create_index

    def fail_late(self: Operations, name: str, *args: object, **more: object) -> object:
        if name == "jobs_state":
            raise RuntimeError("power cut")
        return create_index(self, name, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Operations, "create_index", fail_late)
    with pytest.raises(RuntimeError), database.write() as connection:
        migrating.upgrade(connection)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()


def test_a_run_from_before_facts_were_kept_has_none(tmp_path: Path) -> None:
    connect(tmp_path / "x.sqlite3", create=True).close()
    database = Database(tmp_path / "x.sqlite3")
    with database.write() as connection:
        migrating.upgrade(connection, "0002")
        connection.execute(text("INSERT INTO questions VALUES (1, 'topic', 'textcat', '[]', 1, 0.0, '2026')"))
        connection.execute(
            text(
                "INSERT INTO runs (id, question, folder, learner, seed, labels, label_version, n_examples, "
                "data_hash, config, versions, figures, seconds, created_at) VALUES ('old', 1, 'old', 'linear', 0, "
                "'[]', 0, 2, '', '{}', '{}', '{}', 1.0, '2026-01-01T00:00:00+00:00')"
            )
        )
        migrating.upgrade(connection)
    with database.read() as connection:
        assert [(run.id, run.facts) for run in runs.find(connection, None)] == [("old", {})]
    database.close()


def test_an_older_project_is_brought_up_to_date_when_it_is_opened(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    asked: list[str] = []
    monkeypatch.setattr(migrating, "upgrade", lambda connection: asked.append(str(connection.engine.url)))
    ProjectStore.open(store.folder).close()
    assert len(asked) == 1


def test_a_project_of_the_first_tables_keeps_its_rows_through_the_steps(tmp_path: Path) -> None:
    connect(tmp_path / FILE_NAME, create=True).close()
    database = Database(tmp_path / FILE_NAME)
    database.keep_log()
    with database.write() as connection:
        migrating.upgrade(connection, "0001")
        connection.execute(text("INSERT INTO project VALUES (1, 'old', '2026-01-02T03:04:05+00:00')"))
        connection.execute(
            text("INSERT INTO documents VALUES (0, 'a', 'Ada', :digest, 'pool', '{}')"),
            {"digest": sha256(b"Ada").hexdigest()},
        )
    database.close()
    with ProjectStore.open(tmp_path) as store:
        assert [document.text for document in store.documents()] == ["Ada"]
        with store.database.read() as connection:
            assert migrating.version_of(connection) == migrating.HEAD
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, schema.metadata) == []


@pytest.mark.slow
def test_alembic_is_not_imported_to_open_a_project_of_today(store: ProjectStore) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.store.project_store import ProjectStore; "
        f"ProjectStore.open(Path({str(store.folder)!r})).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_tables_are_said_in_sql_that_postgresql_knows() -> None:
    said = [
        str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for table in schema.metadata.sorted_tables
    ]
    assert len(said) == 19
    assert "AUTOINCREMENT" not in "".join(said)
