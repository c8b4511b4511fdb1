"""Figures by slice: how a model does on short and long texts, on each source, language or channel."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.analysis.figures import ratio
from workbench.analysis.intervals import MaybeInterval, wilson_interval
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.metrics import check_pairs
from workbench.domain.spans import Span

UNKNOWN = "(unknown)"
SMALL = 20  # documents: what is smaller says little
MOST_VALUES = 40
RANGE = re.compile(r"(-?\d[\d.e+-]*) to -?\d")  # as `quartiles` writes it


@dataclass(frozen=True, slots=True)
class Slice:
    """The documents of one value: `n` of them, `n_right` answered exactly right.

    `correct` of the labels or spans are right, of `gold` that are there and `said` by the model.
    """

    value: str
    n: int
    n_right: int
    correct: int
    gold: int
    said: int

    @property
    def share_right(self) -> float:
        """The share of documents answered exactly right (accuracy)."""
        return self.n_right / self.n

    @property
    def interval(self) -> MaybeInterval:
        """The 95 % Wilson interval of `share_right`."""
        return wilson_interval(self.n_right, self.n)

    @property
    def f1(self) -> float | None:
        """F1 over all labels or spans together (micro, strict)."""
        return ratio(2 * self.correct, self.gold + self.said)

    @property
    def is_small(self) -> bool:
        """Whether there are too few documents to say much."""
        return self.n < SMALL


def slice_documents(documents: Sequence[JudgedDocument], values: Sequence[str]) -> list[Slice]:
    """Judge the documents of each value by themselves, worst first: small slices last, ties by value.

    `values` has one value a document. Raises InputError when they do not pair.
    """
    check_pairs(len(documents), len(values))
    counts: dict[str, list[int]] = {}
    for document, value in zip(documents, values, strict=True):
        gold: Counter[str | Span] = Counter([*document.example.labels, *document.example.spans])
        said: Counter[str | Span] = Counter([*document.predicted_labels, *document.predicted_spans])
        row = (1, int(document.right), (gold & said).total(), gold.total(), said.total())
        before = counts.get(value, [0] * len(row))
        counts[value] = [a + b for a, b in zip(before, row, strict=True)]
    slices = [Slice(value, *row) for value, row in counts.items()]
    return sorted(slices, key=lambda s: (s.is_small, s.share_right, s.value))


def in_reading_order(slices: Sequence[Slice]) -> list[Slice]:
    """Return ranges of numbers from low to high; slices of anything else as they are."""
    starts = [RANGE.match(s.value) for s in slices if s.value != UNKNOWN]
    if not starts or not all(starts):
        return list(slices)
    low = {s.value: float(start[1]) for s in slices if (start := RANGE.match(s.value))}
    return sorted(slices, key=lambda s: low.get(s.value, float("inf")))


def length_quartiles(texts: Sequence[str]) -> list[str]:
    """Say for each text in which quarter of the lengths it lies; lengths are in characters.

    Equal lengths stay together, so that quarters may differ in size.
    """
    return quartiles([len(text) for text in texts], unit=" characters")


def quartiles(numbers: Sequence[float], *, unit: str = "") -> list[str]:
    """Say for each number in which quarter it lies, as the range of the numbers there."""
    if not numbers:
        return []
    values = np.asarray(numbers, dtype=np.float64)
    cuts = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    places = np.searchsorted(cuts, values, side="left")
    names = {
        int(place): f"{values[places == place].min():g} to {values[places == place].max():g}{unit}"
        for place in np.unique(places)
    }
    return [names[int(place)] for place in places]


def metadata_values(metadata: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return for each key the value of every document as text; a missing one is UNKNOWN.

    Numbers with many values are cut into quarters. Other keys with more than MOST_VALUES values (ids,
    times) are left out, and so are those with one value and those that hold no plain values.
    """
    found = {}
    for key in sorted({key for one in metadata for key in one}):
        raw = [one.get(key) for one in metadata]
        if not all(value is None or isinstance(value, str | int | float | bool) for value in raw):
            continue
        n_values = len(set(raw))
        numeric = all(isinstance(value, int | float) and np.isfinite(value) for value in raw)
        if n_values > MOST_VALUES and numeric:
            found[key] = quartiles([float(value or 0) for value in raw])
        elif 1 < n_values <= MOST_VALUES:
            found[key] = [UNKNOWN if value is None or value == "" else str(value) for value in raw]
    return found
