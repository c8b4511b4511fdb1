"""The job that embeds the pool makes word vectors too, where entities are ranked live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.unit.usecases.live_desk import WIDTH, add_texts, ids, text_of
from tests.unit.usecases.ner_desk import MadeWords, answer, ner_desk
from workbench import catalog
from workbench.domain.ports import silent
from workbench.domain.settings import QuestionSettings
from workbench.domain.word_vectors import WordVectors
from workbench.usecases import embed_words as embed_words_of
from workbench.usecases.embed_pool import run_job
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.set_question import set_question


class MadeSentences:
    """The encoder of the desk, as far as sentences that are embedded already go."""

    id = "made"
    width = WIDTH

    def encode(self, texts: Sequence[str], *, progress: object = None) -> np.ndarray:
        """Return unit vectors."""
        vectors = np.random.default_rng(0).normal(size=(len(texts), WIDTH)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with ner_desk(tmp_path) as project:
        yield project


def test_the_job_makes_the_words_that_are_missing_of_the_pool_alone(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Counting(MadeWords):
        def encode_words(self, texts: Sequence[str], *, progress: object = None) -> WordVectors:
            asked.extend(texts)
            return super().encode_words(texts)

    monkeypatch.setattr(catalog, "encoder", lambda name, n_threads: MadeSentences())
    monkeypatch.setattr(catalog, "word_encoder", lambda n_threads: Counting())
    monkeypatch.setattr(embed_words_of, "AT_ONCE", 4)
    add_texts(desk, ids(80, 90))
    add_texts(desk, ids(90, 95), part="held-out")
    assert run_job(desk.folder, {}, silent) == {"n_documents": 95}
    assert asked == [text_of(id) for id in ids(80, 90)]
    answer(desk, ids(10, 15))
    live = LiveRanking(desk, "topic")
    assert live.refresh() is not None
    assert (live.without_vector, live.wants_work) == (0, False)


def test_the_job_makes_no_words_where_no_entities_are_ranked_live(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "encoder", lambda name, n_threads: MadeSentences())
    monkeypatch.setattr(catalog, "word_encoder", lambda n_threads: pytest.fail("it was made"))
    set_question(desk, "topic", QuestionSettings(live=False))
    assert run_job(desk.folder, {}, silent) == {"n_documents": 80}
