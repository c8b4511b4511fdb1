"""The four kinds of part that can be replaced, one Protocol each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from workbench.domain.arrays import Rows, Vectors
from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.examples import Example
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import Scores


class Progress(Protocol):
    """Called while long work goes on; `done` of `total` units of `what`."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Take note of the progress."""


def silent(done: int, total: int, what: str) -> None:
    """Report no progress."""


class Source(Protocol):
    """A foreign format and its two directions."""

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read a whole file, or raise SourceError with every problem and import nothing."""

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, object],
    ) -> ConversionReport:
        """Write the documents' answers to the questions; the file appears whole or not at all.

        Raises SourceError when an answer cannot be said in this format, unless `allow_loss`.
        `file_layout` is what `read` gave for the file the documents came from, else empty.
        """


class Encoder(Protocol):
    """Texts to vectors."""

    id: str  # names model and version; vectors of another id are never mixed with these
    width: int

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> Vectors:
        """Return unit vectors (n, width) float32 in the order of the texts."""


@dataclass(frozen=True, slots=True)
class LearnerContext:
    """What a learner may use: an encoder with a cache, a folder of transformer weights, options.

    `config` overrides fields of the learner's own configuration by name; an unknown name is an error.
    """

    encoder: Encoder | None = None
    base_model: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    n_threads: int = 1
    progress: Progress = silent


@runtime_checkable
class Model(Protocol):
    """A fitted model of one or more questions."""

    def score(self, texts: Sequence[str]) -> Mapping[str, Scores]:
        """Return the scores of each question, in the order of the texts."""

    def save(self, folder: Path) -> None:
        """Write the model into an existing empty folder: safetensors and JSON only."""


class Learner(Protocol):
    """Labelled examples to a fitted model; built as `SomeLearner(context)`."""

    kinds: ClassVar[frozenset[Kind]]

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole configuration, options and defaults, as JSON values; runs record it."""

    def fit(
        self,
        examples: Mapping[Question, Sequence[Example]],
        *,
        seed: int,
        dev: Mapping[Question, Sequence[Example]] | None = None,
    ) -> Model:
        """Fit on the examples; `dev`, if given, only chooses the checkpoint.

        The same examples, seed and machine give the same model. Raises NotEnoughDataError when a
        question has no examples or, where that matters, fewer than two labels.
        """

    def load(self, folder: Path) -> Model:
        """Load a model that `Model.save` wrote. Raises ArtefactError when it cannot be trusted."""


@dataclass(frozen=True, slots=True, eq=False)
class StrategyInputs:
    """What a strategy may look at; all about the same candidates, in the same order.

    `vectors` (n, d) are unit vectors, `labelled_vectors` (m, d) those of the labelled documents,
    `samples` (s, n, l) Monte-Carlo probabilities. What a strategy does not need may be None.
    """

    n_candidates: int
    scores: Scores | None = None
    vectors: Vectors | None = None
    labelled_vectors: Vectors | None = None
    n_tokens: Rows | None = None


class Strategy(Protocol):
    """Chooses documents to ask about."""

    needs: ClassVar[frozenset[str]]  # of: scores, vectors

    def __call__(
        self, inputs: StrategyInputs, n: int, rng: np.random.Generator
    ) -> tuple[Rows, np.ndarray[Any, Any], str]:
        """Return at most n rows, best first, their utilities, and in words why they are asked."""
