"""A transformer fine-tuned to label texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.decoding import decode_labels
from workbench.domain.examples import Example
from workbench.domain.f1 import macro_f1
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.learners.fine_tuning import (
    FineTuningConfig,
    Row,
    fine_tune,
    new_network,
    only_question,
    silence_outputs,
    stratified_split,
)
from workbench.learners.head_network import raise_outputs
from workbench.learners.linear_head import Balance, HeadConfig, checked_targets, targets_of
from workbench.learners.offsets import Aim
from workbench.learners.options import with_options
from workbench.learners.tuned_head import logits_from, tuned_offsets
from workbench.networks.heads import TextClassifier
from workbench.networks.losses import focal
from workbench.networks.network import Network, network_scores
from workbench.networks.network_model import NetworkModel
from workbench.networks.training import Batch
from workbench.tokenisation.pieces import cut_many
from workbench.tokenisation.windows import windows

MAX_POSITIVE_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class BertTextcatConfig(FineTuningConfig):
    """How to fine-tune a classifier.

    `balance` weighs an example by 1 / count of its label ("balanced"), by its root ("sqrt") or not
    at all ("none"). For textcat-multi it is the weight of a label's positives: negatives / positives
    or its root, at most 10. Training ends after three epochs without a better macro-F1 (`patience`).
    `offsets` and `give_up` are those of `HeadConfig`: they take six networks instead of one.
    """

    balance: Balance = "balanced"
    patience: int = 3
    offsets: Aim = "none"
    give_up: float = 0.01

    def __post_init__(self) -> None:
        FineTuningConfig.__post_init__(self)
        self.head()

    def head(self) -> HeadConfig:
        """Return what is as in a linear head."""
        return HeadConfig(balance=self.balance, offsets=self.offsets, give_up=self.give_up)


class BertTextcatLearner:
    """Fine-tunes the weights of `context.base_model` (default: MiniLM) for one question.

    Every window of a long text is taught the answers of the text. Options: `BertTextcatConfig`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"textcat", "textcat-multi"})

    def __init__(self, context: LearnerContext) -> None:
        self._context = context
        self._config = with_options("bert", BertTextcatConfig(), context.config)

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole configuration, as JSON values."""
        return asdict(self._config)

    def fit(
        self,
        examples: Mapping[Question, Sequence[Example]],
        *,
        seed: int,
        dev: Mapping[Question, Sequence[Example]] | None = None,
    ) -> NetworkModel:
        """Fit on the examples; the checkpoint with the best macro-F1 on dev, or on a split, stays.

        Raises NotEnoughDataError when the examples do not tell two answers apart, and InputError when
        the loss is no longer a number.
        """
        question, answered = only_question("bert", self.kinds, examples)
        targets = checked_targets(self.kinds, examples)[question]
        chosen = list((dev or {}).get(question, ()))

        def logits_of(inside: Rows, outside: Rows) -> AnyArray:
            other, _ = self._network(question, [answered[row] for row in inside], chosen, seed=seed)
            return logits_from(network_scores(other, [answered[row].text for row in outside]))

        network, facts = self._network(question, answered, chosen, seed=seed)
        texts = [example.text for example in answered]
        offsets = tuned_offsets(question, targets, self._config.head(), texts=texts, logits_of=logits_of)
        raise_outputs(network.module.head, offsets)
        return NetworkModel(question.name, network, facts, self._context.n_threads, self._context.progress)

    def _network(
        self, question: Question, answered: Sequence[Example], dev: Sequence[Example], *, seed: int
    ) -> tuple[Network, dict[str, Any]]:
        """Return a network and the facts of its training; without dev examples a split chooses the checkpoint."""
        taught, chosen = list(answered), list(dev)
        if not chosen:
            taught, chosen = self._split(answered, targets_of(question, answered), seed)
        targets = targets_of(question, taught)
        network = self._new_network(question, targets, seed)
        facts = fine_tune(
            network,
            _rows(network, [example.text for example in taught], targets, self._config.balance),
            _loss(question, targets, self._config.balance, self._config.focal_gamma),
            self._config,
            seed=seed,
            context=self._context,
            evaluate=_figure(network, question, chosen) if chosen else None,
        )
        counts = {"train_examples": len(taught), "dev_examples": len(chosen)}
        return network, {**counts, **facts}

    def load(self, folder: Path) -> NetworkModel:
        """Load a model. Raises ArtefactError when it cannot be trusted."""
        return NetworkModel.load(folder, self.kinds, self._context)

    def _split(
        self, examples: Sequence[Example], targets: AnyArray, seed: int
    ) -> tuple[list[Example], list[Example]]:
        rng = np.random.default_rng((seed, len(targets)))
        strata = [row.tobytes() for row in targets]
        taught, chosen = stratified_split(
            strata, self._config.dev_share, min_dev=self._config.min_dev, rng=rng
        )
        return [examples[row] for row in taught], [examples[row] for row in chosen]

    def _new_network(self, question: Question, targets: AnyArray, seed: int) -> Network:
        def module(backbone: nn.Module) -> TextClassifier:
            return TextClassifier(backbone, len(question.labels), exclusive=question.exclusive)

        network = new_network(question, module, self._config, context=self._context, seed=seed)
        silence_outputs(network.module.head, np.flatnonzero(~targets.any(axis=0)).tolist())
        return network


def label_weights(targets: AnyArray, balance: Balance) -> AnyArray:
    """Return the weight of each label `(l,)` float32; over the examples `(n, l)` their mean is 1.

    A label without examples has the weight 0.
    """
    counts = targets.sum(axis=0).astype(np.float64)
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[balance]
    weights = np.where(counts > 0, np.maximum(counts, 1.0) ** -power, 0.0)
    scaled: AnyArray = (weights * counts.sum() / (weights * counts).sum()).astype(np.float32)
    return scaled


def positive_weights(targets: AnyArray, balance: Balance) -> AnyArray:
    """Return how much more than a negative a positive of each label counts, `(l,)` float32."""
    positives = targets.sum(axis=0).astype(np.float64)
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[balance]
    ratio = ((len(targets) - positives) / np.maximum(positives, 1.0)) ** power
    clipped: AnyArray = np.clip(ratio, 1.0, MAX_POSITIVE_WEIGHT).astype(np.float32)
    return clipped


def _rows(network: Network, texts: Sequence[str], targets: AnyArray, balance: Balance) -> list[Row]:
    exclusive = network.kind == "textcat"
    weights = targets @ label_weights(targets, balance) if exclusive else np.ones(len(targets))
    rows: list[Row] = []
    for pieces, answer, weight in zip(cut_many(network.tokenizer, texts), targets, weights, strict=True):
        cuts = windows(pieces, network.max_pieces - 2)
        # A long text counts as one text, however many windows it has.
        share = float(weight) / len(cuts)
        rows.extend(Row(pieces.ids[start:end], answer.astype(np.float32), share) for start, end in cuts)
    return rows


def _loss(
    question: Question, targets: AnyArray, balance: Balance, gamma: float
) -> Callable[[nn.Module, Batch], Tensor]:
    positive = torch.from_numpy(positive_weights(targets, balance))

    def loss(module: nn.Module, batch: Batch) -> Tensor:
        logits = module(batch["input_ids"], batch["attention_mask"]).float()
        if question.exclusive:
            losses = focal(cross_entropy(logits, batch["targets"], reduction="none"), gamma)
        else:
            each = binary_cross_entropy_with_logits(logits, batch["targets"], reduction="none")
            weights = 1.0 + batch["targets"] * (positive.to(logits.device) - 1.0)
            losses = (focal(each, gamma) * weights).mean(dim=1)
        return (losses * batch["weights"]).mean()

    return loss


def _figure(network: Network, question: Question, examples: Sequence[Example]) -> Callable[[], float]:
    texts = [example.text for example in examples]
    gold = [example.labels for example in examples]

    def figure() -> float:
        scores: Any = network_scores(network, texts)
        return macro_f1(gold, decode_labels(scores), question.labels)

    return figure
