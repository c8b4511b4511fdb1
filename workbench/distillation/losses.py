"""What a student is punished for: other scores, or other states, than its teacher's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, mse_loss

SMALLEST = 1e-6


def soft_loss(logits: Tensor, soft: Tensor, taught: Tensor, *, temperature: float, exclusive: bool) -> Tensor:
    """Return the mean divergence of the student's softened scores from the teacher's, times T squared.

    `logits` and the probabilities `soft` are (…, l); `taught` (…) is 1 where it counts. Exclusive labels
    give the Kullback-Leibler divergence of softmax, others the sum of binary ones. T squared keeps the
    gradients as large as at temperature 1 (Hinton et al., section 2.1).
    """
    if exclusive:
        # The logarithm of probabilities is the teacher's logits but for a constant, which softmax ignores.
        targets = log_softmax(soft.clamp(min=SMALLEST).log() / temperature, dim=-1)
        divergences = (targets.exp() * (targets - log_softmax(logits / temperature, dim=-1))).sum(dim=-1)
    else:
        targets = torch.sigmoid(torch.logit(soft, eps=SMALLEST) / temperature)
        least = binary_cross_entropy_with_logits(torch.logit(targets), targets, reduction="none")
        found = binary_cross_entropy_with_logits(logits / temperature, targets, reduction="none")
        divergences = (found - least).sum(dim=-1)
    return (divergences * taught).sum() / taught.sum().clamp(min=1.0) * temperature**2


def states_loss(student: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """Return the mean squared difference of the last states `(…, d)` where `mask` (…) is 1.

    Each is brought to mean 0 and variance 1 over its width first, so that the loss does not depend on
    how large the states of a model happen to be.
    """
    shape = (student.shape[-1],)
    ours, theirs = (torch.nn.functional.layer_norm(states, shape) for states in (student, teacher))
    differences = mse_loss(ours, theirs, reduction="none").mean(dim=-1)
    return (differences * mask).sum() / mask.sum().clamp(min=1.0)
