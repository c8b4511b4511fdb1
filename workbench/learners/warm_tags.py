"""The head of `tags` that is fitted again after every few answers, from word vectors that are on disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, WordEncoder
from workbench.domain.questions import Question
from workbench.domain.runs import hash_examples
from workbench.errors import NotEnoughDataError
from workbench.learners.tags import TagLearner, TagModel

ANCHOR_EVERY = 100


class AnchoredTags:
    """Models of a growing list of answers, each refitted from its anchor: as `AnchoredHead`, for words.

    The anchor is the model of the first 100 * k answers, fitted from nothing and kept under the hash of
    these answers; so a model is a function of the answers alone.
    """

    def __init__(self) -> None:
        self._anchor: tuple[tuple[object, ...], TagModel | None] | None = None

    def config(self, words: WordEncoder) -> dict[str, Any]:
        """Return what a model depends on besides the answers, as JSON values."""
        settings = TagLearner(LearnerContext(words=words)).config
        return {**settings, "anchor_every": ANCHOR_EVERY, "words": words.id}

    def fit(self, question: Question, examples: Sequence[Example], words: WordEncoder) -> TagModel:
        """Return the model of the examples, in their order. Raises NotEnoughDataError without a span."""
        n_before = (len(examples) - 1) // ANCHOR_EVERY * ANCHOR_EVERY
        anchor = self._anchor_of(question, examples[:n_before], words) if n_before > 0 else None
        return TagLearner(LearnerContext(words=words)).fit({question: examples}, seed=0, start=anchor)

    def _anchor_of(self, question: Question, first: Sequence[Example], words: WordEncoder) -> TagModel | None:
        """Return the model of the first answers, None when there is nothing to learn from them."""
        key = (question.name, question.labels, words.id, hash_examples(first))
        if self._anchor is None or self._anchor[0] != key:
            try:
                found = TagLearner(LearnerContext(words=words)).fit({question: first}, seed=0)
                self._anchor = (key, found)
            except NotEnoughDataError:
                self._anchor = (key, None)
        return self._anchor[1]
