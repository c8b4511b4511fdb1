"""Where a command may write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.cli.outputs import check_outputs, check_picture
from workbench.errors import InputError


def test_a_new_or_present_file_in_a_folder_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "old.json").touch()
    check_outputs(None, tmp_path / "new.json", tmp_path / "old.json")
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


def test_a_file_in_no_folder_a_folder_and_a_device_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "nope" / "x.json", tmp_path / "file" / "x.json", tmp_path, Path("/dev/null")):
        with pytest.raises(InputError) as caught:
            check_outputs(path)
        assert caught.value.where == str(path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_outputs(tmp_path / ("x" * 300))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="Nothing can be written"):
        check_outputs(tmp_path / "x.json")


def test_a_picture_has_an_ending_that_its_writer_knows(tmp_path: Path) -> None:
    check_picture(None, (".png",))
    check_picture(tmp_path / "curve.PNG", (".png",))
    for name in ("curve.bmpx", "curve"):
        with pytest.raises(InputError, match="cannot be written as"):
            check_picture(tmp_path / name, (".png",))
