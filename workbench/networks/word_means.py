"""Vectors of words from a frozen network: the mean of each word's pieces after half of the layers.

Middle layers say more of what kind of word stands there than the last one, which was trained for whole texts
(`docs/decisions/`, "tags"), and half of the layers take half of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workbench.artefacts import file_sha256
from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress, silent
from workbench.domain.word_vectors import WordVectors, joined, marks_of, quantised
from workbench.errors import ArtefactError
from workbench.networks.backbone import (
    cpu_threads,
    default_base,
    keep_layers,
    load_backbone,
    longest_row,
    read_config,
)
from workbench.networks.training import bf16_pays
from workbench.tokenisation.pieces import cut_many, load_tokenizer, special_pieces
from workbench.tokenisation.windows import Batching, word_means

FORMAT = 1  # changes with the marks, the layer or the rounding: vectors of another one are none of these
BATCH_SIZE = 64
CHUNK_TEXTS = 512
MOST_PIECES = 256
FILES = ("config.json", "model.safetensors", "tokenizer.json")


class WordMeans:
    """Words by the weights of a folder (default: MiniLM); they are loaded when the first text comes.

    Words are those of the weights' own tokenizer. Raises ArtefactError when a file is missing, damaged or
    brings code.
    """

    def __init__(self, folder: Path | None = None, *, n_threads: int = 1) -> None:
        self._folder = folder or default_base()
        self._n_threads = n_threads
        config = read_config(self._folder / "config.json")
        self.width = int(config["hidden_size"])
        self.n_layers = max(1, int(config["num_hidden_layers"]) // 2)
        # By the processor alone, not by a timing: the id must be the same in every process.
        self._half = bf16_pays(torch.device("cpu"))
        precision = "bf16" if self._half else "fp32"
        self.id = f"words-{FORMAT}-{self._fingerprint()}-{self.n_layers}-{precision}"

    def encode_words(self, texts: Sequence[str], *, progress: Progress = silent) -> WordVectors:
        """Return the words of the texts, in their order. Raises ArtefactError for values that are not finite."""
        cpu_threads(self._n_threads)
        parts = []
        for start in range(0, len(texts), CHUNK_TEXTS):
            parts.append(self._some(texts[start : start + CHUNK_TEXTS]))
            progress(min(start + CHUNK_TEXTS, len(texts)), len(texts), "texts encoded")
        return joined(parts, self.width)

    def _some(self, texts: Sequence[str]) -> WordVectors:
        pieces = cut_many(self._tokenizer, texts)
        batching = Batching(special_pieces(self._tokenizer), self._max_pieces, BATCH_SIZE)
        parts = []
        for text, own, vectors in zip(texts, pieces, word_means(pieces, self._run, batching), strict=True):
            codes, scales = quantised(vectors)
            if not np.isfinite(scales).all():
                raise ArtefactError("Its vectors are not finite.", where=str(self._folder))
            bounds = np.array([0, len(own.words)], dtype=np.int64)
            parts.append(WordVectors(bounds, own.words, codes, scales, marks_of(text, own.words)))
        return joined(parts, self.width)

    def _run(self, ids: Rows, mask: Rows) -> AnyArray:
        with torch.inference_mode():
            output = self._backbone(torch.from_numpy(ids), torch.from_numpy(mask))
        values: AnyArray = output.last_hidden_state.float().numpy()
        return values

    @cached_property
    def _tokenizer(self) -> Any:
        return load_tokenizer(self._folder / "tokenizer.json")

    @cached_property
    def _backbone(self) -> Any:
        kept = keep_layers(load_backbone(self._folder), range(self.n_layers)).eval()
        return kept.bfloat16() if self._half else kept

    @property
    def _max_pieces(self) -> int:
        return min(MOST_PIECES, longest_row(self._backbone))

    def _fingerprint(self) -> str:
        digest = sha256()
        for name in FILES:
            path = self._folder / name
            if not path.exists():
                raise ArtefactError(f"The weights lack {name}.", where=str(self._folder))
            digest.update(f"{name} {file_sha256(path)}\n".encode())
        return digest.hexdigest()[:12]
