"""What the two fine-tuned learners share: configuration, split, batches, figures and the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.errors import InputError
from workbench.networks.backbone import (
    cpu_threads,
    default_base,
    freeze_vocabulary,
    load_backbone,
    longest_row,
    set_dropout,
)
from workbench.networks.losses import check_gamma
from workbench.networks.network import Network
from workbench.networks.training import Batch, Precision, TrainingSettings, train
from workbench.tokenisation.pieces import SpecialPieces, load_tokenizer, special_pieces
from workbench.tokenisation.windows import padded, shuffled_by_length

UNSEEN_BIAS = -1e4  # a label without examples has probability 0, and no gradient
UNKNOWN_TAG = -100  # what cross_entropy leaves out


@dataclass(frozen=True, slots=True)
class FineTuningConfig:
    """How to fine-tune.

    There are `epochs`, or as many more (up to `max_epochs`) as `min_steps` steps need: few examples
    need more epochs. Without dev examples `dev_share` of the examples chooses the checkpoint, unless
    that would be fewer than `min_dev`: then all are trained on and the last weights stay. `patience`
    is after how many epochs without a better checkpoint training ends; 0 never ends it early. With
    `focal_gamma` (usual: 2) what is already said right counts less, see `focal`.
    """

    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    epochs: int = 4
    min_steps: int = 200
    max_epochs: int = 30
    batch_size: int = 16
    max_pieces: int = 128
    dropout: float = 0.1
    warmup_share: float = 0.1
    weight_decay: float = 0.01
    patience: int = 0
    dev_share: float = 0.15
    min_dev: int = 40
    train_vocabulary: bool = False
    precision: Precision = "auto"
    focal_gamma: float = 0.0

    def __post_init__(self) -> None:
        self.settings(1)
        check_gamma(self.focal_gamma)
        if self.batch_size < 1 or self.max_pieces < 4 or self.min_steps < 0 or self.patience < 0:
            raise InputError("batch_size must be at least 1, max_pieces 4, min_steps and patience 0.")
        if not (0.0 <= self.dev_share < 1.0 and 0.0 <= self.dropout < 1.0 and self.min_dev >= 1):
            raise InputError("dev_share and dropout lie between 0 and 1, and min_dev is at least 1.")

    def settings(self, n_rows: int) -> TrainingSettings:
        """Return how to train on this many rows."""
        for_steps = math.ceil(self.min_steps / max(1, math.ceil(n_rows / max(1, self.batch_size))))
        return TrainingSettings(
            learning_rate=self.learning_rate,
            head_learning_rate=self.head_learning_rate,
            epochs=max(self.epochs, min(for_steps, self.max_epochs)),
            warmup_share=self.warmup_share,
            weight_decay=self.weight_decay,
            precision=self.precision,
            patience=self.patience or None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One window to learn from: pieces `(p,)`, what they should give, and how much it counts."""

    ids: Rows
    targets: AnyArray
    weight: float = 1.0


def only_question(
    learner: str, kinds: frozenset[Kind], examples: Mapping[Question, Sequence[Example]]
) -> tuple[Question, Sequence[Example]]:
    """Return the one question and its examples. Raises InputError for none, several, or another kind."""
    if len(examples) != 1:
        raise InputError(f"The learner '{learner}' answers one question, not {len(examples)}.")
    ((question, answered),) = examples.items()
    if question.kind not in kinds:
        raise InputError(
            f"The question '{question.name}' is {question.kind}, not {' or '.join(sorted(kinds))}."
        )
    return question, answered


def new_network(
    question: Question,
    make_module: Callable[[nn.Module], Any],
    config: FineTuningConfig,
    *,
    context: LearnerContext,
    seed: int,
) -> Network:
    """Return a network with the context's weights (default: MiniLM) and a fresh head, ready to train."""
    torch.manual_seed(seed)
    folder = context.base_model or default_base()
    backbone = load_backbone(folder)
    set_dropout(backbone, config.dropout)
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    if not config.train_vocabulary:
        freeze_vocabulary(backbone)
    max_pieces = min(config.max_pieces, longest_row(backbone))
    return Network(make_module(backbone), tokenizer, question.kind, question.labels, max_pieces)


def silence_outputs(head: nn.Linear, unseen: Iterable[int]) -> None:
    """Give outputs that no example has probability 0; training leaves them so."""
    with torch.no_grad():
        for output in unseen:
            head.weight[output] = 0.0
            head.bias[output] = UNSEEN_BIAS


def fine_tune(
    network: Network,
    rows: Sequence[Row],
    loss_of: Callable[[nn.Module, Batch], Tensor],
    config: FineTuningConfig,
    *,
    seed: int,
    context: LearnerContext,
    evaluate: Callable[[], float] | None,
) -> dict[str, Any]:
    """Train the network in place and return what happened, as JSON values."""
    cpu_threads(context.n_threads)
    batches = _Batches(rows, special_pieces(network.tokenizer), config.batch_size, seed)
    settings = config.settings(len(rows))
    facts = train(
        network.module, batches, loss_of, settings, seed=seed, evaluate=evaluate, progress=context.progress
    )
    return {
        "epochs": len(facts.losses),
        "steps": facts.n_steps,
        "best_epoch": facts.best_epoch,
        "losses": [round(loss, 4) for loss in facts.losses],
        "dev_figures": [round(figure, 4) for figure in facts.figures],
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Batches:
    """The batches of an epoch: `input_ids`, `attention_mask`, `targets` and `weights`."""

    rows: Sequence[Row]
    special: SpecialPieces
    batch_size: int
    seed: int

    def __call__(self, epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((self.seed, epoch))
        for places in shuffled_by_length([len(row.ids) for row in self.rows], self.batch_size, rng):
            yield self._batch([self.rows[place] for place in places])

    def _batch(self, rows: Sequence[Row]) -> Batch:
        ids, mask = padded([row.ids for row in rows], self.special)
        arrays = {
            "input_ids": ids,
            "attention_mask": mask,
            "targets": _stacked([row.targets for row in rows], ids.shape[1]),
            "weights": np.array([row.weight for row in rows], dtype=np.float32),
        }
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _stacked(targets: Sequence[AnyArray], width: int) -> AnyArray:
    """Stack float answers `(l,)` as they are, and tags `(p,)` shifted behind the first special piece."""
    if targets[0].dtype.kind == "f":
        return np.stack(targets)
    tags = np.full((len(targets), width), UNKNOWN_TAG, dtype=np.int64)
    for place, row in enumerate(targets):
        tags[place, 1 : len(row) + 1] = row
    return tags


def stratified_split(
    strata: Sequence[Hashable], share: float, *, min_dev: int, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Return the rows to train on and those to choose the checkpoint by, both ascending.

    Of every stratum `share` goes to dev, rounded down, at least one of four; of fewer than four none.
    When dev would have fewer than `min_dev` rows, it has none.
    """
    groups: dict[Hashable, list[int]] = {}
    for row, stratum in enumerate(strata):
        groups.setdefault(stratum, []).append(row)
    dev: list[int] = []
    for rows in groups.values():
        n_dev = max(1, int(share * len(rows))) if share > 0.0 and len(rows) >= 4 else 0
        dev.extend(rows[place] for place in rng.permutation(len(rows))[:n_dev].tolist())
    if len(dev) < min_dev:
        dev = []
    chosen = set(dev)
    return [row for row in range(len(strata)) if row not in chosen], sorted(dev)
