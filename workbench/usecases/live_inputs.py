"""What a strategy may look at, out of arrays that are held ready: nothing is hashed, encoded or read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from workbench.domain.arrays import Rows
from workbench.domain.examples import Example
from workbench.domain.history import Moment
from workbench.domain.ports import Strategy, StrategyInputs
from workbench.domain.questions import Question
from workbench.domain.scores import Scores
from workbench.usecases.gather_inputs import targets_of, wanted
from workbench.usecases.live_pool import LivePool
from workbench.usecases.read_terms import terms_for


class LiveModel(Protocol):
    """Whoever ranks: scores of documents of the pool, given by place."""

    @property
    def id(self) -> str:
        """What names it on the batch."""

    @property
    def training(self) -> str:
        """What its scores follow from, hashed; equal in two projects in which the same happened."""

    def score(self, places: Rows, vectors: Any) -> Scores:
        """Return the scores of the documents at these places, whose vectors are these."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveView:
    """What a live ranking may look at.

    The open places of a pool and the settled answers, at a moment; `in_order` are all documents that were
    answered or skipped, by the newest word on each, and `waiting` those that want another annotator.
    `head` are the options that the head is fitted with where they are not its own.
    """

    question: Question
    pool: LivePool
    places: Rows
    answered: Sequence[Example]
    moment: Moment
    in_order: Sequence[str] = ()
    waiting: frozenset[str] = frozenset()
    head: Mapping[str, Any] = field(default_factory=dict)


class LiveHeads(Protocol):
    """Fits the head of a question's answers: a function of these in their order, whatever was fitted before."""

    def fit(self, view: LiveView) -> LiveModel:
        """Return the head of the answers so far. Raises NotEnoughDataError when they do not tell two apart."""

    def prepare(self, view: LiveView) -> None:
        """Do ahead what would keep a later fit waiting."""


def live_inputs(
    strategy: Strategy,
    view: LiveView,
    model: LiveModel,
    terms: Sequence[Sequence[str]] = (),
    *,
    beside: Sequence[str] = (),
) -> StrategyInputs:
    """Return the inputs that the strategy needs or uses; `beside` are texts that the batch asks anyway.

    What the head sees of a text is its vector, so `features` are `vectors`; a head of words has none.
    """
    names = wanted(strategy)
    vectors = view.pool.vectors(view.places)
    labelled_ids = [example.document_id for example in view.answered]
    labelled = view.pool.vectors_of(labelled_ids)
    of_answered = np.array([view.pool.place_of[id] for id in labelled_ids], dtype=np.int64)
    neighbours = view.pool.neighbours(view.places) if "neighbours" in names else None
    # Of a sample it is found by whoever samples.
    nearness = view.pool.nearness(view.places, labelled_ids) if neighbours is not None else None
    return StrategyInputs(
        len(view.places),
        scores=model.score(view.places, vectors),
        vectors=vectors if "vectors" in names else None,  # type: ignore[arg-type]
        labelled_vectors=labelled if "labelled_vectors" in names else None,
        labelled_targets=targets_of(view.question, view.answered) if "labelled_targets" in names else None,
        labelled_scores=model.score(of_answered, labelled) if "labelled_scores" in names else None,
        features=vectors if "features" in names and view.question.kind != "ner" else None,  # type: ignore[arg-type]
        n_words=view.pool.n_words[view.places] if "n_words" in names else None,
        neighbours=neighbours,
        nearness=nearness,
        terms=terms_for(view.question, terms) if "terms" in names else None,
        texts=[view.pool.texts[place] for place in view.places.tolist()] if "texts" in names else None,
        beside=beside if "beside" in names else None,
        label_names=view.pool.label_names(view.question) if "label_names" in names else None,
    )
