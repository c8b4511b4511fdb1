from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench import artefacts
from workbench.errors import ArtefactError, NewerVersionError


@pytest.fixture
def published(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    (work / "deep").mkdir(parents=True)
    (work / "a.txt").write_text("alpha")
    (work / "deep" / "b.bin").write_bytes(b"\0\1\2")
    artefacts.publish_folder(work, tmp_path / "final", {"what": "a test"})
    return tmp_path / "final"


def test_a_published_folder_is_verified_file_by_file(published: Path) -> None:
    facts = artefacts.check_manifest(published)
    assert facts["what"] == "a test"
    assert set(facts["files"]) == {"a.txt", "deep/b.bin"}


def test_a_changed_file_is_refused(published: Path) -> None:
    (published / "a.txt").write_text("alphA")
    with pytest.raises(ArtefactError, match=r"a\.txt is not the one that was published"):
        artefacts.check_manifest(published)


def test_an_extra_and_a_missing_file_are_refused(published: Path) -> None:
    (published / "a.txt").rename(published / "c.txt")
    with pytest.raises(ArtefactError, match=r"extra \['c.txt'\], missing \['a.txt'\]"):
        artefacts.check_manifest(published)


def test_a_link_in_place_of_a_file_is_refused(published: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("alpha")
    (published / "a.txt").unlink()
    (published / "a.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtefactError):
        artefacts.check_manifest(published)


def test_a_manifest_of_a_newer_workbench_says_so_with_exit_code_3(published: Path) -> None:
    manifest = published / artefacts.MANIFEST
    facts = json.loads(manifest.read_text()) | {"manifest_version": 99}
    manifest.write_text(json.dumps(facts))
    with pytest.raises(NewerVersionError) as caught:
        artefacts.check_manifest(published)
    assert caught.value.exit_code == 3


def test_a_folder_is_never_published_over_another(published: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    with pytest.raises(ArtefactError, match="already"):
        artefacts.publish_folder(tmp_path / "again", published, {})


def test_a_file_that_could_not_be_written_whole_does_not_appear(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), artefacts.write_whole(tmp_path / "x") as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ['{"a": 1, "a": 2}', '{"a": NaN}', "{", "[" * 100_000, '{"a": Infinity}'])
def test_json_that_means_two_things_or_nothing_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ArtefactError, match="Not readable as JSON"):
        artefacts.read_json(tmp_path / "x.json")


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array([1, 2], dtype=np.int64)}
    artefacts.write_tensors(tmp_path / "t.safetensors", tensors)
    found = artefacts.read_tensors(tmp_path / "t.safetensors", shapes={"w": (2, 3), "n": (2,)})
    assert all((found[name] == tensors[name]).all() for name in tensors)


def test_weights_that_are_not_finite_or_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    artefacts.write_tensors(path, {"w": np.array([1.0, np.nan], dtype=np.float32)})
    with pytest.raises(ArtefactError, match="not finite"):
        artefacts.read_tensors(path)
    artefacts.write_tensors(path, {"w": np.zeros(3, dtype=np.float32)})
    with pytest.raises(ArtefactError, match="Expected the tensors"):
        artefacts.read_tensors(path, shapes={"w": (4,)})


def header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04K\x01.",
        (2**63).to_bytes(8, "little") + b"{}",
        header('{"../w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
        header(
            '{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'
        ),
        header('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'),
    ],
)
def test_a_tensor_file_that_lies_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.safetensors").write_bytes(content)
    with pytest.raises(ArtefactError, match="Not readable as safetensors"):
        artefacts.read_tensors(tmp_path / "t.safetensors")
