"""The training loop, on a module of one weight whose steps can be followed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from workbench.errors import InputError
from workbench.networks import training
from workbench.networks.training import Batch, TrainingSettings, rate_factor, train

pytestmark = pytest.mark.torch


class OneWeight(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(1, 1, bias=False)
        self.body = nn.Linear(1, 1, bias=False)
        for part in (self.head, self.body):
            nn.init.constant_(part.weight, 1.0)

    @property
    def weight(self) -> float:
        return float(self.body.weight.detach())


def batches(epoch: int) -> Iterator[Batch]:
    yield from [{"x": torch.tensor([1.0 + epoch])}] * 4


def loss_of(module: nn.Module, batch: Batch) -> Tensor:
    loss: Tensor = (module.body.weight * batch["x"]).sum() + module.head.weight.sum()  # type: ignore[union-attr,operator]
    return loss


def settings(**changes: object) -> TrainingSettings:
    plain = {"learning_rate": 0.1, "epochs": 2, "warmup_share": 0.0, "weight_decay": 0.0, "precision": "fp32"}
    return TrainingSettings(**{**plain, **changes})  # type: ignore[arg-type]


def test_the_rate_rises_and_falls() -> None:
    assert [rate_factor(done, 0.2) for done in (0.0, 0.1, 0.2, 0.6)] == pytest.approx([0.0, 0.5, 1.0, 0.5])
    assert rate_factor(0.0, 0.0) == 1.0
    assert rate_factor(1.0, 0.1) == 0.0


def test_weights_move_by_the_falling_rate() -> None:
    module = OneWeight()
    facts = train(module, batches, loss_of, settings(), seed=0)
    # AdamW moves a weight whose gradient keeps its sign by about the rate: the sum of eight factors is 4.
    assert module.weight == pytest.approx(1.0 - 0.1 * 4.0, abs=0.02)
    assert facts.n_steps == 8
    assert len(facts.losses) == 2
    assert facts.best_epoch == 2


def test_the_head_has_a_rate_of_its_own() -> None:
    module = OneWeight()
    train(module, batches, loss_of, settings(head_learning_rate=0.2), seed=0)
    moved = 1.0 - float(module.head.weight.detach())
    assert moved == pytest.approx(2 * (1.0 - module.weight), rel=0.02)


def figures(*values: float) -> Callable[[], float]:
    given = iter(values)
    return lambda: next(given)


def test_the_best_checkpoint_stays() -> None:
    alone, chosen = OneWeight(), OneWeight()
    train(alone, batches, loss_of, settings(epochs=4), seed=0, evaluate=figures(0.9, 0.1, 0.9, 0.2))
    facts = train(chosen, batches, loss_of, settings(epochs=4), seed=0, evaluate=figures(0.1, 0.2, 0.9, 0.3))
    assert facts.best_epoch == 3
    assert facts.figures == (0.1, 0.2, 0.9, 0.3)
    assert alone.weight > chosen.weight  # at equal figures the earlier epoch stayed


def test_training_ends_when_patience_does() -> None:
    evaluate = figures(0.5, 0.4, 0.3, 0.9)
    facts = train(OneWeight(), batches, loss_of, settings(epochs=4, patience=2), seed=0, evaluate=evaluate)
    assert len(facts.losses) == 3
    assert facts.best_epoch == 1


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_broken_loss_stops_with_the_last_good_weights(broken: float) -> None:
    module = OneWeight()

    def breaking(module: nn.Module, batch: Batch) -> Tensor:
        return loss_of(module, batch) * (broken if batch["x"] > 1.5 else 1.0)

    with pytest.raises(InputError, match=r"after 4 steps.*\n.*learning rate"):
        train(module, batches, breaking, settings(epochs=3), seed=0)
    expected = OneWeight()
    train(expected, batches, loss_of, settings(epochs=3), seed=0, evaluate=figures(1.0, 0.0, 0.0))
    assert module.weight == expected.weight
    assert not module.training


def test_gradients_that_break_stop_too() -> None:
    module = OneWeight()

    def steep(module: nn.Module, batch: Batch) -> Tensor:
        return (module.body.weight - 1.0).abs().sqrt().sum()  # type: ignore[union-attr,operator]

    with pytest.raises(InputError, match="no longer a number"):
        train(module, batches, steep, settings(), seed=0)
    assert module.weight == 1.0


def test_the_same_seed_gives_the_same_weights_through_dropout() -> None:
    def trained(seed: int) -> float:
        module = OneWeight()
        dropout = nn.Dropout(0.5)

        def noisy(inner: nn.Module, batch: Batch) -> Tensor:
            return dropout(loss_of(inner, batch).expand(8)).mean() ** 2

        train(module, batches, noisy, settings(), seed=seed)
        return module.weight

    assert trained(1) == trained(1)
    assert trained(1) != trained(2)


def test_progress_counts_the_steps_of_all_epochs() -> None:
    seen: list[tuple[int, int, str]] = []
    train(OneWeight(), batches, loss_of, settings(), seed=0, progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == list(range(1, 9))
    assert {total for _, total, _ in seen} == {8}
    assert seen[0][2] == "training, epoch 1 of 2"


def test_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="no batches"):
        train(OneWeight(), lambda epoch: [], loss_of, settings(), seed=0)
    frozen = OneWeight()
    for weight in frozen.parameters():
        weight.requires_grad = False
    with pytest.raises(InputError, match="frozen"):
        train(frozen, batches, loss_of, settings(), seed=0)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.0},
        {"learning_rate": -1.0},
        {"learning_rate": math.nan},
        {"learning_rate": 1e9},
        {"head_learning_rate": -1.0},
        {"head_learning_rate": 0.0},
        {"epochs": 0},
        {"epochs": 10**6},
        {"warmup_share": 1.0},
        {"weight_decay": -0.1},
        {"max_grad_norm": 0.0},
        {"max_grad_norm": math.nan},
        {"precision": "fp8"},
    ],
)
def test_senseless_settings_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        settings(**change)


def test_bfloat16_is_used_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[torch.dtype] = []

    def product(module: nn.Module, batch: Batch) -> Tensor:
        result = module.body(batch["x"][:, None])  # type: ignore[operator]
        kinds.append(result.dtype)
        return result.float().sum()  # type: ignore[no-any-return]

    for pays, precision in ((True, "auto"), (False, "auto"), (False, "bf16"), (True, "fp32")):
        monkeypatch.setattr(training, "bf16_pays", lambda device, pays=pays: pays)
        train(
            OneWeight(),
            lambda epoch: list(batches(0))[:1],
            product,
            settings(epochs=1, precision=precision),
            seed=0,
        )
    assert kinds == [torch.bfloat16, torch.float32, torch.bfloat16, torch.float32]
