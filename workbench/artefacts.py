"""Files that hold models: written whole, checked before they are read, never code.

This is the one place that reads weights. A folder is published by `publish_folder`, which writes its
manifest last; `check_manifest` verifies every file of it before anything is loaded.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.errors import ArtefactError, NewerVersionError

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
CHUNK = 1024 * 1024


@contextmanager
def write_whole(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when everything was written and synced.

    `mode` are its permissions from the first moment on, less what the umask takes away.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.unlink(missing_ok=True)  # a killed process may have left one with other permissions
        with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: object) -> None:
    """Write a value as readable JSON, whole."""
    with write_whole(path) as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).encode())
        file.write(b"\n")


def read_json(path: Path) -> Any:
    """Read JSON. Duplicate keys and values that are not finite raise ArtefactError."""
    try:
        return json.loads(
            path.read_text(encoding="utf-8"),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
        )
    except FileNotFoundError:
        raise ArtefactError(f"The file {path.name} is missing.", where=str(path.parent)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ArtefactError(f"Not readable as JSON: {error}", where=str(path)) from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")


def write_tensors(path: Path, tensors: Mapping[str, AnyArray]) -> None:
    """Write numpy arrays as safetensors."""
    from safetensors.numpy import save

    with write_whole(path) as file:
        file.write(save({name: np.ascontiguousarray(array) for name, array in tensors.items()}))


def read_tensors(path: Path, *, shapes: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, AnyArray]:
    """Read safetensors into numpy arrays.

    Raises ArtefactError for a damaged file, weights that are not finite and, when `shapes` are given,
    tensors that are missing, unexpected, or of another shape.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
        check_tensor_header(content)
        tensors: dict[str, AnyArray] = load(content)
    except FileNotFoundError:
        raise ArtefactError(f"The file {path.name} is missing.", where=str(path.parent)) from None
    except (OSError, ValueError, KeyError, RecursionError, SafetensorError) as error:  # KeyError: a dtype
        raise ArtefactError(f"Not readable as safetensors: {error}", where=str(path)) from error
    for name, array in tensors.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ArtefactError(f"The weights '{name}' hold values that are not finite.", where=str(path))
    if shapes is not None:
        found = {name: array.shape for name, array in tensors.items()}
        if found != dict(shapes):
            raise ArtefactError(f"Expected the tensors {dict(shapes)}, found {found}.", where=str(path))
    return tensors


def check_tensor_header(content: bytes) -> None:
    """Raise ValueError for what the safetensors library accepts but nobody should: see the loops."""
    if len(content) < 8:
        raise ValueError("shorter than its header")
    length = int.from_bytes(content[:8], "little")
    if length > len(content) - 8:
        raise ValueError("the header is longer than the file")
    header = json.loads(content[8 : 8 + length], object_pairs_hook=_unique_keys)
    if not isinstance(header, dict):
        raise ValueError("the header is no object")
    for name in header:
        if ".." in name.split("/") or name.startswith("/") or "\\" in name or "\0" in name:
            raise ValueError(f"a tensor is named {name!r}")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def publish_folder(work: Path, final: Path, facts: Mapping[str, Any], *, manifest: str = MANIFEST) -> None:
    """Turn a finished work folder into a published one: sync, manifest last, rename.

    The manifest holds `facts` and, for every file, its size and SHA-256. Raises ArtefactError when
    `final` exists: a published folder is never changed.
    """
    if final.exists():
        raise ArtefactError("There is already something of that name.", where=str(final))
    files = {}
    for path in sorted(p for p in work.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        files[path.relative_to(work).as_posix()] = {
            "bytes": path.stat().st_size,
            "sha256": file_sha256(path),
        }
    write_json(work / manifest, {"manifest_version": MANIFEST_VERSION, **facts, "files": files})
    final.parent.mkdir(parents=True, exist_ok=True)
    work.replace(final)
    sync_folder(final.parent)


def check_manifest(folder: Path, *, manifest: str = MANIFEST) -> dict[str, Any]:
    """Verify a published folder and return its manifest.

    Raises ArtefactError when a file is missing, extra, a link, or differs in size or SHA-256, and
    NewerVersionError when a newer workbench wrote it.
    """
    facts = read_json(folder / manifest)
    if not isinstance(facts, dict) or not isinstance(facts.get("files"), dict):
        raise ArtefactError("The manifest lists no files.", where=str(folder / manifest))
    version = facts.get("manifest_version")
    if not isinstance(version, int) or version < 1:
        raise ArtefactError("The manifest has no version.", where=str(folder / manifest))
    if version > MANIFEST_VERSION:
        raise NewerVersionError(
            f"Written by a newer workbench (manifest {version}, known {MANIFEST_VERSION}).",
            where=str(folder),
            hint="Update annotation-workbench.",
        )
    present = {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir() or p.is_symlink()
    }
    listed = set(facts["files"])
    if present - {manifest} != listed:
        extra, missing = sorted(present - {manifest} - listed), sorted(listed - present)
        raise ArtefactError(
            f"Files do not match the manifest: extra {extra}, missing {missing}.", where=str(folder)
        )
    for name, expected in facts["files"].items():
        path = folder / name
        # What is no plain file (a pipe, a device) might never end.
        plain = path.is_file() and not path.is_symlink()
        if not plain or expected != {"bytes": path.stat().st_size, "sha256": file_sha256(path)}:
            raise ArtefactError(f"The file {name} is not the one that was published.", where=str(folder))
    return facts


def empty_folder(path: Path) -> Path:
    """Make the folder new and empty; used for work folders only."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
