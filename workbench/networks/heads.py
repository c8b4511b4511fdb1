"""The two networks: one answer a text, one tag a piece. Inputs are `input_ids` and `attention_mask`."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize

from workbench.networks.backbone import width_of


class TextClassifier(nn.Module):
    """Mean of the piece vectors over the mask, then one linear layer.

    With `normalise` the mean is brought to length one first, so that a linear model fitted on unit
    vectors is exactly this network. `exclusive` says whether the labels exclude each other.
    """

    def __init__(
        self, backbone: nn.Module, n_labels: int, *, normalise: bool = False, exclusive: bool = True
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(width_of(backbone), n_labels)
        self.normalise = normalise
        self.exclusive = exclusive

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return logits `(n, l)` of pieces `(n, p)`."""
        logits: Tensor = self.head(self.vectors(input_ids, attention_mask))
        return logits

    def vectors(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the vectors `(n, d)` that the head sees."""
        states = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        means = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)
        return normalize(means, dim=-1) if self.normalise else means


class TokenTagger(nn.Module):
    """One linear layer on every piece vector."""

    def __init__(self, backbone: nn.Module, n_tags: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(width_of(backbone), n_tags)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return logits `(n, p, t)` of pieces `(n, p)`."""
        states = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits: Tensor = self.head(states)
        return logits
