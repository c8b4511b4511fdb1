"""The four kinds of part that can be replaced, one Protocol each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from workbench.domain.arrays import Nearness, Rows, Samples, Targets, Utilities, Vectors
from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.examples import Example
from workbench.domain.label_names import LabelNames
from workbench.domain.neighbours import Neighbours
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import Scores
from workbench.domain.terms import Term
from workbench.domain.word_vectors import WordVectors
from workbench.errors import InputError


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


class WordEncoder(Protocol):
    """Texts to vectors of their words."""

    id: str  # names weights and version; vectors of another id are never mixed with these
    width: int

    def encode_words(self, texts: Sequence[str], *, progress: Progress = silent) -> WordVectors:
        """Return the words of the texts, in their order."""


@dataclass(frozen=True, slots=True)
class LearnerContext:
    """What a learner may use: encoders of texts and words with caches, a folder of transformer weights, options.

    `config` overrides fields of the learner's own configuration by name; an unknown name is an error.
    """

    encoder: Encoder | None = None
    base_model: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    n_threads: int = 1
    progress: Progress = silent
    words: WordEncoder | None = None


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


@runtime_checkable
class HasFeatures(Protocol):
    """A model of labels that can say what its head sees."""

    def features(self, texts: Sequence[str]) -> Vectors:
        """Return the features (n, d) float32 of the texts, in their order."""


@runtime_checkable
class HasSamples(Protocol):
    """A model that can be asked several times, each time with other connections left out."""

    def samples(self, texts: Sequence[str], *, n_samples: int, seed: int) -> Mapping[str, Samples]:
        """Return Monte-Carlo probabilities (s, n, l) of each question, by dropout at prediction time."""


@dataclass(frozen=True, slots=True, eq=False)
class StrategyInputs:
    """What a strategy may look at; all about the same candidates, in the same order.

    `texts` (n) and `n_words` (n,) of the candidates; `vectors` (n, d) are unit vectors and `features`
    (n, d') what the model's head sees; `samples` (s, n, l) Monte-Carlo probabilities. `labelled_vectors`
    (m, d), `labelled_targets` (m, l) bool and `labelled_scores` are those of the answered documents:
    which labels answer them, or stand in them, and what the model says of them. `neighbours` are those of
    the candidates among a larger pool, and `nearness` (n,) is the cosine of each candidate to the answered
    document most like it, -1 without. `terms` are words to look for. `beside` are texts that the
    batch asks anyway, as those of the control part. `label_names` are the names of labels of which one answers
    a document. What nobody asked for may be None; without any answer they have no rows.
    """

    n_candidates: int
    scores: Scores | None = None
    vectors: Vectors | None = None
    labelled_vectors: Vectors | None = None
    labelled_targets: Targets | None = None
    labelled_scores: Scores | None = None
    features: Vectors | None = None
    samples: Samples | None = None
    n_words: Rows | None = None
    texts: Sequence[str] | None = None
    terms: Sequence[Term] | None = None
    neighbours: Neighbours | None = None
    nearness: Nearness | None = None
    beside: Sequence[str] | None = None
    label_names: LabelNames | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The chosen rows of the candidates, best first, each with its utility and in words why it is asked."""

    rows: Rows
    utilities: Utilities
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.utilities) == len(self.reasons):
            raise InputError(
                f"{len(self.rows)} rows cannot have {len(self.utilities)} utilities and {len(self.reasons)} reasons."
            )


class Strategy(Protocol):
    """Chooses documents to ask about.

    `kinds` are the kinds of question that it can choose for; the first line of its docstring says how. `needs`
    and `uses` are names of fields of StrategyInputs: without what it needs it raises InputError, what it uses
    helps it when it is there.
    """

    kinds: ClassVar[frozenset[Kind]]
    needs: ClassVar[frozenset[str]]
    uses: ClassVar[frozenset[str]]

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Choose at most n documents."""
