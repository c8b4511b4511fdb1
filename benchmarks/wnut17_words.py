"""WNUT17 with its word vectors remembered, for the benchmarks of the learner `tags`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.reporting import data_folder, question_of, read_entities
from workbench import catalog
from workbench.domain.examples import Example
from workbench.domain.ports import WordEncoder
from workbench.domain.questions import Question
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.store.word_vectors import CachedWords, WordVectorFile


def wnut17() -> tuple[Question, dict[str, list[Example]]]:
    """Return the question and the examples of `train`, `dev` and `test`."""
    folder = data_folder("wnut17")
    parts = {name: read_entities(folder / f"{name}.conll") for name in ("train", "dev", "test")}
    return question_of("entities", parts["train"]), parts


def remembered_words(folder: Path) -> WordEncoder:
    """Return the word encoder with a file of its own."""
    words = catalog.word_encoder(n_threads=2)
    return CachedWords(words, WordVectorFile(folder, words.id, words.width))


def remembered_vectors(folder: Path) -> CachedEncoder:
    """Return the encoder of sentences with a file of its own."""
    encoder = catalog.encoder("minilm", n_threads=2)
    return CachedEncoder(encoder, VectorFile(folder, encoder.id, encoder.width))


def n_tokens(examples: Sequence[Example]) -> list[int]:
    """Return how many tokens an annotator reads: WNUT17's own, between spaces."""
    return [len(example.text.split()) for example in examples]
