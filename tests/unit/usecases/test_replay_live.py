"""Batches that followed each other while people answered are chosen again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from tests.unit.usecases.live_desk import (
    LABELS,
    TOPIC,
    WIDTH,
    add_texts,
    answer,
    embed,
    ids,
    live_desk,
    propose,
)
from workbench.domain.annotations import Annotation
from workbench.domain.runs import Batch, Run
from workbench.store.control import ControlPart
from workbench.store.neighbours import NeighbourFile
from workbench.usecases.find_neighbours import N_NEAREST, nearest_of
from workbench.usecases.live_pool import LivePool
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.replay import Verdict, replay

TURNS = 6


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path, n=160) as project:
        yield project


def keep_neighbours(project: Project) -> None:
    pool = LivePool(project, embed(project, []))
    found = nearest_of(pool.vectors_of(pool.ids))
    NeighbourFile(pool.file.folder, pool.texts, n_nearest=N_NEAREST).write(found)


def live(project: Project, turns: int = TURNS, start: int = 20) -> list[Batch]:
    """Answer five documents and rank, again and again, with a skip and an answer that is changed."""
    ranking, found = LiveRanking(project, "topic"), []
    for turn in range(turns):
        first = start + 5 * turn
        answer(project, ids(first, first + 5))
        project.store.record(
            [Annotation(f"skip-{first}", f"d{first + 60}", "topic", "ada", status="skipped")]
        )
        answer(project, [f"d{first}"], label="a", turn=1)
        batch = ranking.refresh()
        assert batch is not None
        found.append(batch)
    return found


def verdicts(project: Project) -> list[Verdict]:
    return list(replay(project, "topic"))[1:]  # the first batch was written by hand


@pytest.mark.parametrize("kept", [True, False])
def test_every_batch_is_chosen_again_id_for_id(desk: Project, kept: bool) -> None:
    if kept:
        keep_neighbours(desk)
    batches = live(desk)
    assert [batch.recipe["live"]["sampled"] for batch in batches] == [not kept] * TURNS
    assert [(verdict.state, verdict.reason) for verdict in verdicts(desk)] == [("same", "")] * TURNS


def test_a_head_is_fitted_again_as_it_was_then_whatever_was_trained_since(desk: Project) -> None:
    for turn, balance in enumerate(["balanced", "none"]):
        run = Run(f"r{turn}", "topic", "linear", 0, LABELS, 0, 20, "0" * 64, config={"balance": balance})
        desk.store.save_run(run)
        live(desk, turns=3, start=20 + 15 * turn)
    assert [(verdict.state, verdict.reason) for verdict in verdicts(desk)] == [("same", "")] * TURNS
    assert not [remark for verdict in verdicts(desk) for remark in verdict.remarks]


def test_documents_that_came_later_change_nothing_of_what_was(desk: Project) -> None:
    keep_neighbours(desk)
    live(desk, turns=3)
    add_texts(desk, ids(160, 200))
    embed(desk, ids(160, 200))
    keep_neighbours(desk)
    live(desk, turns=3, start=40)
    assert [verdict.state for verdict in verdicts(desk)] == ["same"] * TURNS


def test_an_answer_that_was_changed_afterwards_parts_them_there_and_not_before(desk: Project) -> None:
    keep_neighbours(desk)
    live(desk)
    with desk.store.database.write() as connection:  # d31 was answered in the third turn
        found = connection.execute(
            text(
                "UPDATE annotations SET labels = '[\"a\"]'"
                " WHERE document = (SELECT position FROM documents WHERE id = 'd31')"
            )
        )
        assert found.rowcount == 1
    states = [verdict.state for verdict in verdicts(desk)]
    assert states == ["same"] * 2 + ["differs"] * 4
    assert "settled answers" in verdicts(desk)[2].remarks[0]
    remarks = [remark for verdict in verdicts(desk) for remark in verdict.remarks]
    assert not any("computed again" in remark for remark in remarks), "texts and their vectors are the same"


def test_vectors_that_were_computed_again_and_are_others_are_named(desk: Project) -> None:
    keep_neighbours(desk)
    live(desk, turns=2)
    (path,) = (desk.folder / "data" / "vectors").rglob("rows.f16")
    rows = np.fromfile(path, dtype="<f2").reshape(-1, WIDTH)
    rows[130] = rows[130, ::-1]  # of a document that nobody has answered
    path.write_bytes(rows.tobytes())
    assert all("computed again" in verdict.remarks[0] for verdict in verdicts(desk))


def test_without_the_vectors_it_says_what_is_missing(desk: Project) -> None:
    live(desk, turns=1)
    for path in (desk.folder / "data" / "vectors").rglob("*"):
        if path.is_file():
            path.unlink()
    (verdict,) = verdicts(desk)
    assert verdict.state == "cannot be replayed"
    assert "vectors of 'made' are gone" in verdict.reason


def test_control_documents_are_asked_in_their_turn_and_never_learned_from(desk: Project) -> None:
    with desk.store.database.write() as connection:
        connection.execute(text("UPDATE documents SET part = 'control' WHERE position >= 120"))
    drawn = ControlPart(desk.store.database).ids()
    ranking, asked = LiveRanking(desk, "topic"), []
    for turn in range(8):
        batch = desk.store.latest_batch("topic")
        assert batch is not None
        next_five = [p.document_id for p in batch.proposals][:5]
        asked += next_five
        answer(desk, next_five)
        ranked = ranking.refresh()
        assert ranked is not None
        n_learned = ranked.seed
        assert n_learned == 10 + 5 * (turn + 1) - len(set(asked) & set(drawn))
    met = [place for place, id in enumerate(asked) if id in drawn]
    # The first batch, written by hand, has none; from then on one of ten documents is drawn by chance.
    assert [asked[place] for place in met] == drawn[: len(met)]
    assert 3 <= len(met) <= 4
    assert all(8 <= b - a <= 12 for a, b in pairwise(met))
    assert [verdict.state for verdict in verdicts(desk)] == ["same"] * 8


def test_the_first_batch_by_hand_is_not_replayed(desk: Project) -> None:
    propose(desk, ids(30, 40), id="by-hand")
    assert [verdict.state for verdict in replay(desk, TOPIC.name)] == ["cannot be replayed"] * 2
