"""A batch that covers the pool, made better by exchanging one document after the other.

Greedily choosing never takes a document back, though later ones may do its work better. Interchange is the
other heuristic of Nemhauser, Wolsey & Fisher 1978; as in PAM (Kaufman & Rousseeuw 1990, "Partitioning
Around Medoids") each document leaves once in a sweep, and the one that now adds most comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.strategies.coverage import Allowed, Field, Similarities, anybody, cover, gains_of

SWEEPS = 3  # a fourth one hardly finds anything
LEAST_GAIN = 1e-6  # share of what a document adds: below it an exchange may be rounding


def exchange(
    field: Field, chosen: Sequence[int], allowed: Allowed = anybody
) -> tuple[list[int], list[float]]:
    """Return as many places of the field that cover it at least as well, the one that adds most first, as `cover`.

    Neighbours must be mutual. Work grows with the chosen ones and their neighbours' neighbours, not the pool.
    """
    batch = _Batch(field, chosen)
    for _ in range(SWEEPS):
        if not sum([batch.exchanged(number, allowed) for number in range(len(chosen))]):
            break
    among = np.full_like(field.rows, -1)
    among[batch.places] = field.rows[batch.places]
    return cover(replace(field, rows=among), len(chosen))


class _Batch:
    """Chosen places, how far each document is covered by them, and what each place would add."""

    def __init__(self, field: Field, chosen: Sequence[int]) -> None:
        self.places = list(chosen)
        self._field = field
        self._is_chosen = np.zeros(len(field.rows), dtype=np.bool_)
        self._is_chosen[self.places] = True
        self._covered = field.covered.copy()
        for place in chosen:
            others, similar = field.around(place)
            self._covered[others] = np.maximum(self._covered[others], similar)
        self._gains = gains_of(replace(field, covered=self._covered))

    def exchanged(self, number: int, allowed: Allowed) -> bool:
        """Let one place leave and the best one join in its stead; tell whether that is another one."""
        old = self.places[number]
        self._leave(old)
        others = [place for place in self.places if place != old]
        could = np.where((self._field.rows >= 0) & ~self._is_chosen, self._gains, -np.inf)
        new = int(could.argmax())
        if could[new] <= self._gains[old] * (1.0 + LEAST_GAIN) or not allowed(new, others):
            new = old
        self.places[number] = new
        self._join(new)
        return new != old

    def _leave(self, place: int) -> None:
        """What only this place covered is covered by the next one like it, or as it was by the answered ones."""
        self._is_chosen[place] = False
        others, similar = self._field.around(place)
        best = (similar >= self._covered[others]) & (similar > self._field.covered[others])
        self._cover(
            others[best], np.array([self._without(document) for document in others[best]], np.float32)
        )

    def _without(self, document: int) -> np.float32:
        others, similar = self._field.around(document)
        return np.float32(similar[self._is_chosen[others]].max(initial=self._field.covered[document]))

    def _join(self, place: int) -> None:
        self._is_chosen[place] = True
        others, similar = self._field.around(place)
        better = similar > self._covered[others]
        self._cover(others[better], similar[better])

    def _cover(self, documents: npt.NDArray[np.int32], values: Similarities) -> None:
        """Cover some documents so far, and say what their neighbours add now."""
        for document, value in zip(documents.tolist(), values, strict=True):
            weight = self._field.weights[document]
            if weight > 0.0:
                others, similar = self._field.around(document)
                before = np.maximum(similar - self._covered[document], 0.0)
                self._gains[others] += weight * (np.maximum(similar - value, 0.0) - before)
            self._covered[document] = value
