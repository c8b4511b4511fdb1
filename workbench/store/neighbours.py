"""The neighbours of a pool on disk, beside its vectors: found once, for these texts in this order."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.neighbours import Neighbours
from workbench.errors import ArtefactError
from workbench.store.appending import text_digest

FORMAT = 1


class NeighbourFile:
    """The newest neighbours in a folder of vectors; it can be deleted at any time, and is found again."""

    def __init__(self, folder: Path, texts: Sequence[str], *, n_nearest: int) -> None:
        digest = sha256(f"neighbours {FORMAT} {n_nearest}\n".encode())
        for text in texts:
            digest.update(text_digest(text))
        self._folder = folder
        self._path = folder / f"neighbours-{digest.hexdigest()[:32]}.safetensors"
        self._n = len(texts)
        self._n_nearest = n_nearest

    def read(self) -> Neighbours | None:
        """Return what was kept for these texts, all of them candidates; None when nothing whole was."""
        if not self._path.exists():
            return None
        try:
            kept = read_tensors(self._path)
            return Neighbours(**kept, n_nearest=self._n_nearest, places=np.arange(self._n))
        except (ArtefactError, TypeError):  # it says nothing that cannot be found again
            return None

    def write(self, neighbours: Neighbours) -> None:
        """Keep the neighbours and forget those of other texts."""
        write_tensors(
            self._path,
            {"starts": neighbours.starts, "others": neighbours.others, "cosines": neighbours.cosines},
        )
        for other in self._folder.glob("neighbours-*.safetensors"):
            if other != self._path:
                other.unlink(missing_ok=True)
