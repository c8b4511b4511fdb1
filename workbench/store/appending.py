"""What files that only grow have in common: keys of texts, durable writes, progress of a chunk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from workbench.domain.ports import Progress


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
