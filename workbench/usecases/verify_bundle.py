"""Whether a bundle is still the one that was exported, and passed its gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from workbench import artefacts
from workbench.domain.gates import gate_failures
from workbench.errors import ArtefactError
from workbench.store.exported import Exported
from workbench.usecases.project import Project
from workbench.usecases.show_progress import BUNDLE_MANIFEST, GRAPH

FILES = frozenset({GRAPH, "tokenizer.json", "labels.json", "README.md"})  # as serving wants them
MOST_REMEMBERED = 64
Stamp: TypeAlias = tuple[str, int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class WholeBundle:
    """A bundle whose every file is the published one."""

    folder: Path
    manifest: Mapping[str, Any]
    manifest_sha256: str


def verify_bundle(project: Project, folder: Path) -> WholeBundle:
    """Return a bundle that is as it was exported and that passed its gate.

    Raises ArtefactError when a file is missing, extra or changed, when the manifest is another one than
    was noted at the export (one that was never noted is taken as it is), or when its gate was not passed.
    """
    bundle = whole_bundle(folder)
    noted = Exported(project.store).manifest_sha256(folder.name)
    if noted and noted != bundle.manifest_sha256:
        raise ArtefactError(
            f"The file {BUNDLE_MANIFEST} is not the one that was exported.",
            where=folder.name,
            hint="Delete the bundle and export the model again.",
        )
    if failures := gate_failures(bundle.manifest.get("gate")):
        raise ArtefactError(f"It did not pass its gate: {'; '.join(failures)}.", where=folder.name)
    return bundle


def whole_bundle(folder: Path) -> WholeBundle:
    """Return a bundle whose files are those of its manifest; they are read anew when one was touched.

    Raises ArtefactError.
    """
    try:
        stamps = tuple(sorted(_stamp(folder, path) for path in folder.rglob("*")))
    except OSError as error:
        raise ArtefactError(f"The bundle is not readable: {error.strerror}.", where=folder.name) from error
    return _whole_bundle(folder, stamps)


def _stamp(folder: Path, path: Path) -> Stamp:
    s = path.lstat()
    # The time of the last change of status cannot be set back, as the time of writing can.
    return str(path.relative_to(folder)), s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns


@lru_cache(maxsize=MOST_REMEMBERED)
def _whole_bundle(folder: Path, stamps: tuple[Stamp, ...]) -> WholeBundle:
    manifest = artefacts.check_manifest(folder, manifest=BUNDLE_MANIFEST)
    if set(manifest["files"]) != FILES:
        raise ArtefactError(f"A bundle has the files {', '.join(sorted(FILES))}.", where=folder.name)
    return WholeBundle(folder, manifest, artefacts.file_sha256(folder / BUNDLE_MANIFEST))


def note_export(project: Project, folder: Path) -> None:
    """Note what a bundle's manifest is known by, unless that is noted already. Raises ArtefactError."""
    bundle = whole_bundle(folder)
    exported = Exported(project.store)
    if exported.manifest_sha256(folder.name) != bundle.manifest_sha256:
        exported.note(str(bundle.manifest["question"]), folder.name, bundle.manifest_sha256)
