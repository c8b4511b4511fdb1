"""Focal loss, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from workbench.errors import InputError
from workbench.networks.losses import check_gamma, focal

pytestmark = pytest.mark.torch


def test_a_loss_counts_by_the_square_of_what_is_missing_to_certainty() -> None:
    # p = .9: (1 - .9)^2 x -ln .9 = .00105361; p = .25: .75^2 x -ln .25 = .77978
    losses = torch.tensor([-math.log(0.9), -math.log(0.25)])
    assert focal(losses, 2.0).tolist() == pytest.approx([0.00105361, 0.77977796], rel=1e-4)


def test_it_agrees_with_the_logits_of_two_labels() -> None:
    losses = cross_entropy(torch.tensor([[0.0, math.log(3.0)]]), torch.tensor([1]), reduction="none")
    assert float(focal(losses, 2.0)) == pytest.approx(0.25**2 * -math.log(0.75), rel=1e-5)  # p = 3/4


def test_gamma_0_gives_the_losses_back_and_a_certain_answer_has_a_slope() -> None:
    losses = torch.tensor([0.0, 1.0], requires_grad=True)
    assert focal(losses, 0.0) is losses
    focal(losses, 2.0).sum().backward()  # type: ignore[no-untyped-call]
    assert losses.grad is not None
    assert torch.isfinite(losses.grad).all()


@pytest.mark.parametrize("gamma", [-1.0, 0.5, 11.0, math.nan])
def test_an_exponent_without_sense_is_refused(gamma: float) -> None:
    with pytest.raises(InputError, match="focal_gamma"):
        check_gamma(gamma)
