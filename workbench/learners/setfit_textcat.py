"""SetFit: a transformer trained on pairs of texts, and logistic regression on its vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from tokenizers import Tokenizer

from workbench.artefacts import read_json, write_json
from workbench.domain.arrays import AnyArray, Rows, Samples, Vectors
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question, check_slug
from workbench.domain.scores import Scores
from workbench.errors import ArtefactError, InputError, UnknownNameError
from workbench.learners.head_network import raise_outputs, with_head
from workbench.learners.linear_head import Balance, HeadConfig, checked_targets, fit_head
from workbench.learners.offsets import Aim
from workbench.learners.options import with_options
from workbench.learners.setfit_body import BodyConfig, base_of, trained_body
from workbench.learners.tuned_head import logits_from, tuned_offsets
from workbench.networks.backbone import cpu_threads, longest_row
from workbench.networks.heads import TextClassifier
from workbench.networks.network import Network, load_network, network_scores, save_network
from workbench.networks.probing import network_features, network_samples
from workbench.tokenisation.pieces import cut_many, load_tokenizer, special_pieces
from workbench.tokenisation.windows import Batching, class_logits

BATCH_SIZE = 64


@dataclass(frozen=True, slots=True)
class SetFitConfig(BodyConfig):
    """How to train the body, and with which penalty and weights to fit the head on it.

    On three folds of the sample's pool a balanced head with C = 5 found .61 of
    the rare topics at an accuracy of .78, one with C = 20 .56 at .81, an unbalanced one about .36.
    `offsets` and `give_up` are those of `HeadConfig`: they take six bodies instead of one.
    """

    c: float = 5.0
    balance: Balance = "balanced"
    offsets: Aim = "none"
    give_up: float = 0.01

    def __post_init__(self) -> None:
        BodyConfig.__post_init__(self)
        self.head()

    def head(self) -> HeadConfig:
        """Return the part that is about the head."""
        return HeadConfig(c=self.c, balance=self.balance, offsets=self.offsets, give_up=self.give_up)


class SetFitLearner:
    """A body for each question, trained from the weights of `context.base_model` (default: MiniLM).

    Options: those of `SetFitConfig`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"textcat", "textcat-multi"})

    def __init__(self, context: LearnerContext) -> None:
        self._context = context
        self._config = with_options("setfit", SetFitConfig(), context.config)

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
    ) -> SetFitModel:
        """Train a body and a head for each question; the last step counts, there is no checkpoint.

        Raises NotEnoughDataError when a question's examples do not tell two answers apart.
        """
        targets = checked_targets(self.kinds, examples)
        networks = {
            question.name: self._tuned(question, [e.text for e in answered], targets[question], seed=seed)
            for question, answered in examples.items()
        }
        return SetFitModel(networks, self._context.n_threads)

    def _tuned(self, question: Question, texts: Sequence[str], targets: AnyArray, *, seed: int) -> Network:
        """Return a network with the offsets that are asked for, chosen on scores of bodies that have not seen them."""

        def logits_of(inside: Rows, outside: Rows) -> AnyArray:
            other = self._network(question, [texts[row] for row in inside], targets[inside], seed=seed)
            return logits_from(network_scores(other, [texts[row] for row in outside]))

        network = self._network(question, texts, targets, seed=seed)
        offsets = tuned_offsets(question, targets, self._config.head(), texts=texts, logits_of=logits_of)
        raise_outputs(network.module.head, offsets)
        return network

    def _network(self, question: Question, texts: Sequence[str], targets: AnyArray, *, seed: int) -> Network:
        tokenizer = load_tokenizer(base_of(self._context) / "tokenizer.json")
        backbone = trained_body(texts, targets, config=self._config, context=self._context, seed=seed)
        max_pieces = min(self._config.max_pieces, longest_row(backbone))
        vectors = unit_vectors(TextClassifier(backbone, 1, normalise=True), tokenizer, texts, max_pieces)
        head = fit_head(question, vectors, targets, self._config.head())
        return Network(with_head(backbone, head), tokenizer, question.kind, question.labels, max_pieces)

    def load(self, folder: Path) -> SetFitModel:
        """Load a model. Raises ArtefactError when it is damaged."""
        facts = read_json(folder / "setfit.json")
        names = facts.get("questions") if isinstance(facts, dict) else None
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise ArtefactError("It names no questions.", where=str(folder / "setfit.json"))
        networks = {check_slug("question", name): load_network(folder / name) for name in names}
        return SetFitModel(networks, self._context.n_threads)


class SetFitModel:
    """One network a question."""

    def __init__(self, networks: Mapping[str, Network], n_threads: int) -> None:
        self._networks = dict(networks)
        self._n_threads = n_threads

    def score(self, texts: Sequence[str]) -> Mapping[str, Scores]:
        """Return the scores of each question, in the order of the texts."""
        cpu_threads(self._n_threads)
        return {name: network_scores(network, texts) for name, network in self._networks.items()}

    def features(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors `(n, d)` that the head of the one question sees.

        Raises InputError when the model answers several questions: each has a body of its own.
        """
        if len(self._networks) != 1:
            raise InputError(f"A model of {len(self._networks)} questions has no features in common.")
        cpu_threads(self._n_threads)
        return network_features(next(iter(self._networks.values())), texts)

    def samples(self, texts: Sequence[str], *, n_samples: int, seed: int) -> Mapping[str, Samples]:
        """Return Monte-Carlo probabilities `(s, n, l)` of each question."""
        cpu_threads(self._n_threads)
        return {
            name: network_samples(network, texts, n_samples=n_samples, seed=seed)
            for name, network in self._networks.items()
        }

    def save(self, folder: Path) -> None:
        """Write setfit.json and a folder of weights for each question."""
        for name, network in self._networks.items():
            (folder / name).mkdir()
            save_network(network, folder / name)
        write_json(folder / "setfit.json", {"questions": list(self._networks)})

    def network(self, question: str) -> Network:
        """Return the network of one question. Raises UnknownNameError."""
        if question not in self._networks:
            raise UnknownNameError("question of the model", question, self._networks)
        return self._networks[question]


def unit_vectors(
    module: TextClassifier, tokenizer: Tokenizer, texts: Sequence[str], max_pieces: int
) -> Vectors:
    """Return the vectors `(n, d)` that the module's head sees; of a long text the mean of its windows."""

    def run(ids: Rows, mask: Rows) -> AnyArray:
        with torch.inference_mode():
            values: AnyArray = module.vectors(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        return values

    batching = Batching(special_pieces(tokenizer), max_pieces, BATCH_SIZE)
    return class_logits(cut_many(tokenizer, texts), run, batching)
