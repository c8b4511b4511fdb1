"""What a loss becomes when what is easy counts less."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.errors import InputError


def focal(losses: Tensor, gamma: float) -> Tensor:
    """Return cross-entropies times (1 - p) ** gamma, where p is the probability of the right answer.

    Focal loss (Lin et al., Focal Loss for Dense Object Detection, ICCV 2017; gamma 2 there): what is
    already said right and surely, mostly frequent labels, pulls less. Gamma 0 gives the losses back.
    """
    if not gamma:
        return losses
    unsure = -torch.expm1(-losses)
    return losses * unsure**gamma


def check_gamma(gamma: float) -> None:
    """Raise InputError for an exponent below 1, whose slope has no bound near p = 1, or above 10."""
    if gamma != 0.0 and not 1.0 <= gamma <= 10.0:
        raise InputError(f"focal_gamma must be 0 or lie between 1 and 10, not {gamma}.", hint="Usual is 2.")
