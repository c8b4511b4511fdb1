"""The encoder for any sentence-transformers folder or model name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, get_args

import numpy as np

from workbench.domain.arrays import AnyArray, Vectors
from workbench.domain.ports import Progress, silent
from workbench.encoders.model_folder import find_folder, read_folder
from workbench.encoders.piece_means import PieceMeans, Precision
from workbench.errors import ArtefactError, UnknownNameError

DEFAULT_MAX_PIECES = 128


class Engine(Protocol):
    """What computes the vectors."""

    width: int

    def __call__(self, texts: Sequence[str], progress: Progress) -> AnyArray:
        """Return `(n, width)` float32."""


class SentenceTransformerEncoder:
    """Texts to unit vectors by a folder, or by a model that is downloaded because the user named it.

    Nothing of a text is cut off: what is over the model's limit goes in windows, and its vector is
    the mean of theirs, brought to length one. `precision` bf16 computes in bfloat16. Weights are
    loaded when the first text comes. Raises InputError, ArtefactError or MachineError when there is
    no such model, or none that is safe to load.

    `backbone_folder` holds the weights whose piece means the vectors are; None when the folder's
    steps are others, which sentence-transformers itself then runs, in fp32.
    """

    def __init__(self, name: str | Path, *, n_threads: int = 1, precision: Precision = "fp32") -> None:
        if precision not in get_args(Precision):
            raise UnknownNameError("precision", precision, get_args(Precision))
        self._folder = read_folder(find_folder(name))
        self._n_threads = n_threads
        self._precision = precision if self._folder.is_mean else "fp32"
        self.max_pieces = self._folder.max_pieces or DEFAULT_MAX_PIECES
        self.backbone_folder = self._folder.path if self._folder.is_mean else None
        self.width = self._folder.width if self._folder.is_mean else self._engine.width
        self.id = self.id_as(str(name).rstrip("/").rpartition("/")[2])

    def id_as(self, name: str) -> str:
        """Return the id under a name: with everything else that decides the vectors."""
        return f"{name}@{self._folder.fingerprint}-{self._precision}-{self.max_pieces}"

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> Vectors:
        """Return unit vectors `(n, width)` float32 in the order of the texts."""
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        means = self._engine(texts, progress)
        if not np.isfinite(means).all():
            raise ArtefactError("Its vectors are not finite.", where=str(self._folder.path))
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        vectors: Vectors = np.divide(means, lengths, out=np.zeros_like(means), where=lengths > 0)
        return vectors

    @cached_property
    def _engine(self) -> Engine:
        folder = self._folder
        if not folder.is_mean:
            # The library takes seconds to import, and few folders need it.
            from workbench.encoders.library_model import LibraryModel

            return LibraryModel(folder.path, n_threads=self._n_threads)
        return PieceMeans(
            folder.path, max_pieces=self.max_pieces, precision=self._precision, n_threads=self._n_threads
        )
