"""The neighbours of a pool on disk, beside its vectors: found once, for these texts in this order.

A file holds the arrays of `Neighbours` and their SHA-256. It says nothing that cannot be found again: one that
is damaged in any way, or was written without a digest, counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.arrays import AnyArray
from workbench.domain.neighbours import Neighbours
from workbench.errors import ArtefactError
from workbench.store.appending import text_digest

FORMAT = 1
DTYPES = {"starts": np.int64, "others": np.int32, "cosines": np.float32}
DIGEST = "sha256"
ROUNDING = 1e-3  # a cosine of float32 may be a little beyond 1


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
            kept = read_arrays(self._path)
        except ArtefactError:
            return None
        if len(kept["starts"]) != self._n + 1:
            return None
        return Neighbours(**kept, n_nearest=self._n_nearest, places=np.arange(self._n))

    def write(self, neighbours: Neighbours) -> None:
        """Keep the neighbours and forget those of other texts."""
        arrays = {name: np.asarray(getattr(neighbours, name), dtype) for name, dtype in DTYPES.items()}
        write_tensors(self._path, {**arrays, DIGEST: digest_of(arrays)})
        for other in self._folder.glob("neighbours-*.safetensors"):
            if other != self._path:
                other.unlink(missing_ok=True)


def read_arrays(path: Path) -> dict[str, AnyArray]:
    """Return the arrays of a file as they were written. Raises ArtefactError for one that is damaged."""
    kept = read_tensors(path)
    digest = kept.pop(DIGEST, None)
    if {name: array.dtype for name, array in kept.items()} != {
        name: np.dtype(d) for name, d in DTYPES.items()
    }:
        raise ArtefactError("It holds no neighbours.", where=str(path))
    if digest is None:
        raise ArtefactError("Written before neighbours had a digest.", where=str(path))
    if not np.array_equal(digest, digest_of(kept)):
        raise ArtefactError("The neighbours are not those that were written.", where=str(path))
    if not _fit(**kept):
        raise ArtefactError("The neighbours do not fit each other.", where=str(path))
    return kept


def digest_of(arrays: Mapping[str, AnyArray]) -> AnyArray:
    """Return the SHA-256 of the arrays `(32,)` uint8, whatever their order: 40 ms for nine million neighbours."""
    digest = sha256()
    for name in DTYPES:
        digest.update(f"{name} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data)
    return np.frombuffer(digest.digest(), dtype=np.uint8)


def _fit(starts: AnyArray, others: AnyArray, cosines: AnyArray) -> bool:
    """Tell whether each document has neighbours, all of them among the documents, with cosines that can be."""
    if not (
        starts.ndim == others.ndim == cosines.ndim == 1 and len(starts) > 1 and len(others) == len(cosines)
    ):
        return False
    if starts[0] != 0 or starts[-1] != len(others) or (np.diff(starts) < 1).any():
        return False
    in_range = others.min() >= 0 and others.max() < len(starts) - 1
    return bool(in_range and np.abs([cosines.min(), cosines.max()]).max() <= 1 + ROUNDING)  # False for NaN
