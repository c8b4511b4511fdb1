"""What the names of labels say: as words, and as vectors beside those of the documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.arrays import Vectors
from workbench.errors import InputError

BETWEEN_WORDS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")


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
    """Return a label as somebody would say it; the label itself where it has no letters.

    >>> name_in_words("card_not-working"), name_in_words("ChurnThreat"), name_in_words("***")
    ('card not working', 'Churn Threat', '***')
    """
    return BETWEEN_WORDS.sub(" ", label).strip() or label


def names_in_words(labels: Sequence[str]) -> list[str]:
    """Return each label as somebody would say it."""
    return [name_in_words(label) for label in labels]
