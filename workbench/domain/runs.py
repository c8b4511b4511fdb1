"""Runs: one training with everything that is needed to repeat and to judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from workbench.domain.annotations import Scope
from workbench.domain.examples import Example
from workbench.errors import InputError

LIVE = "-live-"
MEANWHILE = "meanwhile"
OF_ENCODERS = ("encoder", "encoder_id")  # stand in a run's config beside the learner's own settings
Basis: TypeAlias = Literal["held-out", "out-of-fold", "control sample"]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training of one learner for one question.

    `data_hash` is the SHA-256 of the examples (see `hash_examples`). `figures` are the metrics by
    name and `basis` says on which documents they were measured; in-sample figures do not exist here.
    `facts` are what the learner says of its training: epochs, losses, spans it could not learn as they are;
    MEANWHILE is one where nobody asked for it.
    """

    id: str
    question: str
    learner: str
    seed: int
    labels: tuple[str, ...]
    label_version: int
    n_examples: int
    data_hash: str
    config: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    basis: Basis | None = None
    seconds: float = 0.0
    created_at: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked for it: others were trained by themselves while people answered."""
        return not self.facts.get(MEANWHILE)

    @property
    def options(self) -> dict[str, Any]:
        """What the learner was told: its `config` without the names of the encoder."""
        return {name: value for name, value in self.config.items() if name not in OF_ENCODERS}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One document of a batch: why it is asked, and by which utility (higher = sooner).

    `scope` lists the character ranges that are asked, in text order; None asks the whole document.
    """

    document_id: str
    utility: float
    reason: str
    scope: Scope | None = None

    def __post_init__(self) -> None:
        bounds = [bound for part in self.scope or () for bound in part]
        if self.scope == () or any(a >= b for a, b in pairwise([-1, *bounds])):
            raise InputError(
                f"The scope {self.scope} does not list ranges of a text in their order.",
                where=f"document {self.document_id}",
                hint="Without a scope (None) the whole text is asked.",
            )


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents proposed together, best first; `run` names the run or live head that ranked them, if any.

    `recipe` is what the choice followed from (see `usecases/batch_recipe.py`); `chain` is the hash of
    recipe, proposals and all batches before, which the store adds.
    """

    id: str
    question: str
    strategy: str
    seed: int
    proposals: tuple[Proposal, ...]
    run: str | None = None
    created_at: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    chain: str = field(default="", compare=False)


def live_run_id(question: str, digest: str) -> str:
    """Return the name of a live head: that of its question, and the beginning of what it learned."""
    return f"{question}{LIVE}{digest[:12]}"


def is_live_run(question: str, run_id: str) -> bool:
    """Tell whether this is the name of a live head, of which no run is stored."""
    return run_id.startswith(f"{question}{LIVE}")


def hash_examples(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of the examples, in their order, as 64 hex digits."""
    digest = sha256()
    for example in examples:
        digest.update(repr((example.document_id, example.text, example.labels, example.scope)).encode())
        digest.update(repr([(s.start, s.end, s.label) for s in example.spans]).encode())
    return digest.hexdigest()
