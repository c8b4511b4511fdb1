"""A network as a model of one question: what fine-tuning and distilling leave behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.artefacts import read_json, write_json
from workbench.domain.arrays import Samples, Vectors
from workbench.domain.ports import LearnerContext, Progress, silent
from workbench.domain.questions import Kind, check_slug
from workbench.domain.scores import Scores
from workbench.errors import ArtefactError, UnknownNameError
from workbench.networks.backbone import cpu_threads
from workbench.networks.network import Network, load_network, network_scores, save_network
from workbench.networks.probing import network_features, network_samples

FACTS = "facts.json"


@dataclass(frozen=True, slots=True, eq=False)
class NetworkModel:
    """The network that answers one question; `facts` (JSON values) say how it came about."""

    question: str
    only: Network
    facts: Mapping[str, Any] = field(default_factory=dict)
    n_threads: int = 1
    progress: Progress = silent

    @classmethod
    def load(cls, folder: Path, kinds: frozenset[Kind], context: LearnerContext) -> NetworkModel:
        """Load what `save` wrote. Raises ArtefactError when it cannot be trusted or is of another kind."""
        told = read_json(folder / FACTS)
        question = told.get("question") if isinstance(told, dict) else None
        if not isinstance(question, str) or not isinstance(told.get("facts"), dict):
            raise ArtefactError("It names no question.", where=str(folder / FACTS))
        network = load_network(folder)
        if network.kind not in kinds:
            raise ArtefactError(f"The network is for {network.kind}.", where=str(folder))
        return cls(
            check_slug("question", question), network, told["facts"], context.n_threads, context.progress
        )

    def score(self, texts: Sequence[str]) -> Mapping[str, Scores]:
        """Return the scores of the question, in the order of the texts."""
        cpu_threads(self.n_threads)
        return {self.question: network_scores(self.only, texts, progress=self.progress)}

    def features(self, texts: Sequence[str]) -> Vectors:
        """Return what the head sees of the texts `(n, d)`. Raises InputError for a tagger."""
        cpu_threads(self.n_threads)
        return network_features(self.only, texts)

    def samples(self, texts: Sequence[str], *, n_samples: int, seed: int) -> Mapping[str, Samples]:
        """Return Monte-Carlo probabilities `(s, n, l)` of the question. Raises InputError for a tagger."""
        cpu_threads(self.n_threads)
        return {self.question: network_samples(self.only, texts, n_samples=n_samples, seed=seed)}

    def save(self, folder: Path) -> None:
        """Write the network and facts.json into an existing empty folder."""
        save_network(self.only, folder)
        write_json(folder / FACTS, {"question": self.question, "facts": dict(self.facts)})

    def network(self, question: str) -> Network:
        """Return the network. Raises UnknownNameError for another question."""
        if question != self.question:
            raise UnknownNameError("question of the model", question, [self.question])
        return self.only
