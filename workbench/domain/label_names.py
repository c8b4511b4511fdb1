"""What the names of labels say: as words, and as vectors beside those of the documents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.arrays import Vectors
from workbench.errors import InputError

BETWEEN_WORDS = re.compile(r"[\s_/.-]+")


@dataclass(frozen=True, slots=True, eq=False)
class LabelNames:
    """The labels of a question in their order, and the unit vector of each name, `(l, d)` float32."""

    labels: tuple[str, ...]
    vectors: Vectors

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.vectors):
            raise InputError(
                f"There are {len(self.vectors)} vectors for the names of {len(self.labels)} labels."
            )


def name_in_words(label: str) -> str:
    """Return a label as somebody would say it: words between spaces, whatever parted them; else as it is.

    >>> name_in_words("card_not-working"), name_in_words("ChurnThreat"), name_in_words("iPhone"), name_in_words("_-")
    ('card not working', 'Churn Threat', 'iPhone', '_-')
    """
    apart = "".join(
        f" {letter}"
        if letter.isupper() and n > 1 and label[n - 2 : n].isalpha() and label[n - 1].islower()
        else letter
        for n, letter in enumerate(label)
    )
    return BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFC", apart)).strip() or label


def names_in_words(labels: Sequence[str]) -> list[str]:
    """Return each label as somebody would say it; those that would be said alike, as `x-` and `x`, as they are."""
    said = [name_in_words(label) for label in labels]
    return [words if said.count(words) == 1 else label for words, label in zip(said, labels, strict=True)]
