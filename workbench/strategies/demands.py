"""What a strategy needs, checked before it chooses, and the shape of what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from workbench.domain.arrays import Rows, Utilities, Vectors
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import KINDS, Kind
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.errors import InputError
from workbench.strategies.distances import finite


class Sized(Protocol):
    """Anything with a length."""

    def __len__(self) -> int:
        """How many there are."""


ANY_KIND: frozenset[Kind] = frozenset(KINDS)
OF_LABELS: frozenset[Kind] = frozenset({"textcat", "textcat-multi"})
OF_WORDS: frozenset[Kind] = frozenset({"ner"})
A_CANDIDATE = ("scores", "vectors", "features", "n_words", "texts", "neighbours", "nearness")
HINTS = {
    "scores": "Label a first batch chosen by the strategy 'auto' or 'random', train a model, then ask again.",
    "vectors": "Embed the pool first, or choose a strategy that needs scores only.",
    "labelled_vectors": "Embed the pool first, or choose a strategy that needs scores only.",
    "labelled_scores": "Label a first batch chosen by the strategy 'auto' or 'random', train a model, then ask again.",
    "labelled_targets": "Label some documents first, chosen by the strategy 'auto' or 'random'.",
    "features": "Train a model that has features (linear, setfit, bert), or choose another strategy.",
    "samples": "Train a model that can leave connections out (linear, setfit, bert), or choose another strategy.",
    "n_words": "Choose a strategy that needs scores only.",
    "texts": "Choose a strategy that needs scores only.",
    "terms": "Give words to look for: --term WORD=LABEL or --terms FILE. The question has no labels to look for yet.",
}


def check_inputs(inputs: StrategyInputs, n: int) -> int:
    """Return how many rows can be chosen: at most n.

    Raises InputError for a negative n, for values of another number of documents, and for vectors of
    candidates and answered documents that are not of one encoder.
    """
    if n < 0:
        raise InputError(f"A batch cannot have {n} documents.")
    for what in A_CANDIDATE:
        values: Sized | None = getattr(inputs, what)
        if values is not None and len(values) != inputs.n_candidates:
            raise InputError(f"There are {len(values)} {what} for {inputs.n_candidates} candidates.")
    if inputs.samples is not None and inputs.samples.shape[1] != inputs.n_candidates:
        raise InputError(f"There are {inputs.samples.shape[1]} samples for {inputs.n_candidates} candidates.")
    _check_labelled(inputs)
    return min(n, inputs.n_candidates)


def _check_labelled(inputs: StrategyInputs) -> None:
    labelled, targets = inputs.labelled_vectors, inputs.labelled_targets
    if labelled is not None and inputs.vectors is not None and labelled.shape[1] != inputs.vectors.shape[1]:
        raise InputError(
            f"The answered documents' vectors have width {labelled.shape[1]}, the candidates' "
            f"{inputs.vectors.shape[1]}: they are not of one encoder.",
        )
    names = inputs.label_names
    if names is not None and targets is not None and len(names.labels) != targets.shape[1]:
        raise InputError(f"There are names of {len(names.labels)} labels for {targets.shape[1]} labels.")
    if names is not None and inputs.vectors is not None and names.vectors.shape[1] != inputs.vectors.shape[1]:
        raise InputError(
            f"The vectors of the labels' names have width {names.vectors.shape[1]}, the candidates' "
            f"{inputs.vectors.shape[1]}: they are not of one encoder.",
        )
    if labelled is not None and targets is not None and len(labelled) != len(targets):
        raise InputError(f"There are {len(targets)} answers for {len(labelled)} labelled vectors.")
    said = inputs.labelled_scores
    if labelled is not None and said is not None and len(labelled) != len(said):
        raise InputError(f"There are {len(said)} labelled scores for {len(labelled)} labelled vectors.")


def needed(strategy: str, inputs: StrategyInputs, what: str) -> Any:
    """Return a field of the inputs, or raise InputError when nobody gave it."""
    value = getattr(inputs, what)
    if value is None:
        raise InputError(f"The strategy '{strategy}' needs {what}; here they are missing.", hint=HINTS[what])
    return value


def scores_for(strategy: str, inputs: StrategyInputs) -> Scores:
    """Return the scores of the candidates, or raise InputError when there is no model yet."""
    scores: Scores = needed(strategy, inputs, "scores")
    return scores


def class_scores_for(strategy: str, inputs: StrategyInputs, what: str = "scores") -> ClassScores:
    """Return the scores of labels, or raise InputError when there are none or they are of words."""
    scores = needed(strategy, inputs, what)
    if not isinstance(scores, ClassScores):
        raise InputError(
            f"The strategy '{strategy}' asks about the labels of whole documents, not about spans.",
            hint="For a ner question choose 'mnlp', 'token-entropy' or 'cluster-margin'.",
        )
    return scores


def token_scores_for(strategy: str, inputs: StrategyInputs) -> TokenScores:
    """Return the scores of words, or raise InputError when there are none or they are of documents."""
    scores = needed(strategy, inputs, "scores")
    if not isinstance(scores, TokenScores):
        raise InputError(
            f"The strategy '{strategy}' asks about the words of a ner question, not about labels of documents.",
            hint="Choose 'margin' or 'cluster-margin'.",
        )
    return scores


def vectors_for(strategy: str, inputs: StrategyInputs, what: str = "vectors") -> Vectors:
    """Return vectors or features, or raise InputError when nobody gave them or one is not finite."""
    vectors: Vectors = needed(strategy, inputs, what)
    if not finite(vectors):
        raise InputError(f"The strategy '{strategy}' got a value in its {what} that is not finite.")
    return vectors


def choice(rows: Rows, utilities: Utilities, reasons: str | Sequence[str]) -> Choice:
    """Return the choice of these rows; one reason may serve all of them."""
    texts = (reasons,) * len(rows) if isinstance(reasons, str) else tuple(reasons)
    return Choice(np.asarray(rows, dtype=np.int64), np.asarray(utilities, dtype=np.float64), texts)


def no_choice() -> Choice:
    """Return the choice of nothing."""
    return choice(np.zeros(0, dtype=np.int64), np.zeros(0), "")
