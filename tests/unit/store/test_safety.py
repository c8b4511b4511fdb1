from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.artefacts import check_manifest
from workbench.domain.annotations import Annotation
from workbench.errors import ArtefactError, InputError, StoreError
from workbench.store.database import FILE_NAME
from workbench.store.locks import FileLock
from workbench.store.project_store import ProjectStore
from workbench.store.safety import backup, restore

Answer = Callable[..., Annotation]


def test_a_backup_holds_everything_while_others_write(
    five: ProjectStore, answer: Answer, tmp_path: Path
) -> None:
    (five.folder / "project.toml").write_text('name = "desk"\n')
    five.record([answer("t0", "billing")])
    with five.database.write():
        assert backup(five.folder, tmp_path / "saved") == tmp_path / "saved"
    five.record([answer("t1", "billing")])
    assert sorted(p.name for p in (tmp_path / "saved").iterdir()) == [
        "manifest.json",
        "project.toml",
        FILE_NAME,
    ]
    assert check_manifest(tmp_path / "saved")["backup_of"] == "desk"
    assert restore(tmp_path / "saved", tmp_path / "new") is None
    assert (tmp_path / "new" / "project.toml").read_text() == 'name = "desk"\n'
    with ProjectStore.open(tmp_path / "new") as again:
        assert again.answered_ids("topic") == ["t0"]
        again.record([answer("t2", "other")])
    check_manifest(tmp_path / "saved")


def test_a_backup_is_not_made_over_something(five: ProjectStore, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    with pytest.raises(InputError, match="already something"):
        backup(five.folder, tmp_path / "saved")


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no project here"):
        backup(tmp_path, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_of_a_damaged_database_is_refused_and_leaves_nothing(
    five: ProjectStore, tmp_path: Path
) -> None:
    five.close()
    path = five.database.path
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        backup(five.folder, tmp_path / "saved")
    assert [p.name for p in tmp_path.iterdir()] == ["desk"]


def test_a_backup_that_cannot_be_written_is_a_store_error(five: ProjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="disk refused"):
        backup(five.folder, tmp_path / "file" / "saved")


def test_a_changed_backup_is_refused(five: ProjectStore, tmp_path: Path) -> None:
    saved = backup(five.folder, tmp_path / "saved")
    with (saved / FILE_NAME).open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    with pytest.raises(ArtefactError, match="not the one that was published"):
        restore(saved, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_present_project_is_refused_or_moved_aside_whole(
    five: ProjectStore, answer: Answer, tmp_path: Path
) -> None:
    saved = backup(five.folder, tmp_path / "saved")
    five.record([answer("t0", "billing")])
    with pytest.raises(InputError, match="a project in this folder already") as refused:
        restore(saved, five.folder)
    assert "--move-aside" in refused.value.hint
    with pytest.raises(StoreError, match="has this project open"):
        restore(saved, five.folder, move_aside=True)
    assert five.answered_ids("topic") == ["t0"]
    five.close()
    aside = restore(saved, five.folder, move_aside=True)
    assert aside is not None
    with ProjectStore.open(five.folder) as now, ProjectStore.open(aside) as before:
        assert now.answered_ids("topic") == []
        assert before.answered_ids("topic") == ["t0"]


def test_a_damaged_project_is_moved_aside_and_its_log_does_not_stay(
    five: ProjectStore, tmp_path: Path
) -> None:
    saved = backup(five.folder, tmp_path / "saved")
    five.close()
    five.database.path.write_bytes(os.urandom(5000))
    five.database.wal_path.write_bytes(b"left over")
    aside = restore(saved, five.folder, move_aside=True)
    assert aside is not None
    assert FILE_NAME in [p.name for p in aside.iterdir()]
    assert not five.database.wal_path.exists()
    with ProjectStore.open(five.folder) as now:
        assert now.n_documents() == 5


def test_nothing_is_restored_under_a_worker(five: ProjectStore, tmp_path: Path) -> None:
    saved = backup(five.folder, tmp_path / "saved")
    with FileLock(five.folder / "worker.lock") as lock:
        assert lock.acquire()
        with pytest.raises(StoreError, match="A worker works"):
            restore(saved, five.folder, move_aside=True)


@pytest.mark.slow
def test_nothing_is_restored_while_another_process_has_the_project_open(
    five: ProjectStore, tmp_path: Path
) -> None:
    saved = backup(five.folder, tmp_path / "saved")
    five.close()
    code = (
        "import sys; from pathlib import Path; from workbench.store.project_store import ProjectStore; "
        f"store = ProjectStore.open(Path({str(five.folder)!r})); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="has this project open"):
            restore(saved, five.folder, move_aside=True)
