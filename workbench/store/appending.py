"""What files that only grow have in common: their folder, keys of texts, durable writes, progress of a chunk."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from workbench.artefacts import read_json, sync_folder, write_json
from workbench.domain.ports import Progress
from workbench.errors import ArtefactError

EMBED_AGAIN = (
    "`workbench embed NAME` computes what is damaged again and keeps the rest (with --encoder, where that "
    "was another one)."
)
BEGIN_AGAIN = (
    "Move its folder away and run `workbench embed NAME`, which computes again what was in it (with "
    "--encoder, where that was another one)."
)


class GrowingFolder:
    """A folder below another one for what one encoder made: files that only grow, and facts that say what it is for."""

    def __init__(self, parent: Path, encoder_id: str) -> None:
        self.path = parent / folder_name(encoder_id)
        self.path.mkdir(parents=True, exist_ok=True)

    def check(self, facts: Mapping[str, Any], files: Sequence[str], what: str) -> None:
        """Note the facts when the folder is new, and make the files that it lacks: they are filled again.

        Raises ArtefactError when the folder has other facts, or some that cannot be read.
        """
        with self.locked():
            noted = self.path / "facts.json"
            lacking = [self.path / name for name in files if not (self.path / name).exists()]
            for path in lacking:
                path.touch()
            if lacking:
                sync_folder(self.path)
            if not noted.exists():
                write_json(noted, facts)
            found = read_facts(noted)
        if found != facts:
            raise ArtefactError(
                f"Holds {what} of {found}, not of {facts}.", where=str(self.path), hint=BEGIN_AGAIN
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from appending; the lock falls with the process."""
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def facts_below(parent: Path, key: str) -> list[tuple[str, int]]:
    """Return the encoder, which `key` names, and the width of all such folders below a folder.

    Raises ArtefactError for facts that cannot be read.
    """
    paths = sorted(parent.glob("*/facts.json"))
    return [(found[key], found["width"]) for found in (read_facts(path, key) for path in paths)]


def read_facts(path: Path, key: str | None = None) -> dict[str, Any]:
    """Return the facts of a folder; with a `key`, those of the encoder that it is named after.

    Raises ArtefactError for facts that cannot be read.
    """
    try:
        found = read_json(path)
    except ArtefactError as error:
        raise ArtefactError(error.message, where=error.where, hint=BEGIN_AGAIN) from error
    is_whole = isinstance(found, dict) and isinstance(found.get("width"), int) and found["width"] > 0
    if is_whole and key is not None:
        is_whole = isinstance(found.get(key), str) and folder_name(found[key]) == path.parent.name
    if not is_whole:
        raise ArtefactError("Does not say what the folder holds.", where=str(path), hint=BEGIN_AGAIN)
    return dict(found)


def folder_name(encoder_id: str) -> str:
    """Return the name of the folder of an encoder."""
    return sha256(encoder_id.encode()).hexdigest()[:16]


def say_mended(n: int, what: str, folder: Path) -> None:
    """Warn that n damaged ones were replaced, whoever embedded: on the terminal, or in the log of a job."""
    if n:
        logging.getLogger(__name__).warning(
            "%s: %s %s were damaged and are computed again", folder, f"{n:,}", what
        )


@dataclass(frozen=True, slots=True)
class PartProgress:
    """Reports the progress of one chunk as progress of the whole; long texts count as several units."""

    whole: Progress
    start: int
    length: int
    n_texts: int

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report it."""
        self.whole(self.start + self.length * done // max(total, 1), self.n_texts, "texts encoded")


def text_digest(text: str) -> bytes:
    """Return the SHA-256 of a text, by which it is found again."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def write_at(path: Path, position: int, content: bytes) -> None:
    """Cut a file at a position, write there, and make it durable."""
    with path.open("r+b") as file:
        file.truncate(position)
        file.seek(position)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
