"""What files that only grow have in common: their folder, keys of texts, durable writes, progress of a chunk."""

from __future__ import annotations

import fcntl
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


class GrowingFolder:
    """A folder below another one for what one encoder made: files that only grow, and facts that say what it is for."""

    def __init__(self, parent: Path, encoder_id: str) -> None:
        self.path = parent / sha256(encoder_id.encode()).hexdigest()[:16]
        self.path.mkdir(parents=True, exist_ok=True)

    def check(self, facts: Mapping[str, Any], files: Sequence[str], what: str) -> None:
        """Make the files and note the facts when the folder is new; raise ArtefactError when it has other facts."""
        with self.locked():
            noted = self.path / "facts.json"
            if not noted.exists():
                for name in files:
                    (self.path / name).touch()
                sync_folder(self.path)
                write_json(noted, facts)
            found = read_json(noted)
        if found != facts:
            raise ArtefactError(f"Holds {what} of {found}, not of {facts}.", where=str(self.path))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from appending; the lock falls with the process."""
        with (self.path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def facts_below(parent: Path) -> list[dict[str, Any]]:
    """Return the facts of all such folders below a folder."""
    return [read_json(path) for path in sorted(parent.glob("*/facts.json"))]


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
