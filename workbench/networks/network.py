"""A network with all that belongs to it, on disk and at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from tokenizers import Tokenizer

from workbench.artefacts import read_json, read_tensors, write_json, write_tensors, write_whole
from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import KINDS, Kind
from workbench.domain.scores import Scores, tags_of
from workbench.errors import ArtefactError, InputError, NewerVersionError
from workbench.networks.backbone import (
    config_of,
    empty_backbone,
    longest_row,
    n_vocabulary,
    put_weights,
    read_config,
)
from workbench.networks.heads import TextClassifier, TokenTagger
from workbench.tokenisation.pieces import load_tokenizer, special_pieces
from workbench.tokenisation.scoring import score_texts
from workbench.tokenisation.windows import Batching

NETWORK_VERSION = 1
AnyNetwork: TypeAlias = TextClassifier | TokenTagger


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A torch module with its tokenizer and labels; rows have at most `max_pieces` pieces."""

    module: AnyNetwork
    tokenizer: Tokenizer
    kind: Kind
    labels: tuple[str, ...]
    max_pieces: int = 128

    def __post_init__(self) -> None:
        if (self.kind == "ner") != isinstance(self.module, TokenTagger):
            raise InputError(f"A {type(self.module).__name__} cannot answer a question of kind {self.kind}.")
        if self.module.head.out_features != n_outputs(self.kind, self.labels):
            raise InputError(
                f"The network has {self.module.head.out_features} outputs, "
                f"but {len(self.labels)} labels of kind {self.kind} need {n_outputs(self.kind, self.labels)}."
            )
        longest = longest_row(self.module.backbone)
        if not 4 <= self.max_pieces <= longest:
            raise InputError(f"max_pieces is {self.max_pieces}; this network takes 4 to {longest}.")
        highest = max(self.tokenizer.get_vocab().values(), default=-1)
        if highest >= n_vocabulary(self.module.backbone):
            raise InputError(
                f"The tokenizer knows a piece {highest}, "
                f"the network only {n_vocabulary(self.module.backbone)} pieces."
            )

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the outputs: IOB2 tags for ner, else the labels."""
        return tags_of(self.labels) if self.kind == "ner" else self.labels


def n_outputs(kind: Kind, labels: Sequence[str]) -> int:
    """Return how many outputs a question of this kind with these labels needs."""
    return len(tags_of(labels)) if kind == "ner" else len(labels)


def save_network(network: Network, folder: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json and network.json into an existing folder."""
    write_json(folder / "config.json", config_of(network.module.backbone))
    state = network.module.state_dict()
    write_tensors(folder / "model.safetensors", {n: t.float().cpu().numpy() for n, t in state.items()})
    with write_whole(folder / "tokenizer.json") as file:
        file.write(network.tokenizer.to_str().encode())
    write_json(
        folder / "network.json",
        {
            "network_version": NETWORK_VERSION,
            "kind": network.kind,
            "labels": list(network.labels),
            "max_pieces": network.max_pieces,
            "normalise": isinstance(network.module, TextClassifier) and network.module.normalise,
        },
    )


def load_network(folder: Path) -> Network:
    """Load what `save_network` wrote. Raises ArtefactError when it cannot be trusted."""
    facts = _checked_facts(folder / "network.json")
    config = read_config(folder / "config.json")
    shapes = {n: tuple(t.shape) for n, t in _empty_module(config, facts, "meta").state_dict().items()}
    tensors = read_tensors(folder / "model.safetensors", shapes=shapes)
    module = _empty_module(config, facts)
    put_weights(module, tensors)
    module.eval()
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    try:
        return Network(module, tokenizer, facts["kind"], tuple(facts["labels"]), facts["max_pieces"])
    except InputError as error:
        raise ArtefactError(error.message, where=str(folder)) from error


def _checked_facts(path: Path) -> dict[str, Any]:
    facts = read_json(path)
    version = facts.get("network_version") if isinstance(facts, dict) else None
    if isinstance(version, int) and version > NETWORK_VERSION:
        raise NewerVersionError(
            f"Written by a newer workbench (network {version}, known {NETWORK_VERSION}).",
            where=str(path),
            hint="Update annotation-workbench.",
        )
    labels = facts.get("labels") if isinstance(facts, dict) else None
    good = (
        version == NETWORK_VERSION
        and facts.get("kind") in KINDS
        and isinstance(labels, list)
        and all(isinstance(label, str) for label in labels)
        and 0 < len(labels) == len(set(labels))
        and type(facts.get("max_pieces")) is int
        and type(facts.get("normalise")) is bool
    )
    if not good:
        raise ArtefactError("It does not describe a network of the workbench.", where=str(path))
    return dict(facts)


def _empty_module(config: Mapping[str, Any], facts: Mapping[str, Any], device: str = "cpu") -> AnyNetwork:
    backbone = empty_backbone(config, device)
    with torch.device(device):
        if facts["kind"] == "ner":
            return TokenTagger(backbone, n_outputs("ner", facts["labels"]))
        return TextClassifier(
            backbone,
            len(facts["labels"]),
            normalise=facts["normalise"],
            exclusive=facts["kind"] == "textcat",
        )


def network_scores(
    network: Network, texts: Sequence[str], *, batch_size: int = 32, progress: Progress = silent
) -> Scores:
    """Return ClassScores or TokenScores of the texts, in their order.

    Long texts run in windows: a textcat answer is the mean of the windows' logits, a word's tags are
    those of the window where it has most context.
    """
    special = special_pieces(network.tokenizer)
    return score_texts(
        _TorchRun(network.module),
        texts,
        tokenizer=network.tokenizer,
        batching=Batching(special, network.max_pieces, batch_size, progress),
        kind=network.kind,
        labels=network.labels,
    )


class _TorchRun:
    """Run a module on padded batches, without gradients and without dropout."""

    def __init__(self, module: AnyNetwork) -> None:
        self.module = module.eval()
        self.device = next(module.parameters()).device

    def __call__(self, ids: Rows, mask: Rows) -> AnyArray:
        with torch.inference_mode():
            logits = self.module(
                torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)
            )
        values: AnyArray = logits.float().cpu().numpy()
        return values
