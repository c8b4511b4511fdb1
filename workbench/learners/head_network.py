"""A linear head on a backbone as one network, so that it can be distilled and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from workbench.domain.arrays import AnyArray
from workbench.learners.linear_head import LinearHead
from workbench.networks.backbone import load_backbone, longest_row
from workbench.networks.heads import TextClassifier
from workbench.networks.network import Network
from workbench.tokenisation.pieces import load_tokenizer


def network_of(head: LinearHead, folder: Path, max_pieces: int) -> Network:
    """Return the head on the transformer of a folder, which averages pieces to unit vectors."""
    backbone = load_backbone(folder)
    return Network(
        module=with_head(backbone, head),
        tokenizer=load_tokenizer(folder / "tokenizer.json"),
        kind="textcat" if head.exclusive else "textcat-multi",
        labels=head.labels,
        max_pieces=min(max_pieces, longest_row(backbone)),
    )


def raise_outputs(head: nn.Linear, offsets: AnyArray) -> None:
    """Add offsets `(l,)` to what the head says of each label."""
    with torch.no_grad():
        head.bias.add_(torch.from_numpy(offsets.astype(np.float32)).to(head.bias.device))


def with_head(backbone: nn.Module, head: LinearHead) -> TextClassifier:
    """Return a classifier of the backbone's unit vectors that has the head's weights."""
    module = TextClassifier(backbone, len(head.labels), normalise=True, exclusive=head.exclusive)
    with torch.no_grad():
        module.head.weight.copy_(torch.from_numpy(head.weights))
        module.head.bias.copy_(torch.from_numpy(head.bias))
    return module.eval()
