"""The head of `tags` that is fitted again after every few answers, from word vectors that are on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, WordEncoder
from workbench.domain.questions import Question
from workbench.domain.runs import hash_examples
from workbench.errors import NotEnoughDataError
from workbench.learners.tags import TagLearner, TagModel

ANCHOR_EVERY = 100
MOST_KEPT = 3  # the one in use, the one to come, and one for answers that are taken back


class AnchoredTags:
    """Models of a growing list of answers, each refitted from its anchor: as `AnchoredHead`, for words.

    The anchor is the model of the first 100 * k answers, fitted from nothing and kept under the hash of
    these answers; so a model is a function of the answers alone. That fit takes seconds, so it serves only
    from 101 answers later on, and `prepare` has a hundred answers' time for it. `options` are those of
    `TagConfig`.
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self.options = dict(options or {})
        self._anchors: dict[tuple[object, ...], TagModel | None] = {}

    def config(self, words: WordEncoder) -> dict[str, Any]:
        """Return what a model depends on besides the answers, as JSON values."""
        settings = self._learner(words).config
        return {**settings, "anchor_every": ANCHOR_EVERY, "words": words.id}

    def fit(self, question: Question, examples: Sequence[Example], words: WordEncoder) -> TagModel:
        """Return the model of the examples, in their order. Raises NotEnoughDataError without a span."""
        n_before = ((len(examples) - 1) // ANCHOR_EVERY - 1) * ANCHOR_EVERY
        anchor = self._anchor_of(question, examples[:n_before], words) if n_before > 0 else None
        return self._learner(words).fit({question: examples}, seed=0, start=anchor)

    def prepare(self, question: Question, examples: Sequence[Example], words: WordEncoder) -> None:
        """Fit the anchor that later models will start from, unless it is there."""
        n_first = len(examples) // ANCHOR_EVERY * ANCHOR_EVERY
        if n_first > 0:
            self._anchor_of(question, examples[:n_first], words)

    def _learner(self, words: WordEncoder) -> TagLearner:
        return TagLearner(LearnerContext(words=words, config=self.options))

    def _anchor_of(self, question: Question, first: Sequence[Example], words: WordEncoder) -> TagModel | None:
        """Return the model of the first answers, None when there is nothing to learn from them."""
        key = (question.name, question.labels, words.id, hash_examples(first))
        if key not in self._anchors:
            try:
                found = self._learner(words).fit({question: first}, seed=0)
            except NotEnoughDataError:
                found = None
            kept = list(self._anchors.items())[1 - MOST_KEPT :]
            self._anchors = {**dict(kept), key: found}
        return self._anchors[key]
