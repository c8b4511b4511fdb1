"""A small project of sentences with made word vectors, whose entities can be ranked live without any encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.unit.usecases.live_desk import add_texts, ids, propose, text_of
from tests.unit.usecases.live_desk import embed as embed_sentences
from workbench.config import Home
from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.domain.word_vectors import WordVectors, marks_of, quantised
from workbench.store.word_vectors import WordVectorFile
from workbench.usecases.project import Project, create_project, open_project

NAMES = Question("topic", "ner", ("PER", "LOC"))
PEOPLE, PLACES = "qwe", "rty"  # texts of the desk are letters drawn by chance: these are the entities


def spans_of(id: str) -> tuple[Span, ...]:
    """Return the right spans: every letter of a name alone."""
    text = text_of(id)
    return tuple(
        Span.of(text, start, start + 1, "PER" if letter in PEOPLE else "LOC")
        for start, letter in enumerate(text)
        if letter in PEOPLE + PLACES
    )


class MadeWords:
    """A word encoder: words between spaces, each vector near the corner of its letter."""

    id = "made-words"
    width = 32

    def encode_words(self, texts: Sequence[str], *, progress: object = None) -> WordVectors:
        """Return the words of the texts."""
        starts = [np.array([place for place, letter in enumerate(text) if letter != " "]) for text in texts]
        words = [np.stack([some, some + 1], axis=1).astype(np.int32) for some in starts]
        vectors = np.concatenate(
            [self._vectors(text, some) for text, some in zip(texts, starts, strict=True)]
        )
        codes, scales = quantised(vectors)
        marks = np.concatenate([marks_of(text, some) for text, some in zip(texts, words, strict=True)])
        bounds = np.cumsum([0, *map(len, starts)], dtype=np.int64)
        return WordVectors(bounds, np.concatenate(words), codes, scales, marks)

    def _vectors(self, text: str, starts: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(sum(map(ord, text)))
        vectors = rng.normal(size=(len(starts), self.width)).astype(np.float32) * np.float32(0.2)
        vectors[np.arange(len(starts)), [ord(text[start]) % self.width for start in starts]] += 1.0
        return vectors


def embed_words(project: Project, ids: Sequence[str], *, encoder: str = "made-words") -> WordVectorFile:
    """Store the words of documents."""
    file = WordVectorFile(project.folder / "data" / "words", encoder, MadeWords.width)
    texts = [text_of(id) for id in ids]
    if texts:
        file.append(texts, MadeWords().encode_words(texts))
    return file


def embed(project: Project, ids: Sequence[str]) -> None:
    """Store both vectors of documents."""
    embed_sentences(project, ids)
    embed_words(project, ids)


def answer(
    project: Project, some: Sequence[str], *, spans: tuple[Span, ...] | None = None, turn: int = 0
) -> None:
    """Answer documents rightly, or all with these spans."""
    project.store.record(
        [
            Annotation(
                derived_client_id(id, "ada", str(turn)), id, "topic", "ada",
                spans=spans_of(id) if spans is None else spans,
            )
            for id in some
        ]
    )  # fmt: skip


@contextmanager
def ner_desk(root: Path, *, n: int = 80, question: Question = NAMES) -> Iterator[Project]:
    """Open a new project of n sentences with vectors, of which ten are answered and ten proposed."""
    create_project(Home(root), "desk", [question])
    with open_project(Home(root), "desk") as project:
        add_texts(project, ids(0, n))
        embed(project, ids(0, n))
        answer(project, ids(0, 10))
        propose(project, ids(10, 20))
        yield project
