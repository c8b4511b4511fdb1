"""Which documents of a pool are alike: each one's nearest, kept once for all rankings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Rows
from workbench.errors import InputError

N_NEAREST = 64


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The neighbours of N documents and, of these documents, the places of the n candidates.

    Document i's neighbours are `others[starts[i]:starts[i + 1]]`, itself among them, in rising order, and
    `cosines` those of their vectors. They are mutual: the `n_nearest` nearest of each, and whoever has it
    among its own nearest. Shapes: `starts` (N + 1,) int64, `others` (e,) int32, `cosines` (e,) float32,
    `places` (n,).
    """

    starts: Rows
    others: npt.NDArray[np.int32]
    cosines: npt.NDArray[np.float32]
    n_nearest: int
    places: Rows

    def __post_init__(self) -> None:
        if len(self.others) != len(self.cosines) or self.starts[-1] != len(self.others):
            raise InputError(f"{len(self.others)} neighbours do not fit {len(self.cosines)} cosines.")

    def __len__(self) -> int:
        """How many candidates there are."""
        return len(self.places)

    @property
    def n_documents(self) -> int:
        """How many documents have neighbours here, candidates or not."""
        return len(self.starts) - 1

    def among(self, places: Rows | Sequence[int]) -> Neighbours:
        """Return the neighbours of other candidates, given by their places; nothing is copied."""
        return replace(self, places=np.asarray(places, dtype=np.int64))
