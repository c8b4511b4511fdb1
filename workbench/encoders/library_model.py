"""Vectors by sentence-transformers itself, for folders whose steps the workbench does not know."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from workbench.artefacts import check_tensor_header
from workbench.config import stay_offline
from workbench.domain.arrays import AnyArray
from workbench.domain.ports import Progress
from workbench.errors import ArtefactError
from workbench.networks.backbone import cpu_threads

stay_offline()

from sentence_transformers import SentenceTransformer  # noqa: E402  (after the environment says: offline)
from transformers.utils.logging import disable_progress_bar  # noqa: E402

BATCH_SIZE = 64
CHUNK_TEXTS = 1024
# A part of a text can need more pieces alone than it had inside the text: leave some room.
ROOM = 0.9


class LibraryModel:
    """A model that the library loads and runs, on the CPU, from safetensors only."""

    def __init__(self, folder: Path, *, n_threads: int) -> None:
        self._n_threads = n_threads
        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            for weights in folder.rglob("*.safetensors"):
                check_tensor_header(weights.read_bytes())
            self._model = SentenceTransformer(
                str(folder),
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            self.width = int(self._model.encode([""], show_progress_bar=False).shape[1])
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            RuntimeError,
            ImportError,
            SafetensorError,
        ) as error:
            raise ArtefactError(
                f"sentence-transformers cannot load it: {error}", where=str(folder)
            ) from error

    def __call__(self, texts: Sequence[str], progress: Progress) -> AnyArray:
        """Return `(n, d)` float32: of each text the mean of its parts' unit vectors."""
        cpu_threads(self._n_threads)
        parts = [self._parts(text) for text in texts]
        flat = [part for own in parts for part in own]
        vectors = np.zeros((len(flat), self.width), dtype=np.float32)
        for start in range(0, len(flat), CHUNK_TEXTS):
            chunk = flat[start : start + CHUNK_TEXTS]
            vectors[start : start + len(chunk)] = self._model.encode(
                chunk, batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
            )
            progress(start + len(chunk), len(flat), "encoding")
        bounds = np.cumsum([0, *map(len, parts)])
        means = [vectors[bounds[n] : bounds[n + 1]].mean(axis=0) for n in range(len(parts))]
        return np.stack(means) if means else np.zeros((0, self.width), dtype=np.float32)

    def _parts(self, text: str) -> list[str]:
        """Cut a text that is over the model's limit, so that nothing of it is left out."""
        limit = self._model.max_seq_length
        if limit is None or len(text) < limit // 4:
            return [text]
        cut = self._model.tokenizer(
            text, add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
        )
        starts = [start for start, _ in cut["offset_mapping"]]
        if len(starts) + 2 <= limit:
            return [text]
        step = max(1, int((limit - 2) * ROOM))
        bounds = [0, *starts[step::step], len(text)]
        return [text[a:b] for a, b in pairwise(bounds) if a < b]
