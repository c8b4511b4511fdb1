"""The one training loop: AdamW, a warm-up, a linear decay, the best checkpoint kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from workbench.domain.ports import Progress, silent
from workbench.errors import InputError

Batch: TypeAlias = Mapping[str, Tensor]
Precision: TypeAlias = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train. `head_learning_rate` (default: the same) is for weights named `head.…`.

    The rate rises for `warmup_share` of the steps and then falls linearly to zero. `patience` is after
    how many epochs without a better checkpoint training ends; None never ends it early.
    """

    learning_rate: float = 1e-4
    epochs: int = 3
    head_learning_rate: float | None = None
    warmup_share: float = 0.1
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    precision: Precision = "auto"
    patience: int | None = None

    def __post_init__(self) -> None:
        rates = (self.learning_rate, self.head_learning_rate)
        if not all(rate is None or 0.0 < rate <= 1.0 for rate in rates):
            raise InputError("A learning rate must be above 0 and at most 1.", hint="Usual are 1e-5 to 1e-3.")
        if not 1 <= self.epochs <= 1000 or not 0.0 <= self.warmup_share < 1.0:
            raise InputError("Training needs 1 to 1000 epochs and a warm-up share from 0 to below 1.")
        if self.weight_decay < 0.0 or not self.max_grad_norm > 0.0:
            raise InputError("Weight decay must not be negative, and max_grad_norm must be above 0.")
        if self.precision not in ("auto", "fp32", "bf16"):
            raise InputError(f"Unknown precision '{self.precision}'.", hint="Known: auto, fp32, bf16.")


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """What happened: mean loss and dev figure of each epoch, and the epoch (from 1) that was kept."""

    losses: tuple[float, ...]
    figures: tuple[float, ...]
    best_epoch: int
    n_steps: int


def train(
    module: nn.Module,
    batches_of: Callable[[int], Iterable[Batch]],
    loss_of: Callable[[nn.Module, Batch], Tensor],
    settings: TrainingSettings,
    *,
    seed: int,
    evaluate: Callable[[], float] | None = None,
    progress: Progress = silent,
) -> TrainingFacts:
    """Train the module in place and leave it in evaluation mode, on the CPU.

    `batches_of(epoch)` gives the batches of an epoch from 0; `evaluate`, called after each epoch,
    gives a figure, higher is better; the weights with the highest one stay (ties: the earlier epoch),
    without it the last ones. The same batches, seed and machine give the same weights. Raises
    InputError when the loss is no longer a number; the module then has the last good weights.
    """
    return _Loop(module, loss_of, settings, progress).run(batches_of, seed, evaluate)


class _Loop:
    def __init__(
        self,
        module: nn.Module,
        loss_of: Callable[[nn.Module, Batch], Tensor],
        settings: TrainingSettings,
        progress: Progress,
    ) -> None:
        self.module, self.loss_of, self.settings, self.progress = module, loss_of, settings, progress
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.n_steps = 0

    def run(
        self, batches_of: Callable[[int], Iterable[Batch]], seed: int, evaluate: Callable[[], float] | None
    ) -> TrainingFacts:
        torch.manual_seed(seed)
        self.module.to(self.device)
        optimizer = _optimizer(self.module, self.settings)
        kept, best_epoch = weights_of(self.module), 0
        losses: list[float] = []
        figures: list[float] = []
        try:
            for epoch in range(self.settings.epochs):
                losses.append(self._epoch(epoch, list(batches_of(epoch)), optimizer))
                self.module.eval()
                figures.extend([] if evaluate is None else [evaluate()])
                if evaluate is None or figures[-1] > max(figures[:-1], default=float("-inf")):
                    kept, best_epoch = weights_of(self.module), epoch + 1
                if self.settings.patience is not None and epoch + 1 - best_epoch >= self.settings.patience:
                    break
        finally:
            # Also when the loss broke: whoever goes on with this module has weights that work.
            self.module.load_state_dict(kept)
            self.module.cpu().eval()
        return TrainingFacts(tuple(losses), tuple(figures), best_epoch, self.n_steps)

    def _epoch(self, epoch: int, batches: list[Batch], optimizer: torch.optim.Optimizer) -> float:
        if not batches:
            raise InputError("There is nothing to train on: the epoch has no batches.")
        self.module.train()
        total = 0.0
        for place, batch in enumerate(batches):
            done = (epoch + (place + 0.5) / len(batches)) / self.settings.epochs
            total += self._step(batch, optimizer, rate_factor(done, self.settings.warmup_share))
            self.n_steps += 1
            self.progress(
                epoch * len(batches) + place + 1,
                self.settings.epochs * len(batches),
                f"training, epoch {epoch + 1} of {self.settings.epochs}",
            )
        return total / len(batches)

    def _step(self, batch: Batch, optimizer: torch.optim.Optimizer, factor: float) -> float:
        for group in optimizer.param_groups:
            group["lr"] = group["full_rate"] * factor
        optimizer.zero_grad(set_to_none=True)
        with _autocast(self.settings.precision, self.device):
            loss = self.loss_of(self.module, {name: values.to(self.device) for name, values in batch.items()})
        if not torch.isfinite(loss):
            raise _broken_loss(self.n_steps)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.module.parameters(), self.settings.max_grad_norm)
        if not torch.isfinite(norm):
            raise _broken_loss(self.n_steps)
        optimizer.step()
        return float(loss.detach())


def rate_factor(done: float, warmup_share: float) -> float:
    """Return the share of the learning rate at a point of the training (0 to 1): up, then down to 0.

    >>> [rate_factor(done, 0.5) for done in (0.25, 0.5, 0.75)]
    [0.5, 1.0, 0.5]
    """
    if done < warmup_share:
        return done / warmup_share
    return (1.0 - done) / (1.0 - warmup_share)


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the weights by name."""
    return {name: values.detach().clone() for name, values in module.state_dict().items()}


def _optimizer(module: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Biases and norms are not decayed; the head can have a rate of its own."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            groups.setdefault((name.startswith("head."), weight.ndim > 1), []).append(weight)
    described: list[dict[str, Any]] = []
    for (in_head, decays), weights in groups.items():
        rate = settings.head_learning_rate if in_head else None
        described.append(
            {
                "params": weights,
                "full_rate": rate or settings.learning_rate,
                "weight_decay": settings.weight_decay if decays else 0.0,
            }
        )
    if not described:
        raise InputError("Every weight of the network is frozen: there is nothing to train.")
    return torch.optim.AdamW(described, lr=settings.learning_rate, fused=True)


def _broken_loss(n_steps: int) -> InputError:
    return InputError(
        f"The loss is no longer a number after {n_steps} steps; the last good weights were kept.",
        hint="Lower the learning rate, or set the precision to fp32.",
    )


def _autocast(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    if precision == "bf16" or (precision == "auto" and bf16_pays(device)):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def bf16_pays(device: torch.device) -> bool:
    """Tell whether products in bfloat16 are faster here: the processor must have them built in.

    With AVX512-BF16, eager attention, two threads and 16 to 64 short texts a step took 0.5 to 0.7
    times as long as in fp32; with SDPA, whose bfloat16 backward is slow, 0.6 to 0.8 times.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    has: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))
