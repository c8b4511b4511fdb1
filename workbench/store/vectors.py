"""Vectors on disk: each text is encoded once.

A folder holds one encoder's vectors: `rows.f16` with one float16 row a text, and `texts.sha256` with
the SHA-256 of the text of each row in the same order. Both only grow, rows first: whatever stands in
`rows.f16` behind the last whole digest was never acknowledged and is written over. A row with a value that is
not finite is damaged: it counts as absent, and the text gets another row behind the others, which is the one
that holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Rows, Vectors
from workbench.domain.ports import Encoder, Progress, silent
from workbench.errors import InputError, StoreError
from workbench.store.appending import (
    EMBED_AGAIN,
    GrowingFolder,
    PartProgress,
    facts_below,
    say_mended,
    text_digest,
    write_at,
)

DIGEST_BYTES = 32
CHUNK_TEXTS = 1024
FORMAT = 1
SIZE_BITS, NOT_FINITE = 0x7FFF, 0x7C00  # of a float16: all but the sign, and from where on it is not finite
Halves: TypeAlias = npt.NDArray[np.float16]


class VectorFile:
    """Vectors of one encoder by text, in a folder of its own below `folder`.

    Several processes may read and append at once. Raises ArtefactError when the folder was written
    for another encoder, width or format.
    """

    FILES = ("rows.f16", "texts.sha256")

    def __init__(self, folder: Path, encoder_id: str, width: int) -> None:
        self.encoder_id = encoder_id
        self.width = width
        self._growing = GrowingFolder(folder, encoder_id)
        self._folder = self._growing.path
        self._rows_path, self._digests_path = (self._folder / name for name in self.FILES)
        self._row_of: dict[bytes, int] = {}
        self._n_rows = 0
        self._mapped: Halves | None = None
        self.n_mended = 0  # damaged rows that were replaced here
        facts = {"format": FORMAT, "encoder": encoder_id, "width": width}
        self._growing.check(facts, self.FILES, "vectors")
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where the vectors are, and what follows from them."""
        return self._folder

    def __len__(self) -> int:
        """How many rows are known since the last `refresh`."""
        return self._n_rows

    def refresh(self) -> None:
        """Take note of what other processes have appended."""
        n_rows = min(
            self._digests_path.stat().st_size // DIGEST_BYTES,
            self._rows_path.stat().st_size // self._row_bytes,
        )
        if n_rows < self._n_rows:  # cut by another hand: begin anew
            self._row_of, self._n_rows, self._mapped = {}, 0, None
        if n_rows == self._n_rows:
            return
        with self._digests_path.open("rb") as file:
            file.seek(self._n_rows * DIGEST_BYTES)
            fresh = file.read((n_rows - self._n_rows) * DIGEST_BYTES)
        for row in range(self._n_rows, n_rows):
            start = (row - self._n_rows) * DIGEST_BYTES
            self._row_of[fresh[start : start + DIGEST_BYTES]] = row  # a later row is there for a damaged one
        self._n_rows = n_rows

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return the row of each text, -1 where it has none yet or a damaged one."""
        found = np.array([self._row_of.get(text_digest(text), -1) for text in texts], dtype=np.int64)
        there = np.flatnonzero(found >= 0)
        found[there[~self._are_finite(found[there])]] = -1
        return found

    def _are_finite(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Tell which of some rows have finite values only, by the bits: 100,000 take some 20 ms."""
        finite = np.ones(len(rows), dtype=np.bool_)
        for start in range(0, len(rows), CHUNK_TEXTS):
            bits = self._stored()[rows[start : start + CHUNK_TEXTS]].view("<u2")
            finite[start : start + CHUNK_TEXTS] = (bits & SIZE_BITS).max(axis=1) < NOT_FINITE
        return finite

    def read(self, rows: Rows) -> Vectors:
        """Return the vectors `(n, width)` float32 of these rows, scaled to length one again.

        Raises StoreError when a row holds values that are not finite: the file is damaged.
        """
        if not len(rows):
            return np.zeros((0, self.width), dtype=np.float32)
        if rows.min() < 0 or rows.max() >= self._n_rows:
            raise InputError(f"There are {self._n_rows} rows, not row {rows.min()} to {rows.max()}.")
        with np.errstate(invalid="ignore"):  # what is not finite is told below
            vectors = self._stored()[rows].astype(np.float32)
            lengths = np.sqrt(np.add.reduce(vectors * vectors, axis=1, keepdims=True))
        if not np.isfinite(lengths).all():  # squares of float16 do not overflow: a value is not finite
            raise StoreError(
                "A vector is not finite: the file is damaged.",
                where=str(self._rows_path),
                hint=EMBED_AGAIN,
            )
        vectors /= np.where(lengths > 0, lengths, 1.0)  # a row of zeros stays as it is
        return vectors

    def hash_of(self, rows: Rows) -> str:
        """Return the SHA-256 of these rows as they are on disk, in this order; -1 is a text without one."""
        said = sha256(np.asarray(rows, dtype="<i8").clip(max=0).tobytes())
        there = rows[rows >= 0]
        for start in range(0, len(there), CHUNK_TEXTS):
            said.update(self._stored()[there[start : start + CHUNK_TEXTS]].tobytes())
        return said.hexdigest()

    def _stored(self) -> Halves:
        """Return the known rows as they are on disk; mapped once, a ranking reads them in thousands of pieces."""
        if self._mapped is None or len(self._mapped) != self._n_rows:
            shape = (self._n_rows, self.width)
            self._mapped = np.asarray(np.memmap(self._rows_path, dtype="<f2", mode="r", shape=shape))
        return self._mapped

    def append(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors of texts that have none, or a damaged one; durable on return.

        Raises InputError when the vectors do not fit the texts and width or are not finite.
        """
        if vectors.shape != (len(texts), self.width):
            raise InputError(
                f"Vectors of shape {vectors.shape} for {len(texts)} texts of width {self.width}."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            halves = vectors.astype("<f2")
        if not np.isfinite(halves).all():
            raise InputError(f"The encoder {self.encoder_id} gave a vector that is not finite.")
        with self._growing.locked():
            self.refresh()
            fresh = {text_digest(texts[i]): i for i in np.flatnonzero(self.rows(texts) < 0)}
            if not fresh:
                return
            self.n_mended += self._n_lost() + sum(digest in self._row_of for digest in fresh)
            half = halves[list(fresh.values())]
            write_at(self._rows_path, self._n_rows * self._row_bytes, half.tobytes())
            write_at(self._digests_path, self._n_rows * DIGEST_BYTES, b"".join(fresh))
            self.refresh()

    def n_damaged(self) -> int:
        """Return how many texts are known whose row is gone or not finite."""
        rows = np.fromiter(self._row_of.values(), dtype=np.int64, count=len(self._row_of))
        return self._n_lost() + int((~self._are_finite(rows)).sum())

    def _n_lost(self) -> int:
        """Return how many digests have no row: rows are written first."""
        return self._digests_path.stat().st_size // DIGEST_BYTES - self._n_rows

    @property
    def _row_bytes(self) -> int:
        return 2 * self.width


class CachedEncoder:
    """An encoder that asks another one for nothing twice.

    Missing texts are encoded and stored in chunks, so that work that was cut off goes on where it
    stopped. All vectors come out of the file, whether they are new or old: a text has the same vector
    in every process. `source` is the encoder behind it. Raises InputError when the file belongs to
    another encoder.
    """

    def __init__(self, encoder: Encoder, vector_file: VectorFile) -> None:
        if (encoder.id, encoder.width) != (vector_file.encoder_id, vector_file.width):
            raise InputError(f"The vectors of {vector_file.encoder_id} are none of {encoder.id}.")
        self.id = encoder.id
        self.width = encoder.width
        self.source = encoder
        self.folder = vector_file.folder
        self._file = vector_file

    def hash_of(self, texts: Sequence[str]) -> str:
        """Return the SHA-256 of the vectors that texts have in the file, in their order."""
        return self._file.hash_of(self._file.rows(texts))

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> Vectors:
        """Return unit vectors `(n, width)` float32 in the order of the texts.

        Progress counts the texts that were missing; of those that were damaged a warning tells.
        """
        self._file.refresh()
        n_mended = self._file.n_mended
        rows = self._file.rows(texts)
        missing = list(dict.fromkeys(texts[i] for i in np.flatnonzero(rows < 0)))
        for start in range(0, len(missing), CHUNK_TEXTS):
            chunk = missing[start : start + CHUNK_TEXTS]
            part = PartProgress(progress, start, len(chunk), len(missing))
            self._file.append(chunk, self.source.encode(chunk, progress=part))
            part(1, 1, "encoding")
        say_mended(self._file.n_mended - n_mended, "vector(s)", self.folder)
        return self._file.read(self._file.rows(texts) if missing else rows)


def stored_vectors(folder: Path) -> list[VectorFile]:
    """Return the vector files below a folder, one an encoder, without loading any encoder."""
    return [VectorFile(folder, encoder, width) for encoder, width in facts_below(folder, "encoder")]
