"""Contrastive training of a transformer by the package setfit (Tunstall et al. 2022, arXiv:2209.11055)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from workbench.config import stay_offline
from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import LearnerContext, Progress
from workbench.errors import InputError, UnknownNameError
from workbench.networks.backbone import (
    cpu_threads,
    default_base,
    load_backbone,
    put_weights,
    set_dropout,
    use_attention,
    width_of,
)
from workbench.networks.training import bf16_pays

stay_offline()

from sentence_transformers import SentenceTransformer  # noqa: E402  (after the environment says: offline)
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer  # noqa: E402
from setfit import SetFitModel, Trainer, TrainingArguments  # noqa: E402
from setfit import logging as setfit_logging  # noqa: E402
from transformers import PrinterCallback, ProgressCallback, TrainerCallback  # noqa: E402
from transformers.utils import logging as transformers_logging  # noqa: E402

SAMPLINGS = ("undersampling", "oversampling", "unique")
# The package keeps the indices of all pairs of texts in memory.
MOST_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class BodyConfig:
    """How to train the body.

    Pairs are made of at most `texts_per_label` texts of a label, so that the common labels do not
    fill them all; `sampling` says how pairs of one label and pairs of two are brought to equal
    numbers. Training ends after `num_epochs` over the pairs or `max_steps` batches of `batch_size`
    pairs, whichever comes first. Steps compute in bfloat16 where the processor does, the weights stay
    in fp32; dropout would cost a fifth of the time.
    """

    num_epochs: int = 1
    max_steps: int = 60
    batch_size: int = 16
    learning_rate: float = 2e-5
    sampling: str = "undersampling"
    dropout: float = 0.0
    texts_per_label: int = 64
    max_pieces: int = 128

    def __post_init__(self) -> None:
        for name in ("num_epochs", "max_steps", "batch_size", "texts_per_label", "max_pieces"):
            figure, least = getattr(self, name), 4 if name == "max_pieces" else 1
            if not least <= figure <= 1_000_000:
                raise InputError(f"The option '{name}' must be at least {least}, not {figure}.")
        if not 0.0 < self.learning_rate <= 0.1:
            raise InputError(
                f"The option 'learning_rate' lies above 0 and up to 0.1, not {self.learning_rate}."
            )
        if not 0.0 <= self.dropout < 1.0:
            raise InputError(f"The option 'dropout' lies between 0 and 1, not {self.dropout}.")
        if self.sampling not in SAMPLINGS:
            raise UnknownNameError("sampling", self.sampling, SAMPLINGS)


def trained_body(
    texts: Sequence[str], targets: AnyArray, *, config: BodyConfig, context: LearnerContext, seed: int
) -> nn.Module:
    """Return the backbone of `context.base_model`, trained to bring texts with a common label together.

    `targets` `(n, l)` bool. The same texts, seed and machine give the same weights. Of a text over
    `max_pieces` the beginning is trained on; scoring sees all of it. Raises ArtefactError for a folder
    that is not safe to load.
    """
    folder = base_of(context)
    backbone = load_backbone(folder)  # refuses what is not safe before the package loads it
    rows = texts_for_pairs(targets, config.texts_per_label, np.random.default_rng(seed))
    chosen = targets[rows]
    is_multi = bool((chosen.sum(axis=1) != 1).any())
    answers: list[Any] = chosen.astype(int).tolist() if is_multi else chosen.argmax(axis=1).tolist()
    body = _body(folder, width_of(backbone), config)
    cpu_threads(context.n_threads)
    with TemporaryDirectory(prefix="setfit-") as work:
        trainer = Trainer(
            model=SetFitModel(model_body=body, multi_target_strategy="one-vs-rest" if is_multi else None),
            args=_arguments(config, n_steps(chosen, config), seed, work),
        )
        for quiet in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(quiet)
        trainer.add_callback(_Steps(context.progress))
        trainer.st_trainer.args.dataloader_pin_memory = False
        if bf16_pays(torch.device("cpu")):
            trainer.st_trainer.compute_loss_context_manager = _bfloat16
        trainer.train_embeddings([texts[row] for row in rows], answers)
    state = body[0].auto_model.state_dict()  # type: ignore[union-attr]
    put_weights(backbone, {name: state[name].float().cpu().numpy() for name in backbone.state_dict()})
    return backbone.eval()


def base_of(context: LearnerContext) -> Path:
    """Return the folder of the weights to begin with: MiniLM's unless the context names one."""
    return context.base_model or default_base()


def texts_for_pairs(targets: AnyArray, per_label: int, rng: np.random.Generator) -> Rows:
    """Return ascending rows: at most `per_label` of each label, chosen at random, the rarest label first.

    A row with several labels counts for each; rows without a label are one more group. Not more than
    `MOST_TEXTS` in all, but two of each label.
    """
    groups = np.concatenate([targets, ~targets.any(axis=1, keepdims=True)], axis=1)
    per_label = min(per_label, max(2, MOST_TEXTS // groups.shape[1]))
    taken = np.zeros(len(targets), dtype=bool)
    for column in np.argsort(groups.sum(axis=0), kind="stable"):
        free = rng.permutation(np.flatnonzero(groups[:, column] & ~taken))
        taken[free[: max(0, per_label - int((groups[:, column] & taken).sum()))]] = True
    return np.flatnonzero(taken).astype(np.int64)


def n_steps(targets: AnyArray, config: BodyConfig) -> int:
    """Return how many batches the pairs of these texts make, within the limits of the configuration."""
    together = targets.astype(np.int64) @ targets.astype(np.int64).T > 0
    n_rows = len(targets)
    n_all = n_rows * (n_rows + 1) // 2
    n_same = int(np.triu(together).sum())
    fewer, more = sorted((n_same, n_all - n_same))
    n_pairs = {"undersampling": 2 * fewer, "oversampling": 2 * more, "unique": n_all}[config.sampling]
    return max(1, min(config.max_steps, config.num_epochs * math.ceil(n_pairs / config.batch_size)))


def _body(folder: Path, width: int, config: BodyConfig) -> SentenceTransformer:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    setfit_logging.set_verbosity_error()
    transformer = Transformer(
        str(folder),
        max_seq_length=config.max_pieces,
        model_kwargs={"use_safetensors": True, "local_files_only": True, "trust_remote_code": False},
    )
    use_attention(transformer.auto_model, "eager")  # its bfloat16 gradient is faster than that of sdpa
    set_dropout(transformer, config.dropout)
    return SentenceTransformer(modules=[transformer, Pooling(width, "mean")], device="cpu")


def _arguments(config: BodyConfig, steps: int, seed: int, work: str) -> TrainingArguments:
    return TrainingArguments(
        output_dir=work,
        batch_size=config.batch_size,
        num_epochs=config.num_epochs,
        max_steps=steps,
        sampling_strategy=config.sampling,
        body_learning_rate=float(config.learning_rate),
        seed=seed,
        report_to="none",
        logging_strategy="no",
        save_strategy="no",
        show_progress_bar=False,
    )


def _bfloat16() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16)


class _Steps(TrainerCallback):
    """Reports each step to whoever waits."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._progress(state.global_step, state.max_steps, "training steps")
