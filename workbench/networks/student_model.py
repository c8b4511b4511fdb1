"""A distilled network as a model: it scores and is saved like what a learner fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.domain.ports import Progress, silent
from workbench.domain.scores import Scores
from workbench.errors import UnknownNameError
from workbench.networks.backbone import cpu_threads
from workbench.networks.network import Network, load_network, network_scores, save_network


@dataclass(frozen=True, slots=True, eq=False)
class StudentModel:
    """The network that answers one question."""

    question: str
    only: Network
    n_threads: int = 1
    progress: Progress = silent

    @classmethod
    def load(cls, folder: Path, question: str, *, n_threads: int) -> StudentModel:
        """Load what `save` wrote. Raises ArtefactError when it is damaged."""
        return cls(question, load_network(folder), n_threads)

    def score(self, texts: Sequence[str]) -> Mapping[str, Scores]:
        """Return the scores of the question, in the order of the texts."""
        cpu_threads(self.n_threads)
        return {self.question: network_scores(self.only, texts, progress=self.progress)}

    def save(self, folder: Path) -> None:
        """Write the network into an existing empty folder."""
        save_network(self.only, folder)

    def network(self, question: str) -> Network:
        """Return the network. Raises UnknownNameError for another question."""
        if question != self.question:
            raise UnknownNameError("question of the model", question, [self.question])
        return self.only
