"""Texts that are nearly one: asking about both would waste an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from workbench.domain.arrays import Vectors
from workbench.domain.documents import folded_text
from workbench.strategies.coverage import Field
from workbench.strategies.frames import common_words, without_frames

LENGTH = 3
ALIKE = 0.6  # of the trigrams of both: a text of ten words with two of them changed has about so many
MATCHING = 0.8  # of the letters of both, in their order: several words misspelt spoil most trigrams
NEAREST, RATHER_ALIKE = 0.97, 0.3  # the same words in another order, or other signs
SAME_WORDS = 0.75  # of the shorter text: copies of a short one are cut and misspelt in other places
LONG = 300  # letters: from here on small edits spoil few trigrams, and comparing in order takes too long
NEAR = 0.2  # cosine: below it no wording is compared; misspelt words turn the vector of a short text far


class NearCopies:
    """Tells whether a document is nearly a copy of one among others.

    Two documents are near-copies when they share 0.6 of their character trigrams (Jaccard; Broder 1997,
    "On the resemblance and containment of documents"), or 0.3 where the cosine of their unit vectors is
    at least 0.97. Below 300 letters 0.3 will do, too, where 0.8 of their letters match in order, as they stand or
    with the words in the order of the alphabet (Ratcliff & Metzener 1988, "Pattern matching: the gestalt
    approach"), or where three quarters of the shorter one's words stand in the other. Texts of a cosine below
    0.2 are not compared, and what many texts of the pool say word for word is left out (see `frames`). Without
    texts a cosine of 0.97 decides. That some are called copies that are none costs little: they may come in
    the next batch.
    """

    def __init__(
        self, vectors: Vectors, texts: Sequence[str] | None, beside: Sequence[str] | None = None
    ) -> None:
        """`beside` are texts without vectors that are asked in the same batch: wording alone tells of them."""
        self._vectors = vectors
        self._texts = texts
        self._common = common_words(texts or ())
        self._beside = [self._wording(text) for text in beside or ()] if texts is not None else []
        self._wordings: dict[int, Wording] = {}

    def among(self, row: int, others: Sequence[int]) -> bool:
        """Tell whether a row is nearly a copy of one of the other rows, or of a text beside them."""
        return any(self._of(row).like(text) for text in self._beside) or any(self._like(row, others))

    def of(self, row: int, others: Sequence[int]) -> list[int]:
        """Return which of the other rows are nearly copies of a row, in their order."""
        return [other for other, alike in zip(others, self._like(row, others), strict=True) if alike]

    def _like(self, row: int, others: Sequence[int]) -> Iterator[bool]:
        if not others:
            return
        cosines = self._read([*others]) @ self._read([row])[0]
        for other, cosine in zip(others, cosines.tolist(), strict=True):
            if self._texts is None:
                yield cosine >= NEAREST
            else:
                yield cosine >= NEAR and self._of(row).like(self._of(other), is_nearest=cosine >= NEAREST)

    def _read(self, rows: Sequence[int]) -> Vectors:
        return np.asarray(self._vectors[rows], dtype=np.float32)

    def _of(self, row: int) -> Wording:
        if row not in self._wordings:
            assert self._texts is not None
            self._wordings[row] = self._wording(self._texts[row])
        return self._wordings[row]

    def _wording(self, text: str) -> Wording:
        return Wording.of(text, self._common)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it is compared: folded, without frames, and its trigrams."""

    text: str
    trigrams: frozenset[str]

    @classmethod
    def of(cls, text: str, common: frozenset[str] = frozenset()) -> Wording:
        """Fold a text, leave out runs of words that are common in the pool, and cut it into trigrams."""
        folded = " ".join(without_frames(folded_text(text).split(), common))
        padded = f" {folded} "
        places = range(max(1, len(padded) - LENGTH + 1))
        return cls(folded, frozenset(padded[i : i + LENGTH] for i in places))

    def like(self, other: Wording, *, is_nearest: bool = False) -> bool:
        """Tell whether this is nearly the same wording; where vectors are nearly one, less will do."""
        shared = len(self.trigrams & other.trigrams) / len(self.trigrams | other.trigrams)
        least = RATHER_ALIKE if is_nearest else ALIKE
        if shared >= least or shared < RATHER_ALIKE or max(len(self.text), len(other.text)) > LONG:
            return shared >= least
        return (
            _same_words(self.text.split(), other.text.split())
            or _matching(self.text, other.text)
            or _matching(_sorted_words(self.text), _sorted_words(other.text))
        )


def _matching(one: str, two: str) -> bool:
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= MATCHING


def _same_words(one: list[str], two: list[str]) -> bool:
    """Tell whether all words but a quarter of the shorter text are in the other one too."""
    return (Counter(one) & Counter(two)).total() >= SAME_WORDS * min(len(one), len(two))


def _sorted_words(text: str) -> str:
    """Return the words in the order of the alphabet: some were moved and misspelt at once."""
    return " ".join(sorted(text.split()))


class Families:
    """Lets one document of each family of near-copies into a batch.

    Two edited copies of one text may differ more from each other than each from the text. So whoever is
    a near-copy of a chosen document's near-copy is of its family too; no step further, or texts that were
    made from one template would end as one family. Near-copies of a chosen document are looked for among
    its neighbours.
    """

    def __init__(self, copies: NearCopies, field: Field, taken: Sequence[int] = ()) -> None:
        self._copies = copies
        self._field = field
        self._taken = list(taken)
        self._families: dict[int, list[int]] = {}

    def may_join(self, place: int, chosen: Sequence[int]) -> bool:
        """Tell whether a place of the field may join the chosen ones."""
        taken = [*self._taken, *(row for other in chosen for row in self._family(other))]
        row = int(self._field.rows[place])
        return row not in taken and not self._copies.among(row, taken)

    def _family(self, place: int) -> list[int]:
        if place not in self._families:
            own = int(self._field.rows[place])
            rows = self._field.rows[self._field.around(place)[0]].tolist()
            self._families[place] = [
                own,
                *self._copies.of(own, [row for row in rows if row not in (-1, own)]),
            ]
        return self._families[place]
