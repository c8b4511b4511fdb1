"""What a network sees before its head, and what it says when parts of it are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from workbench.domain.arrays import AnyArray, Rows, Samples, Vectors
from workbench.errors import InputError
from workbench.networks.heads import TextClassifier
from workbench.networks.network import Network
from workbench.tokenisation.pieces import cut_many, special_pieces
from workbench.tokenisation.windows import Batching, class_logits, probabilities

DROPOUT = 0.1  # whatever a training used, so that a loaded model gives the samples of the fitted one


def network_features(network: Network, texts: Sequence[str], *, batch_size: int = 32) -> Vectors:
    """Return the vectors `(n, d)` that the head sees; of a long text the mean of its windows.

    Raises InputError for a tagger, whose head sees pieces and not texts.
    """
    module = _classifier(network).eval()

    def run(ids: Rows, mask: Rows) -> AnyArray:
        device = next(module.parameters()).device
        with torch.inference_mode():
            vectors = module.vectors(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        values: AnyArray = vectors.float().cpu().numpy()
        return values

    batching = Batching(special_pieces(network.tokenizer), network.max_pieces, batch_size)
    vectors = class_logits(cut_many(network.tokenizer, texts), run, batching)
    return vectors if len(texts) else vectors.reshape(0, module.head.in_features)


def network_samples(
    network: Network, texts: Sequence[str], *, n_samples: int, seed: int, batch_size: int = 32
) -> Samples:
    """Return probabilities `(s, n, l)` with the dropout of training at work, the same for the same seed.

    Gal and Ghahramani 2016, "Dropout as a Bayesian Approximation" (ICML, arXiv:1506.02142). Network and
    random state are left as they were. Raises InputError for a tagger.
    """
    module = _classifier(network)
    pieces = cut_many(network.tokenizer, texts)
    batching = Batching(special_pieces(network.tokenizer), network.max_pieces, batch_size)
    samples = np.zeros((n_samples, len(texts), len(network.labels)), dtype=np.float32)
    device = next(module.parameters()).device

    def run(ids: Rows, mask: Rows) -> AnyArray:
        with torch.inference_mode():
            logits = module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        values: AnyArray = logits.float().cpu().numpy()
        return values

    with _dropping(module), torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        for sample in samples if len(texts) else ():
            sample[:] = probabilities(class_logits(pieces, run, batching), exclusive=module.exclusive)
    return samples


def _classifier(network: Network) -> TextClassifier:
    if not isinstance(network.module, TextClassifier):
        raise InputError("A tagger has no features and samples of whole texts.")
    return network.module


@contextmanager
def _dropping(module: nn.Module) -> Iterator[None]:
    """Let every dropout drop `DROPOUT`, and set all back afterwards."""
    was_training = module.training
    shares = [(part, part.p) for part in module.modules() if isinstance(part, nn.Dropout)]
    try:
        for part, _ in shares:
            part.p = DROPOUT
        module.train()
        yield
    finally:
        for part, share in shares:
            part.p = share
        module.train(was_training)
