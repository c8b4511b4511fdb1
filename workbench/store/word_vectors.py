"""Word vectors on disk: each text is cut into words and encoded once.

A folder holds the words of one word encoder: files with a row a word (`words.i4` bounds in the text, `codes.i8`
and `scales.f2` the vector, `marks.u1`), and `texts.bin` with a row a text: the SHA-256 of the text and how many
words all texts up to it have. All only grow, `texts.bin` last: whatever stands behind the last whole row of it
was never acknowledged and is written over. So is what stands behind a text that lacks words. A text with a scale
or with bounds that cannot be counts as absent, and gets another row behind the others, which is the one that
holds. A word of width 384 takes 395 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress, WordEncoder, silent
from workbench.domain.word_vectors import WordVectors
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

CHUNK_TEXTS = 1024
FORMAT = 1
TEXT = np.dtype([("digest", "V32"), ("end", "<i8")])
# The bits of a float16 scale: from the first on it is negative or not finite.
NOT_FINITE, MINUS_ZERO = 0x7C00, 0x8000


class WordVectorFile:
    """Words of one encoder by text, in a folder of its own below `folder`.

    Several processes may read and append at once. Raises ArtefactError when the folder was written for
    another encoder, width or format.
    """

    FILES = ("texts.bin", "words.i4", "codes.i8", "scales.f2", "marks.u1")

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
        self.n_mended = 0  # damaged texts that were replaced here
        self._ends: Rows = np.zeros(1, dtype=np.int64)  # before the first text, then after each
        facts = {"format": FORMAT, "words": encoder_id, "width": width}
        self._growing.check(facts, self.FILES, "words")
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where the word vectors are."""
        return self._folder

    def __len__(self) -> int:
        """How many texts are known since the last `refresh`."""
        return len(self._ends) - 1

    @property
    def n_words(self) -> int:
        """How many words they have."""
        return int(self._ends[-1])

    def refresh(self) -> None:
        """Take note of what other processes have appended, up to the first text that lacks words."""
        n_rows = self._n_acknowledged()
        if n_rows < len(self):  # cut by another hand: begin anew
            self._row_of, self._ends = {}, np.zeros(1, dtype=np.int64)
        known = len(self)
        if n_rows == known:
            return
        with self._texts_path.open("rb") as file:
            file.seek(known * TEXT.itemsize)
            fresh = np.frombuffer(file.read((n_rows - known) * TEXT.itemsize), dtype=TEXT)
        ends = np.concatenate([self._ends[-1:], fresh["end"].astype(np.int64)])
        fits = (np.diff(ends) >= 0) & (ends[1:] <= self._n_whole_words())
        n_whole = len(fits) if fits.all() else int(np.argmin(fits))
        for row, digest in enumerate(fresh["digest"][:n_whole].tolist(), start=known):
            self._row_of[digest] = row  # a later row is there for a damaged one
        self._ends = np.concatenate([self._ends, ends[1 : n_whole + 1]])

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return the row of each text, -1 where it has none yet or a damaged one."""
        found = np.array([self._row_of.get(text_digest(text), -1) for text in texts], dtype=np.int64)
        there = np.flatnonzero(found >= 0)
        bounds, words = self._words_of(found[there])
        ends = np.repeat([len(texts[place]) for place in there], np.diff(bounds))
        damaged = self._are_damaged(words) | (self._some("words.i4", words).reshape(-1, 2)[:, 1] > ends)
        found[there[_any_within(bounds, damaged)]] = -1
        return found

    def n_damaged(self) -> int:
        """Return how many texts are known that lack words, or have one that cannot be."""
        rows = np.fromiter(self._row_of.values(), dtype=np.int64, count=len(self._row_of))
        bounds, words = self._words_of(np.sort(rows))
        return self._n_lost() + int(_any_within(bounds, self._are_damaged(words)).sum())

    def _words_of(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return the bounds `(n + 1,)` of the texts of some rows, and where their words stand."""
        starts, lengths = self._ends[rows], self._ends[rows + 1] - self._ends[rows]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return bounds, np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])

    def _are_damaged(self, words: Rows) -> npt.NDArray[np.bool_]:
        """Tell which of some words have a scale or bounds that cannot be."""
        bits = self._some("scales.f2", words).view("<u2")
        starts, ends = self._some("words.i4", words).reshape(-1, 2).T
        damaged: npt.NDArray[np.bool_] = (bits >= NOT_FINITE) & (bits != MINUS_ZERO)
        return damaged | (starts < 0) | (ends < starts)

    def read(self, rows: Rows) -> WordVectors:
        """Return the words of the texts of these rows. Raises StoreError for damaged ones."""
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self)):
            raise InputError(f"There are {len(self)} rows, not row {rows.min()} to {rows.max()}.")
        bounds, words = self._words_of(rows)
        if self._are_damaged(words).any():
            raise StoreError("A word vector is damaged.", where=str(self._folder), hint=EMBED_AGAIN)
        parts = {name: self._some(name, words) for name in self._columns}
        places = parts["words.i4"].astype(np.int32, copy=False).reshape(-1, 2)
        scales = parts["scales.f2"].astype(np.float32)
        return WordVectors(bounds, places, parts["codes.i8"], scales, parts["marks.u1"])

    def append(self, texts: Sequence[str], words: WordVectors) -> None:
        """Add the words of texts that have none, or damaged ones; durable on return.

        Raises InputError when they do not fit the texts and width or are not finite.
        """
        if len(words) != len(texts) or words.codes.shape[1] != self.width:
            raise InputError(f"Words of {len(words)} texts, width {words.codes.shape[1]}, for {len(texts)}.")
        if not np.isfinite(words.scales).all():
            raise InputError(f"The encoder {self.encoder_id} gave a vector that is not finite.")
        with self._growing.locked():
            self.refresh()
            fresh = {text_digest(texts[n]): n for n in np.flatnonzero(self.rows(texts) < 0)}
            if fresh:
                self.n_mended += self._n_lost() + sum(digest in self._row_of for digest in fresh)
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

    def _n_acknowledged(self) -> int:
        return self._texts_path.stat().st_size // TEXT.itemsize

    def _n_lost(self) -> int:
        """Return how many texts stand behind one that lacks words, itself among them."""
        return self._n_acknowledged() - len(self)

    def _n_whole_words(self) -> int:
        return min(
            (self._folder / name).stat().st_size // dtype.itemsize for name, dtype in self._columns.items()
        )


def _any_within(bounds: Rows, damaged: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Tell which texts have a damaged word."""
    n_damaged = np.concatenate([[0], np.cumsum(damaged)])
    found: npt.NDArray[np.bool_] = n_damaged[bounds[1:]] > n_damaged[bounds[:-1]]
    return found


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
    return [WordVectorFile(folder, words, width) for words, width in facts_below(folder, "words")]


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
        """Return the words of the texts, in their order.

        Progress counts the texts that were missing; of those that were damaged a warning tells.
        """
        self._file.refresh()
        n_mended = self._file.n_mended
        rows = self._file.rows(texts)
        missing = list(dict.fromkeys(texts[i] for i in np.flatnonzero(rows < 0)))
        for start in range(0, len(missing), CHUNK_TEXTS):
            chunk = missing[start : start + CHUNK_TEXTS]
            part = PartProgress(progress, start, len(chunk), len(missing))
            self._file.append(chunk, self._source.encode_words(chunk, progress=part))
        say_mended(self._file.n_mended - n_mended, "text(s) of word vectors", self._file.folder)
        return self._file.read(self._file.rows(texts) if missing else rows)
