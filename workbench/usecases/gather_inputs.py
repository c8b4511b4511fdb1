"""Gather what a strategy may look at: scores, vectors, samples and the answers so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.domain.arrays import Samples, Targets, Vectors
from workbench.domain.examples import Example
from workbench.domain.label_names import LabelNames, names_in_words
from workbench.domain.neighbours import Neighbours
from workbench.domain.ports import (
    Encoder,
    HasFeatures,
    HasSamples,
    Model,
    Strategy,
    StrategyInputs,
)
from workbench.domain.questions import Question
from workbench.errors import InputError

N_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known before a batch is chosen: the answers so far, a model of them, an encoder.

    `neighbours` are those of the candidates in their order, where they were found; `beside` the texts that the
    batch asks anyway.
    """

    question: Question
    answered: Sequence[Example] = ()
    model: Model | None = None
    encoder: Encoder | None = None
    neighbours: Neighbours | None = None
    beside: Sequence[str] = ()


def wanted(strategy: Strategy) -> frozenset[str]:
    """Return the names of the inputs that a strategy needs or uses."""
    return strategy.needs | strategy.uses


def gather_inputs(
    strategy: Strategy, texts: Sequence[str], evidence: Evidence, *, seed: int = 0
) -> StrategyInputs:
    """Return the inputs that the strategy needs or uses, as far as the evidence has them.

    `seed` draws Monte-Carlo samples. Raises InputError when the model cannot give what is needed.
    """
    names = wanted(strategy)
    question, model, encoder = evidence.question, evidence.model, evidence.encoder
    scores = model.score(texts)[question.name] if model is not None and "scores" in names else None
    vectors = encoder.encode(texts) if encoder is not None and "vectors" in names else None
    labelled, said = None, None
    answered_texts = [example.text for example in evidence.answered]
    if encoder is not None and "labelled_vectors" in names:
        labelled = encoder.encode(answered_texts)
    if model is not None and "labelled_scores" in names:
        said = model.score(answered_texts)[question.name]
    return StrategyInputs(
        len(texts),
        scores=scores,
        vectors=vectors,
        labelled_vectors=labelled,
        labelled_targets=targets_of(question, evidence.answered) if "labelled_targets" in names else None,
        labelled_scores=said,
        features=_features(strategy, evidence, texts) if "features" in names else None,
        samples=_samples(strategy, evidence, texts, seed) if "samples" in names else None,
        n_words=np.array([len(text.split()) for text in texts]) if "n_words" in names else None,
        texts=texts if "texts" in names else None,
        neighbours=evidence.neighbours if "neighbours" in names else None,
        beside=evidence.beside if "beside" in names else None,
        label_names=_label_names(evidence) if "label_names" in names else None,
    )


def _label_names(evidence: Evidence) -> LabelNames | None:
    """Return the names of the labels; None where several answer a document or nobody can encode them."""
    question, encoder = evidence.question, evidence.encoder
    if encoder is None or not question.exclusive or not question.labels:
        return None
    return LabelNames(question.labels, encoder.encode(names_in_words(question.labels)))


def targets_of(question: Question, answered: Sequence[Example]) -> Targets:
    """Return `(m, l)` bool: which labels answer each example, or stand on one of its spans."""
    column = {label: i for i, label in enumerate(question.labels)}
    targets = np.zeros((len(answered), len(column)), dtype=np.bool_)
    for row, example in enumerate(answered):
        for label in {*example.labels, *(span.label for span in example.spans)} & set(column):
            targets[row, column[label]] = True
    return targets


def _features(strategy: Strategy, evidence: Evidence, texts: Sequence[str]) -> Vectors | None:
    model = evidence.model
    if isinstance(model, HasFeatures) and evidence.question.kind != "ner":
        return model.features(texts)
    _check_served(strategy, evidence, "features")
    return None


def _samples(strategy: Strategy, evidence: Evidence, texts: Sequence[str], seed: int) -> Samples | None:
    model = evidence.model
    if isinstance(model, HasSamples) and evidence.question.kind != "ner":
        return model.samples(texts, n_samples=N_SAMPLES, seed=seed)[evidence.question.name]
    _check_served(strategy, evidence, "samples")
    return None


def _check_served(strategy: Strategy, evidence: Evidence, what: str) -> None:
    """Raise InputError when a strategy needs what a model that is there does not give."""
    if evidence.model is None or what not in strategy.needs:
        return
    if evidence.question.kind == "ner":
        raise InputError(
            f"The strategy {type(strategy).__name__} needs {what} of whole documents; "
            f"'{evidence.question.name}' asks about spans.",
            hint="For a ner question choose 'mnlp', 'token-entropy' or 'cluster-margin'.",
        )
    raise InputError(
        f"The strategy {type(strategy).__name__} needs {what}, and a {type(evidence.model).__name__} gives none.",
        hint="Train with a learner that does (linear, setfit, bert), or choose another strategy.",
    )
