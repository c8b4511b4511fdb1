"""Vectors of words: what a frozen network says of each word of a text, kept small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Offsets, Rows
from workbench.errors import InputError

MARKS = (
    "capital first",
    "all capitals",
    "digit",
    "letters only",
    "account or hashtag",
    "short",
    "small first",
    "capital inside",
)
SHORT = 3  # characters


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """The words of n texts, one after the other: k words in all.

    `bounds` (n + 1,) int64: the words of text i are `bounds[i]` to `bounds[i + 1]`. `words` (k, 2) int32 are
    characters [start, end) of the text; a word's vector is `codes` (k, d) int8 times `scales` (k,) float32,
    and has length one but for rounding. `marks` (k,) uint8 has a bit for each of `MARKS`.
    """

    bounds: Rows
    words: Offsets
    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    marks: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        n_words = int(self.bounds[-1]) if len(self.bounds) else -1
        shapes = {len(self.words), len(self.codes), len(self.scales), len(self.marks)}
        if n_words < 0 or shapes != {n_words} or self.codes.ndim != 2 or (np.diff(self.bounds) < 0).any():
            raise InputError(f"Bounds up to {n_words} do not fit arrays of {sorted(shapes)} words.")

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def lengths(self) -> Rows:
        """How many words each text has, `(n,)`."""
        return np.diff(self.bounds)

    @property
    def text_of_word(self) -> Rows:
        """The number of the text of each word, `(k,)`."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)


def quantised(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return codes `(k, d)` int8 and scales `(k,)` float32, exact in float16, of vectors brought to length one.

    A vector of zeros stays one.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    largest = np.abs(unit).max(axis=1, initial=0.0)
    scales = (largest / 127.0).astype(np.float16).astype(np.float32)
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales > 0)
    codes = np.clip(np.rint(unit * inverse[:, None]), -127, 127).astype(np.int8)
    return codes, scales


def marks_of(text: str, words: Offsets) -> npt.NDArray[np.uint8]:
    """Return the marks of each word `(k,)` uint8: what a network that reads lower case cannot see.

    >>> [mark for place, mark in enumerate(MARKS) if marks_of("NYC", np.array([[0, 3]]))[0] >> place & 1]
    ['capital first', 'all capitals', 'letters only', 'short']
    """
    found = np.zeros(len(words), dtype=np.uint8)
    for number, (start, end) in enumerate(words.tolist()):
        found[number] = _marks(text[start:end])
    return found


def _marks(word: str) -> int:
    all_capitals = len(word) > 1 and word.isupper()
    bits = (
        word[:1].isupper(),
        all_capitals,
        any(character.isdigit() for character in word),
        word.isalpha(),
        word[:1] in ("@", "#"),
        len(word) <= SHORT,
        word[:1].islower(),
        not all_capitals and any(character.isupper() for character in word[1:]),
    )
    return sum(1 << place for place, bit in enumerate(bits) if bit)


def joined(parts: Sequence[WordVectors], width: int) -> WordVectors:
    """Return the words of several lots of texts as one; `width` is that of their vectors."""
    bounds = [np.zeros(1, dtype=np.int64)]
    for part in parts:
        bounds.append(part.bounds[1:] + bounds[-1][-1])
    return WordVectors(
        np.concatenate(bounds),
        np.concatenate([np.zeros((0, 2), dtype=np.int32), *(part.words for part in parts)]),
        np.concatenate([np.zeros((0, width), dtype=np.int8), *(part.codes for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.float32), *(part.scales for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.uint8), *(part.marks for part in parts)]),
    )
