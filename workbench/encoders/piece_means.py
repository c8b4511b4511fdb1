"""Unit vectors as means of piece vectors: the engine that can become part of a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import torch

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress
from workbench.networks.backbone import cpu_threads, load_backbone, longest_row
from workbench.networks.heads import TextClassifier
from workbench.tokenisation.pieces import cut_many, load_tokenizer, special_pieces
from workbench.tokenisation.windows import Batching, class_logits

Precision: TypeAlias = Literal["fp32", "bf16"]
BATCH_SIZE = 64


class PieceMeans:
    """The transformer of a folder at work."""

    def __init__(self, folder: Path, *, max_pieces: int, precision: Precision, n_threads: int) -> None:
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._special = special_pieces(self._tokenizer)
        self._module = TextClassifier(load_backbone(folder), 1, normalise=True).eval()
        self.width = self._module.head.in_features
        if precision == "bf16":
            self._module = self._module.bfloat16()
        self._max_pieces = min(max_pieces, longest_row(self._module.backbone))
        self._n_threads = n_threads

    def __call__(self, texts: Sequence[str], progress: Progress) -> AnyArray:
        """Return `(n, d)` float32: of each text the mean of its windows' unit vectors."""
        cpu_threads(self._n_threads)
        batching = Batching(self._special, self._max_pieces, BATCH_SIZE, progress)
        return class_logits(cut_many(self._tokenizer, texts), self._run, batching)

    def _run(self, ids: Rows, mask: Rows) -> AnyArray:
        with torch.inference_mode():
            vectors = self._module.vectors(torch.from_numpy(ids), torch.from_numpy(mask))
        values: AnyArray = vectors.float().numpy()
        return values
