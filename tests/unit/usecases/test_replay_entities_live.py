"""Batches that followed each other while people marked entities are chosen again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.usecases.live_desk import add_texts, ids
from tests.unit.usecases.ner_desk import answer, embed, ner_desk
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.replay import Verdict, replay


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with ner_desk(tmp_path) as project:
        yield project


def verdicts(project: Project) -> list[Verdict]:
    return list(replay(project, "topic"))[1:]  # the first batch was written by hand


def live_turns(project: Project, n: int = 5) -> None:
    live = LiveRanking(project, "topic")
    for turn in range(n):
        answer(project, ids(20 + 5 * turn, 25 + 5 * turn))
        answer(project, [f"d{20 + 5 * turn}"], spans=(), turn=1)
        assert live.refresh() is not None


@pytest.mark.parametrize("strategy", ["auto", "mnlp"])
def test_every_batch_is_chosen_again_id_for_id(desk: Project, strategy: str) -> None:
    with desk.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE batches SET strategy = ?", (strategy,))
    live_turns(desk)
    add_texts(desk, ids(80, 90))
    embed(desk, ids(80, 90))
    assert [(verdict.state, verdict.reason) for verdict in verdicts(desk)] == [("same", "")] * 5


def test_without_the_word_vectors_a_replay_says_what_is_missing(desk: Project) -> None:
    live_turns(desk, 1)
    for path in (desk.folder / "data" / "words").rglob("*"):
        if path.is_file():
            path.unlink()
    (verdict,) = verdicts(desk)
    assert verdict.state == "cannot be replayed"
    assert "word vectors of 'made-words' are gone" in verdict.reason
