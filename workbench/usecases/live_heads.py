"""The heads that rank live, one way a kind of question: labels by sentence vectors, entities by word vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.domain.arrays import Rows
from workbench.domain.questions import Question
from workbench.domain.scores import TokenScores
from workbench.errors import InputError
from workbench.store.word_vectors import FileWords
from workbench.usecases.gather_inputs import targets_of
from workbench.usecases.live_batch import live_id
from workbench.usecases.live_inputs import LiveHeads, LiveModel, LiveView
from workbench.usecases.live_pool import LivePool

if TYPE_CHECKING:
    from workbench.learners.tags import TagModel

SENTENCES_AT_ONCE = 4096  # some 30 MB of words: those of a large pool do not fit into memory


def live_heads(question: Question) -> LiveHeads:
    """Return who fits the heads of a question; what a fit imports is imported here (scipy, scikit-learn)."""
    return TagHeads() if question.kind == "ner" else LabelHeads()


class LabelHeads:
    """Linear heads on the vectors of whole documents."""

    def __init__(self) -> None:
        from workbench.learners.warm_head import AnchoredHead

        self._heads = AnchoredHead()

    def fit(self, view: LiveView) -> LiveModel:
        """Return the head of the answers so far. Raises NotEnoughDataError when they do not tell two apart."""
        from workbench.learners.warm_head import AnchoredHead, NamedHead, WarmConfig

        if (wanted := WarmConfig(**view.head)) != self._heads.config:
            self._heads = AnchoredHead(wanted)
        vectors = view.pool.vectors_of([example.document_id for example in view.answered])
        targets = targets_of(view.question, view.answered)
        head = self._heads.fit(view.question, view.answered, vectors, targets)
        said = {**asdict(wanted), "encoder_id": view.pool.file.encoder_id}
        # Heads without weights keep the names that they have in older recipes.
        config = {name: value for name, value in said.items() if (name, value) != ("balance", "none")}
        return NamedHead(live_id(view.question, view.answered, config), head)

    def prepare(self, view: LiveView) -> None:
        """Do nothing: an anchor of labels is fitted in a moment."""


class TagHeads:
    """Heads of tags on word vectors: those of the file, so that no network is loaded."""

    def __init__(self) -> None:
        from workbench.learners.warm_tags import AnchoredTags

        self._heads = AnchoredTags()

    def fit(self, view: LiveView) -> LiveModel:
        """Return the head of the answers so far. Raises NotEnoughDataError when none of them has a span."""
        from workbench.learners.warm_tags import AnchoredTags

        if view.head != self._heads.options:
            self._heads = AnchoredTags(view.head)
        words = _words_of(view)
        model = self._heads.fit(view.question, view.answered, words)
        name = live_id(view.question, view.answered, self._heads.config(words))
        return NamedTags(name, view.question.name, model, view.pool)

    def prepare(self, view: LiveView) -> None:
        """Fit the next anchor, which takes seconds."""
        self._heads.prepare(view.question, view.answered, _words_of(view))


def _words_of(view: LiveView) -> FileWords:
    if view.pool.words is None:
        raise InputError(f"The pool of '{view.question.name}' was read without words.")
    return FileWords(view.pool.words)


@dataclass(frozen=True, slots=True, eq=False)
class NamedTags:
    """A head of tags that exists while it ranks: named by what it learned, never stored."""

    id: str
    question: str
    model: TagModel
    pool: LivePool

    @property
    def training(self) -> str:
        """What it follows from: that is its name."""
        return self.id

    def score(self, places: Rows, vectors: Any) -> TokenScores:
        """Return the scores of the words of the documents at these places; vectors of documents are not needed."""
        return joined_scores(self.model.heads[self.question].labels, list(self._in_pieces(places)))

    def _in_pieces(self, places: Rows) -> Iterator[TokenScores]:
        for start in range(0, len(places), SENTENCES_AT_ONCE):
            words = self.pool.words_at(places[start : start + SENTENCES_AT_ONCE])
            yield self.model.score_words(words)[self.question]


def joined_scores(labels: tuple[str, ...], parts: list[TokenScores]) -> TokenScores:
    """Return the scores of several lots of documents as one."""
    if len(parts) == 1:
        return parts[0]
    documents = tuple(document for part in parts for document in part.documents)
    lengths = [0, *(len(document.words) for document in documents)]
    empty = np.zeros((0, 1 + 2 * len(labels)), dtype=np.float32)
    words = np.concatenate([np.zeros((0, 2), dtype=np.int32), *(document.words for document in documents)])
    flat = np.concatenate([empty, *(part.flat[0] for part in parts)])
    return TokenScores.of_flat(labels, words, flat, np.cumsum(lengths, dtype=np.int64))
