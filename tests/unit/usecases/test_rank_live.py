"""The pool is ranked anew while people answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
    label_of,
    live_desk,
    propose,
)
from workbench import catalog
from workbench.domain.annotations import Annotation
from workbench.domain.label_names import names_in_words
from workbench.domain.neighbours import N_NEAREST
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Run
from workbench.domain.settings import QuestionSettings
from workbench.errors import InputError
from workbench.store import rankings
from workbench.store.neighbours import NeighbourFile
from workbench.store.suggestions import Suggestions
from workbench.usecases import live_pool, rank_live
from workbench.usecases.find_neighbours import nearest_of
from workbench.usecases.live_answers import LiveAnswers
from workbench.usecases.live_pool import FileVectors, LivePool
from workbench.usecases.live_rules import SAMPLING, why_not_live
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.runs import need_run
from workbench.usecases.set_question import set_question
from workbench.usecases.unanswered import unanswered


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path) as project:
        yield project


def test_after_five_answers_the_pool_is_ranked_anew(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 14))
    assert live.refresh() is None, "four answers are too few"
    answer(desk, ids(14, 15))
    batch = live.refresh()
    assert batch is not None
    assert batch == desk.store.latest_batch("topic")
    assert (batch.strategy, batch.seed, len(batch.proposals)) == ("auto", 15, 10)
    assert not {p.document_id for p in batch.proposals} & set(ids(0, 15))
    assert live.refresh() is None, "nothing was answered since"


def test_the_batch_names_the_head_by_what_it_learned_and_the_head_is_never_stored(desk: Project) -> None:
    answer(desk, ids(10, 15))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert batch.run is not None
    assert batch.run.startswith("topic-live-")
    assert len(batch.run) == len("topic-live-") + 12
    assert desk.store.runs() == []
    with pytest.raises(InputError, match=r"is a live head.*never stored"):
        need_run(desk, "topic", batch.run)


def test_rare_labels_count_as_in_the_newest_run_of_the_live_learner(desk: Project) -> None:
    heads = []
    for turn, balance in enumerate(["none", "balanced"]):
        run = Run(f"r{turn}", "topic", "linear", 0, LABELS, 0, 20, "0" * 64, config={"balance": balance})
        desk.store.save_run(run)
        answer(desk, ids(10, 15), turn=turn)
        batch = LiveRanking(desk, "topic").refresh()
        assert batch is not None
        assert batch.recipe["live"]["head"] == {"c": 20.0, "balance": balance}
        heads.append(batch.run)
    assert heads[0] != heads[1], "the same answers, another head"


def test_a_process_that_was_killed_is_followed_by_one_that_ranks_alike(tmp_path: Path) -> None:
    def ranked(root: Path, *, killed: bool) -> list[tuple[str | None, list[str]]]:
        found = []
        with live_desk(root, n=300) as project:
            answer(project, ids(20, 130))
            live = LiveRanking(project, "topic")
            for start in range(130, 160, 5):
                answer(project, ids(start, start + 5))
                live = LiveRanking(project, "topic") if killed else live
                batch = live.refresh()
                assert batch is not None
                found.append((batch.run, [p.document_id for p in batch.proposals]))
        return found

    assert ranked(tmp_path / "one", killed=False) == ranked(tmp_path / "two", killed=True)


def test_proposed_documents_get_the_suggestions_of_who_ranked_them_and_others_keep_theirs(
    desk: Project,
) -> None:
    answer(desk, ids(10, 15))
    live = LiveRanking(desk, "topic")
    first = live.refresh()
    answer(desk, ids(15, 20))
    second = live.refresh()
    assert first is not None
    assert second is not None
    proposed = [p.document_id for p in second.proposals]
    found = Suggestions(desk.store).of("topic", unanswered(desk, "topic"))
    assert {found[id].run for id in proposed} == {second.run}
    assert all(found[id].labels == (label_of(id),) for id in proposed)
    others = [p.document_id for p in first.proposals if p.document_id not in proposed]
    assert {found[id].run for id in others if id in found} <= {first.run}


def test_a_batch_that_somebody_proposed_meanwhile_is_not_covered(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(desk, ids(10, 15))
    choose = rank_live.next_batch

    def interrupted(*arguments: object, every: int) -> object:
        propose(desk, ids(50, 60), strategy="random", id="control")
        return choose(*arguments, every=every)  # type: ignore[arg-type]

    monkeypatch.setattr(rank_live, "next_batch", interrupted)
    assert LiveRanking(desk, "topic").refresh() is None
    newest = desk.store.latest_batch("topic")
    assert newest is not None
    assert newest.id == "control"
    assert Suggestions(desk.store).of("topic", ids(0, 80)) == {}


def test_batch_and_suggestions_are_stored_together_or_not_at_all(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(desk, ids(10, 15))

    def fail(*_: object) -> None:
        raise InputError("no")

    monkeypatch.setattr(rankings, "suggestion_rows", fail)
    with pytest.raises(InputError):
        LiveRanking(desk, "topic").refresh()
    newest = desk.store.latest_batch("topic")
    assert newest is not None
    assert newest.id == "first"


def test_a_changed_answer_moves_to_the_end_and_one_that_is_taken_back_is_open_again(desk: Project) -> None:
    followed = LiveAnswers(desk, TOPIC)
    followed.update()
    texts = {id: "" for id in ids(0, 80)}
    answer(desk, ids(0, 2), label="c", turn=1)
    answer(desk, ["d20"])
    desk.store.record([Annotation("back", "d20", "topic", "ada", status="withdrawn")])
    desk.store.record([Annotation("skip", "d21", "topic", "ada", status="skipped")])
    assert followed.update() == ["d0", "d1", "d20", "d21"]
    fresh = LiveAnswers(desk, TOPIC)
    fresh.update()
    for answers in (followed, fresh):
        said = [(example.document_id, example.labels[0]) for example in answers.examples(texts)]
        assert said == [*((id, label_of(id)) for id in ids(2, 10)), ("d0", "c"), ("d1", "c")]
        assert answers.done == {*ids(0, 10), "d21"}
    assert followed.update() == []


def test_new_documents_are_ranked_when_they_have_vectors(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 15))
    assert live.refresh() is not None
    add_texts(desk, ids(80, 90))
    answer(desk, ids(15, 20))
    without = live.refresh()
    assert without is not None
    assert live.without_vector == 10
    embed(desk, ids(80, 90))
    answer(desk, ids(20, 79))
    ranked = live.refresh()
    assert ranked is not None
    assert live.without_vector == 0
    assert {p.document_id for p in ranked.proposals} < set(ids(79, 90))


def test_work_is_wanted_until_neighbours_and_names_of_labels_are_there(desk: Project) -> None:
    def wants_work(turn: int) -> bool:
        live = LiveRanking(desk, "topic")
        answer(desk, ids(10, 15), turn=turn)
        assert live.refresh() is not None
        return live.wants_work

    assert wants_work(0)
    pool = LivePool(desk, embed(desk, []))
    NeighbourFile(pool.file.folder, pool.texts, n_nearest=N_NEAREST).write(
        nearest_of(pool.vectors_of(pool.ids))
    )
    assert wants_work(1), "the names lack vectors"
    pool.file.append(names_in_words(LABELS), np.eye(len(LABELS), WIDTH, dtype=np.float32))
    assert not wants_work(2)


def test_a_batch_that_is_short_of_near_copies_brings_fewer_control_documents(tmp_path: Path) -> None:
    with live_desk(tmp_path, n=160) as project:
        with project.store.database.write() as connection:
            connection.execute(text("UPDATE documents SET part = 'control' WHERE position >= 120"))
        # Six families of twenty with the same text are left.
        add_texts(project, [f"d{'0' * zeros}{family}" for family in range(20, 26) for zeros in range(1, 20)])
        answer(project, [*ids(10, 20), *ids(26, 120)])
        propose(project, ids(20, 60), id="of forty")
        answer(project, ids(10, 15), turn=1)
        batch = LiveRanking(project, "topic").refresh()
        assert batch is not None
        drawn = [p for p in batch.proposals if p.document_id in ids(120, 160)]
        assert len(batch.proposals) - len(drawn) == 6, "one of each family"
        assert len(drawn) == 1, "of forty places four were for control documents"


def test_a_pool_without_any_vector_is_not_ranked(tmp_path: Path) -> None:
    with live_desk(tmp_path) as project:
        for path in (project.folder / "data" / "vectors").rglob("*"):
            if path.is_file():
                path.unlink()
        answer(project, ids(10, 15))
        assert LiveRanking(project, "topic").refresh() is None


def test_texts_that_are_held_out_too_are_neither_asked_nor_learned_from(desk: Project) -> None:
    add_texts(desk, ["d080"], part="held-out")  # the number, so the text too, is that of d80
    add_texts(desk, ["d80"])
    embed(desk, ["d80"])
    answer(desk, ids(10, 79))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert {p.document_id for p in batch.proposals} == {"d79"}


def test_answers_of_one_label_rank_nothing(tmp_path: Path) -> None:
    with live_desk(tmp_path) as project:
        answer(project, ids(0, 15), label="a", turn=1)
        live = LiveRanking(project, "topic")
        assert live.refresh() is None
        answer(project, ["d15"], label="b")
        assert live.refresh() is not None


def test_changed_labels_are_learned_anew(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    answer(desk, ids(10, 15))
    first = live.refresh()
    desk.store.change_labels("topic", LabelChange("merge", ("a", "b"), ("ab",)))
    answer(desk, ids(15, 18), label="c", turn=1)  # d17 is a c, and so are these now
    desk.store.record(
        [Annotation(f"x{i}", f"d{i}", "topic", "ada", ("ab",), label_version=1) for i in range(18, 24)]
    )
    second = live.refresh()
    assert first is not None
    assert second is not None
    assert first.run != second.run
    found = Suggestions(desk.store).of("topic", [p.document_id for p in second.proposals])
    assert {label for one in found.values() for label, _ in one.likely} <= {"ab", "c"}


def test_who_waits_for_another_annotator_stays_in_front(tmp_path: Path) -> None:
    twice = replace(TOPIC, overlap=2)
    with live_desk(tmp_path, question=twice) as project:
        answer(project, ids(10, 15))
        answer(project, ids(12, 14), by="bo")
        batch = LiveRanking(project, "topic").refresh()
        assert batch is not None
        assert [p.document_id for p in batch.proposals][:3] == ["d10", "d11", "d14"]
        assert not {"d12", "d13"} & {p.document_id for p in batch.proposals}
        next_of_bo = project.store.claim("topic", "bo", 3)
        assert [p.document_id for p in next_of_bo] == ["d10", "d11", "d14"]


@pytest.mark.parametrize(
    "strategy", ["margin", "cluster-margin", "rare-first", "badge", "contrastive", "core-set"]
)
def test_the_strategy_of_the_newest_batch_goes_on(desk: Project, strategy: str) -> None:
    propose(desk, ids(20, 32), strategy=strategy, id="second")
    answer(desk, ids(10, 15))
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert (batch.strategy, len(batch.proposals)) == (strategy, 12)


def test_a_large_pool_is_read_from_the_file(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(desk, ids(10, 15))
    pool = LivePool(desk, embed(desk, []))
    places = np.array([3, 4, 7])
    held = np.array(pool.vectors(places))
    monkeypatch.setattr(live_pool, "MOST_HELD", 2)
    read = pool.vectors(places)
    assert isinstance(read, FileVectors)
    np.testing.assert_array_equal(np.asarray(read), held)
    np.testing.assert_array_equal(read[1:], held[1:])
    np.testing.assert_array_equal(read[2], held[2])
    batch = LiveRanking(desk, "topic").refresh()
    assert batch is not None
    assert len(batch.proposals) == 10


def test_vectors_of_open_documents_are_kept_together_while_some_leave_and_come_back(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_pool, "AT_ONCE", 3)
    pool = LivePool(desk, embed(desk, []))
    every = np.array(pool.vectors(np.arange(80)))
    for places in ([0, 1, 2, 5, 9, 70, 79], [1, 9, 79], [1, 9, 79], [0, 1, 9], []):
        np.testing.assert_array_equal(pool.vectors(np.array(places, dtype=np.int64)), every[places])


@pytest.mark.parametrize(
    ("strategy", "settings", "why"),
    [
        ("auto", QuestionSettings(), ""),
        ("random", QuestionSettings(), "control sample"),
        ("random", QuestionSettings(live=True), "control sample"),
        ("auto", QuestionSettings(live=False), "switched off"),
        ("bald", QuestionSettings(), "many times"),
        ("small-text/breaking-ties", QuestionSettings(), "not the workbench's own"),
    ],
)
def test_who_is_not_ranked_live_is_told_why(
    desk: Project, strategy: str, settings: QuestionSettings, why: str
) -> None:
    propose(desk, ids(20, 30), strategy=strategy, id="second")
    set_question(desk, "topic", settings)
    answer(desk, ids(10, 15))
    assert why in why_not_live(desk, "topic")
    assert bool(why) == bool(why_not_live(desk, "topic"))
    assert (LiveRanking(desk, "topic").refresh() is None) == bool(why)


def test_how_many_answers_are_waited_for_is_a_setting(desk: Project) -> None:
    set_question(desk, "topic", QuestionSettings(live_every=2))
    live = LiveRanking(desk, "topic")
    answer(desk, ["d10"])
    assert live.refresh() is None
    answer(desk, ["d11"])
    assert live.refresh() is not None
    with pytest.raises(InputError, match="after 1 to 1,000 answers, not after 0"):
        QuestionSettings(live_every=0)


def test_the_strategies_that_ask_a_model_many_times_are_those_that_need_samples() -> None:
    needing = {name for name in catalog.STRATEGIES if "samples" in catalog.strategy(name).needs}
    assert needing == set(SAMPLING)
