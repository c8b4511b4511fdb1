"""The names of labels on their way to whoever ranks: encoded once, read live, and the same when replayed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.usecases.live_desk import LABELS, TOPIC, WIDTH, answer, embed, ids, live_desk
from tests.unit.usecases.lived import WordEncoder
from workbench import catalog
from workbench.domain.examples import Example
from workbench.domain.label_names import names_in_words
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Batch
from workbench.store.vectors import VectorFile
from workbench.usecases.change_labels import change_labels
from workbench.usecases.embed_pool import embed_pool
from workbench.usecases.gather_inputs import Evidence, gather_inputs
from workbench.usecases.live_pool import LivePool
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking, vector_file
from workbench.usecases.replay import replay
from workbench.usecases.train_meanwhile import encoder_name


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path, n=120) as project:
        yield project


def embed_names(project: Project) -> VectorFile:
    """Store a vector for each label's name, in the corner of its documents."""
    file = embed(project, [])
    file.append(names_in_words(LABELS), np.eye(len(LABELS), WIDTH, dtype=np.float32))
    return file


def ranked(project: Project, ranking: LiveRanking, first: int) -> Batch:
    answer(project, ids(first, first + 5))
    batch = ranking.refresh()
    assert batch is not None
    return batch


def test_names_are_read_live_once_somebody_embedded_them(desk: Project) -> None:
    ranking = LiveRanking(desk, "topic")
    before = ranked(desk, ranking, 20)
    assert (before.recipe["live"]["names"], ranking.wants_work) == (False, True)
    embed_names(desk)
    after = ranked(desk, ranking, 25)
    assert after.recipe["live"]["names"] is True


def test_who_ranks_by_another_encoder_asks_for_names_by_that_one_and_stays_with_it(desk: Project) -> None:
    proposals = desk.store.latest_batch("topic").proposals  # type: ignore[union-attr]
    recipe = {"ranking": {"n": 10, "encoder": "mine"}, "encoder_id": "made"}
    desk.store.save_batch(Batch("by-mine", "topic", "auto", 0, proposals, recipe=recipe))
    batch = ranked(desk, LiveRanking(desk, "topic"), 20)
    assert batch.recipe["ranking"]["encoder"] == "mine"
    assert encoder_name(desk, "topic") == "mine"
    other = embed(desk, ids(0, 120), encoder="other")
    other.append(names_in_words(LABELS), np.eye(len(LABELS), WIDTH, dtype=np.float32))
    found = vector_file(desk, "topic")
    assert found is not None
    assert found.encoder_id == "made"


def test_a_label_that_came_later_waits_for_its_name_to_be_embedded(desk: Project) -> None:
    pool = LivePool(desk, embed_names(desk))
    assert pool.label_names(desk.store.question("topic")) is not None
    change_labels(desk, "topic", [LabelChange("add", (), ("new kettles",))])
    assert pool.label_names(desk.store.question("topic")) is None
    assert pool.lacks_names


def test_where_several_labels_answer_a_document_no_names_are_read(desk: Project) -> None:
    pool = LivePool(desk, embed_names(desk))
    assert pool.label_names(Question("t", "textcat-multi", LABELS)) is None
    assert not pool.lacks_names


def test_batches_are_replayed_with_the_names_that_their_time_knew(desk: Project) -> None:
    ranking = LiveRanking(desk, "topic")
    ranked(desk, ranking, 20)
    embed_names(desk)
    ranked(desk, ranking, 25)
    assert [verdict.state for verdict in list(replay(desk, "topic"))[1:]] == ["same", "same"]


def test_a_batch_whose_names_are_gone_is_not_replayed_without_a_word(desk: Project) -> None:
    embed_names(desk)
    ranked(desk, LiveRanking(desk, "topic"), 20)
    shutil.rmtree(desk.folder / "data" / "vectors")
    embed(desk, ids(0, 120))
    (verdict,) = list(replay(desk, "topic"))[1:]
    assert verdict.state != "same"
    assert "The vectors of the labels' names are gone" in verdict.reason


def test_strategies_get_the_names_of_labels_that_exclude_each_other() -> None:
    auto, encoder, answered = catalog.strategy("auto"), WordEncoder(), [Example("x", "x", ("refund",))]
    topic = Question("topic", "textcat", ("late_parcel", "refund"))
    found = gather_inputs(auto, ["a"], Evidence(topic, answered, encoder=encoder)).label_names
    assert found is not None
    assert found.labels == ("late_parcel", "refund")
    assert found.vectors.tolist() == encoder.encode(["late parcel", "refund"]).tolist()
    assert gather_inputs(auto, ["a"], Evidence(topic, answered)).label_names is None
    several = Question("topic", "textcat-multi", ("late_parcel", "refund"))
    assert gather_inputs(auto, ["a"], Evidence(several, answered, encoder=encoder)).label_names is None
    assert (
        gather_inputs(
            catalog.strategy("badge"), ["a"], Evidence(topic, answered, encoder=encoder)
        ).label_names
        is None
    )


def test_whoever_embeds_the_pool_embeds_the_names_too(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = WordEncoder()
    monkeypatch.setattr(catalog, "encoder", lambda name, n_threads: encoder)
    embed_pool(desk)
    file = VectorFile(desk.folder / "data" / "vectors", encoder.id, encoder.width)
    assert (file.rows(names_in_words(TOPIC.labels)) >= 0).all()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("card_not-working", "ChurnThreat"), ["card not working", "Churn Threat"]),
        (("भुगतान_विफल", "Ärger_über"), ["भुगतान विफल", "Ärger über"]),
        (("C++", "C#", "iPhone", "don't"), ["C++", "C#", "iPhone", "don't"]),
        (("refund_", "refund"), ["refund_", "refund"]),  # said alike, they are left as they are
    ],
)
def test_labels_are_said_in_words_and_stay_apart(labels: tuple[str, ...], said: list[str]) -> None:
    assert names_in_words(labels) == said
