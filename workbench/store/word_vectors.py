"""Word vectors on disk: each text is cut into words and encoded once.

A folder holds the words of one word encoder: files with a row a word (`words.i4` bounds in the text, `codes.i8`
and `scales.f2` the vector, `marks.u1`), and `texts.bin` with a row a text: the SHA-256 of the text and how many
words all texts up to it have. All only grow, `texts.bin` last: whatever stands behind the last whole row of it
was never acknowledged and is written over. A word of width 384 takes 395 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress, WordEncoder, silent
from workbench.domain.word_vectors import WordVectors
from workbench.errors import InputError, StoreError
from workbench.store.appending import GrowingFolder, PartProgress, facts_below, text_digest, write_at

CHUNK_TEXTS = 1024
FORMAT = 1
TEXT = np.dtype([("digest", "V32"), ("end", "<i8")])
HINT = "Delete the folder; the vectors are computed again."


class WordVectorFile:
    """Words of one encoder by text, in a folder of its own below `folder`.

    Several processes may read and append at once. Raises ArtefactError when the folder was written for
    another encoder, width or format.
    """

    def __init__(self, folder: Path, encoder_id: str, width: int) -> None:
        self.encoder_id = encoder_id
        self.width = width
        self._growing = GrowingFolder(folder, encoder_id)
        self._folder = self._growing.path
        self._texts_path = self._folder / "texts.bin"
        self._columns: dict[str, np.dtype[Any]] = {
            "words.i4": np.dtype(("<i4", 2)),
            "codes.i8": np.dtype(("i1", width)),
            "scales.f2": np.dtype("<f2"),
            "marks.u1": np.dtype("u1"),
        }
        self._row_of: dict[bytes, int] = {}
        self._ends: Rows = np.zeros(1, dtype=np.int64)  # before the first text, then after each
        facts = {"format": FORMAT, "words": encoder_id, "width": width}
        self._growing.check(facts, ["texts.bin", *self._columns], "words")
        self.refresh()

    def __len__(self) -> int:
        """How many texts are known since the last `refresh`."""
        return len(self._ends) - 1

    @property
    def n_words(self) -> int:
        """How many words they have."""
        return int(self._ends[-1])

    def refresh(self) -> None:
        """Take note of what other processes have appended. Raises StoreError for a damaged file."""
        known = len(self)
        n_rows = self._texts_path.stat().st_size // TEXT.itemsize
        if n_rows <= known:
            return
        with self._texts_path.open("rb") as file:
            file.seek(known * TEXT.itemsize)
            fresh = np.frombuffer(file.read((n_rows - known) * TEXT.itemsize), dtype=TEXT)
        ends = np.concatenate([self._ends, fresh["end"].astype(np.int64)])
        if (np.diff(ends) < 0).any() or ends[-1] > self._n_whole_words():
            raise StoreError("It lacks words of its texts: damaged.", where=str(self._folder), hint=HINT)
        for row, digest in enumerate(fresh["digest"].tolist(), start=known):
            self._row_of.setdefault(digest, row)
        self._ends = ends

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return the row of each text, -1 where it has none yet."""
        return np.array([self._row_of.get(text_digest(text), -1) for text in texts], dtype=np.int64)

    def read(self, rows: Rows) -> WordVectors:
        """Return the words of the texts of these rows. Raises StoreError for damaged ones."""
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self)):
            raise InputError(f"There are {len(self)} rows, not row {rows.min()} to {rows.max()}.")
        starts, lengths = self._ends[rows], self._ends[rows + 1] - self._ends[rows]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        words = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
        parts = {name: self._some(name, words) for name in self._columns}
        scales = parts["scales.f2"].astype(np.float32)
        if not (np.isfinite(scales).all() and (scales >= 0).all()):
            raise StoreError("A vector is not finite: damaged.", where=str(self._folder), hint=HINT)
        places = parts["words.i4"].astype(np.int32, copy=False).reshape(-1, 2)
        return WordVectors(bounds, places, parts["codes.i8"], scales, parts["marks.u1"])

    def append(self, texts: Sequence[str], words: WordVectors) -> None:
        """Add the words of texts that have none; durable on return.

        Raises InputError when they do not fit the texts and width or are not finite.
        """
        if len(words) != len(texts) or words.codes.shape[1] != self.width:
            raise InputError(f"Words of {len(words)} texts, width {words.codes.shape[1]}, for {len(texts)}.")
        if not np.isfinite(words.scales).all():
            raise InputError(f"The encoder {self.encoder_id} gave a vector that is not finite.")
        with self._growing.locked():
            self.refresh()
            digests = [text_digest(text) for text in texts]
            fresh = {digest: n for n, digest in enumerate(digests) if digest not in self._row_of}
            if fresh:
                self._write(fresh, words)
                self.refresh()

    def _write(self, fresh: dict[bytes, int], words: WordVectors) -> None:
        texts = np.array(list(fresh.values()), dtype=np.int64)
        kept = np.concatenate([np.arange(words.bounds[n], words.bounds[n + 1]) for n in texts])
        columns = (words.words, words.codes, words.scales, words.marks)
        for (name, dtype), column in zip(self._columns.items(), columns, strict=True):
            content = np.asarray(column)[kept].astype(dtype.base).tobytes()
            write_at(self._folder / name, self.n_words * dtype.itemsize, content)
        rows = np.zeros(len(texts), dtype=TEXT)
        rows["digest"] = np.frombuffer(b"".join(fresh), dtype="V32")
        rows["end"] = self.n_words + np.cumsum(words.lengths[texts])
        write_at(self._texts_path, len(self) * TEXT.itemsize, rows.tobytes())

    def _some(self, name: str, words: Rows) -> AnyArray:
        dtype = self._columns[name]
        if not len(words):
            return np.zeros(0, dtype=dtype)
        shape = (self.n_words, *dtype.shape)
        stored = np.memmap(self._folder / name, dtype=dtype.base, mode="r", shape=shape)
        if words[-1] - words[0] == len(words) - 1 and (np.diff(words) == 1).all():
            return np.asarray(stored[words[0] : words[-1] + 1])
        return np.asarray(stored[words])

    def _n_whole_words(self) -> int:
        return min(
            (self._folder / name).stat().st_size // dtype.itemsize for name, dtype in self._columns.items()
        )


class FileWords:
    """A word encoder that only reads its file: whoever uses it needs no network."""

    def __init__(self, file: WordVectorFile) -> None:
        self.id = file.encoder_id
        self.width = file.width
        self._file = file

    def encode_words(self, texts: Sequence[str], *, progress: Progress = silent) -> WordVectors:
        """Return the words of the texts, in their order. Raises InputError when one is not in the file."""
        rows = self._file.rows(texts)
        if (rows < 0).any():
            raise InputError(f"{int((rows < 0).sum())} of {len(texts)} texts have no word vectors yet.")
        return self._file.read(rows)


def stored_words(folder: Path) -> list[WordVectorFile]:
    """Return the word-vector files below a folder, one a word encoder, without loading any encoder."""
    return [WordVectorFile(folder, str(found["words"]), int(found["width"])) for found in facts_below(folder)]


class CachedWords:
    """A word encoder that asks another one for nothing twice.

    Missing texts are encoded and stored in chunks, so that work that was cut off goes on where it stopped;
    all words come out of the file, new or old. Raises InputError when the file belongs to another encoder.
    """

    def __init__(self, source: WordEncoder, file: WordVectorFile) -> None:
        if (source.id, source.width) != (file.encoder_id, file.width):
            raise InputError(f"The words of {file.encoder_id} are none of {source.id}.")
        self.id = source.id
        self.width = source.width
        self._source = source
        self._file = file

    def encode_words(self, texts: Sequence[str], *, progress: Progress = silent) -> WordVectors:
        """Return the words of the texts, in their order. Progress counts the texts that were missing."""
        self._file.refresh()
        rows = self._file.rows(texts)
        missing = list(dict.fromkeys(texts[i] for i in np.flatnonzero(rows < 0)))
        for start in range(0, len(missing), CHUNK_TEXTS):
            chunk = missing[start : start + CHUNK_TEXTS]
            part = PartProgress(progress, start, len(chunk), len(missing))
            self._file.append(chunk, self._source.encode_words(chunk, progress=part))
        return self._file.read(self._file.rows(texts) if missing else rows)
