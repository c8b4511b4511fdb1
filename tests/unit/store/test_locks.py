from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from workbench.errors import StoreError
from workbench.store.locks import FileLock, exclusive, shared


def test_a_lock_names_its_holder_and_is_had_by_one_only(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock") as first:
        assert first.acquire()
        second = FileLock(tmp_path / "lock")
        assert not second.acquire()
        assert second.holder() == os.getpid()
    assert second.acquire()
    second.release()


def test_the_pid_of_a_dead_holder_does_not_hold_the_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("999999\n")
    with FileLock(tmp_path / "lock") as lock:
        assert lock.acquire()
        assert lock.holder() == os.getpid()


def test_sharers_keep_an_exclusive_lock_out_and_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with shared(path, timeout=0), shared(path, timeout=0), exclusive(path) as alone:
        assert not alone
    with exclusive(path) as alone:
        assert alone
        with pytest.raises(StoreError, match="busy"), shared(path, timeout=0.01):
            pass


def test_a_sharer_waits_for_an_exclusive_holder_to_end(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(path):
            held.set()
            go.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    threading.Timer(0.05, go.set).start()
    with shared(path, timeout=5):
        assert go.is_set()  # only then did the holder let go
    thread.join()


def test_a_lock_in_a_missing_folder_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"), shared(tmp_path / "no" / "lock", timeout=0):
        pass


def test_a_lock_that_is_not_held_has_no_handle(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not held"):
        FileLock(tmp_path / "lock").handle  # noqa: B018
