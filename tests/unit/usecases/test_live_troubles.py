"""A question that cannot be ranked live keeps no other waiting, is said to be one, and is tried again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.usecases.live_desk import WIDTH, answer, embed, ids, live_desk, propose, text_of
from workbench.domain.questions import Question
from workbench.domain.settings import QuestionSettings
from workbench.errors import StoreError
from workbench.store.jobs import Jobs
from workbench.store.live_troubles import TROUBLES, LiveTroubles
from workbench.ui.card import queue_data
from workbench.usecases import live_troubles as troubles_module
from workbench.usecases import rank_live
from workbench.usecases.live_pool import LivePool
from workbench.usecases.live_troubles import Trials, live_troubles, note_dead_ranker, trouble_in_words
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking, LiveRankings, vector_file
from workbench.usecases.set_question import set_question


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path) as project:
        yield project


class Clock:
    """A time that only the test lets go by."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rank_live, "Trials", lambda project: Trials(project, clock=clock))
    return clock


class Broken:
    """Follows the questions as told, and cannot rank `topic` while `error` is there."""

    without_vector, wants_work = 0, False
    looked: list[str]
    error: Exception | None

    def __init__(self, project: Project, question: str) -> None:
        self.question = question

    def refresh(self) -> None:
        Broken.looked.append(self.question)
        if self.question == "topic" and Broken.error is not None:
            raise Broken.error

    def prepare(self) -> None:
        pass


@pytest.fixture
def broken(desk: Project, monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    desk.store.add_question(Question("urgency", "textcat", ("high", "low")))
    monkeypatch.setattr(rank_live, "LiveRanking", Broken)
    Broken.looked, Broken.error = [], IndexError("index 7 is out of bounds")
    return Broken


@pytest.mark.parametrize("error", [IndexError("index 7"), MemoryError(), StoreError("The file is damaged.")])
def test_whatever_keeps_one_question_from_being_ranked_keeps_no_other_waiting(
    desk: Project, broken: type[Broken], clock: Clock, error: Exception
) -> None:
    broken.error, told = error, []
    rankings = LiveRankings(desk, report=lambda question, error: told.append((question, error)))
    assert rankings.look() == []
    assert broken.looked == ["topic", "urgency"]
    assert told == [("topic", error)]
    assert list(LiveTroubles(desk.folder).all()) == ["topic"]


def test_the_reason_stays_when_the_others_take_longer_than_the_pause(
    desk: Project, broken: type[Broken], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = broken.refresh

    def slow(self: Broken) -> None:
        usual(self)
        clock.now += 6.0

    monkeypatch.setattr(broken, "refresh", slow)
    told: list[Exception] = []
    LiveRankings(desk, report=lambda question, error: told.append(error)).look()
    assert told == [broken.error]
    assert "index 7 is out of bounds" in LiveTroubles(desk.folder).all()["topic"].why


def test_a_note_that_cannot_be_written_keeps_no_other_waiting(
    desk: Project, broken: type[Broken], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: LiveTroubles, question: str, why: str) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(LiveTroubles, "note", full)
    told: list[str] = []
    LiveRankings(desk, report=lambda question, error: told.append(str(error))).look()
    assert broken.looked == ["topic", "urgency"]
    assert told == ["index 7 is out of bounds", "No space left on device"]


def test_it_is_tried_again_after_pauses_that_grow_and_the_others_are_followed_meanwhile(
    desk: Project, broken: type[Broken], clock: Clock
) -> None:
    rankings = LiveRankings(desk, report=lambda question, error: None)
    tried = []
    for second in range(600):
        clock.now = float(second)
        broken.looked.clear()
        if second == 2:
            answer(desk, ids(20, 21))
        rankings.look()
        if "topic" in broken.looked:
            tried.append(second)
        assert second != 2 or broken.looked == ["urgency"]
    assert tried == [0, 5, 15, 35, 75, 155, 275, 395, 515]


def test_what_is_mended_is_said_no_more_and_the_next_pause_is_a_short_one(
    desk: Project, broken: type[Broken], clock: Clock
) -> None:
    error, broken.error = broken.error, None
    rankings = LiveRankings(desk, report=lambda question, error: None)
    rankings.look()
    for start in (10.0, 20.0):
        broken.error, clock.now = error, start
        answer(desk, [f"d{start:.0f}"])
        rankings.look()
        assert live_troubles(desk, ["topic", "urgency"]).keys() == {"topic"}
        broken.error, clock.now = None, start + 5
        rankings.look()
        assert live_troubles(desk, ["topic", "urgency"]) == {}


def test_it_is_said_since_when_and_why_on_the_card(desk: Project, broken: type[Broken], clock: Clock) -> None:
    LiveRankings(desk, report=lambda question, error: None).look()
    since = LiveTroubles(desk.folder).all()["topic"].since
    said = (
        f"Not ranked live since {since[11:16]} UTC: IndexError: index 7 is out of bounds. "
        "More in data/logs/live.log."
    )
    assert live_troubles(desk, ["topic", "urgency"]) == {"topic": said}
    assert queue_data(desk, ["topic"], "ada")["ranked"] == {"topic": f"chosen by auto. {said}"}
    set_question(desk, "topic", QuestionSettings(live=False))
    assert queue_data(desk, ["topic"], "ada")["ranked"] == {"topic": "chosen by auto"}


def test_since_when_stays_while_the_reason_changes(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = LiveTroubles(desk.folder)
    noted.note("topic", "one")
    since = noted.all()["topic"].since
    noted.note("topic", "another")
    assert noted.all()["topic"].since == since
    assert noted.all()["topic"].why == "another"
    today = datetime.now(UTC).date().isoformat()
    assert trouble_in_words(noted.all()["topic"]).startswith(f"Not ranked live since {since[11:16]} UTC")
    monkeypatch.setattr(troubles_module, "now", lambda: "2999-01-01T00:00:00.000000+00:00")
    assert f"since {today}" in trouble_in_words(noted.all()["topic"])


def test_what_an_earlier_process_noted_is_taken_back_by_the_next_one_that_ranks(desk: Project) -> None:
    note_dead_ranker(desk, -7)
    assert "ended by itself (code -7)" in live_troubles(desk, ["topic"])["topic"]
    LiveRankings(desk).look()
    assert live_troubles(desk, ["topic"]) == {}


def test_of_questions_that_are_not_ranked_live_a_dead_ranker_says_nothing(desk: Project) -> None:
    propose(desk, ids(20, 25), strategy="random", id="control")
    note_dead_ranker(desk, 1)
    assert not (desk.folder / TROUBLES).exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\x00", b'{"topic": {"since": 3}}', b'{"topic": 1}'])
def test_a_note_that_cannot_be_read_counts_as_none_and_is_written_anew(desk: Project, content: bytes) -> None:
    LiveTroubles(desk.folder).note("topic", "why")
    (desk.folder / TROUBLES).write_bytes(content)
    assert live_troubles(desk, ["topic"]) == {}
    LiveTroubles(desk.folder).note("topic", "why")
    assert "why" in live_troubles(desk, ["topic"])["topic"]


def damage_vector(project: Project, row: int) -> None:
    """Let a stored vector hold no number."""
    (rows,) = (project.folder / "data" / "vectors").glob("*/rows.f16")
    with rows.open("r+b") as file:
        file.seek(row * 2 * WIDTH)
        file.write(b"\xff" * 6)


@pytest.mark.filterwarnings("error")
def test_a_document_with_a_damaged_vector_is_left_out_and_embedded_again(desk: Project) -> None:
    damage_vector(desk, 40)
    answer(desk, ids(10, 15))
    (batch,) = LiveRankings(desk).look()
    assert batch.recipe["live"]["without_vector"] == 1
    assert "d40" not in [proposal.document_id for proposal in batch.proposals]
    assert [job.verb for job in Jobs(desk.store).list()] == ["embed"]
    embed(desk, ["d40"])
    assert vector_file(desk, "topic").rows([text_of("d40")]).tolist() == [80]  # type: ignore[union-attr]
    assert LivePool(desk, embed(desk, [])).without_vector == 0


def test_a_vector_that_is_damaged_under_a_ranker_is_said_and_then_left_out(
    desk: Project, clock: Clock
) -> None:
    told: list[Exception] = []
    rankings = LiveRankings(desk, report=lambda question, error: told.append(error))
    assert rankings.look() == []  # it has read which rows there are
    damage_vector(desk, 40)
    answer(desk, ids(10, 15))
    assert rankings.look() == []
    assert isinstance(told[0], StoreError)
    assert "`workbench embed NAME`" in live_troubles(desk, ["topic"])["topic"]
    clock.now = 5.0
    (batch,) = rankings.look()
    assert batch.recipe["live"]["without_vector"] == 1
    assert live_troubles(desk, ["topic"]) == {}


def test_facts_that_are_broken_are_said_with_what_to_do(desk: Project, clock: Clock) -> None:
    (facts,) = (desk.folder / "data" / "vectors").glob("*/facts.json")
    facts.write_text("{")
    answer(desk, ids(10, 15))
    assert LiveRankings(desk, report=lambda question, error: None).look() == []
    assert "Move its folder away and run" in live_troubles(desk, ["topic"])["topic"]


def test_a_ranking_that_failed_half_way_is_begun_anew(
    desk: Project, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[LiveRanking] = []

    class Half(LiveRanking):
        def refresh(self):  # type: ignore[no-untyped-def]
            if self not in made:
                made.append(self)
            if len(made) == 1:
                raise KeyError("half done")
            return super().refresh()

    monkeypatch.setattr(rank_live, "LiveRanking", Half)
    answer(desk, ids(10, 15))
    rankings = LiveRankings(desk, report=lambda question, error: logging.info(error))
    assert rankings.look() == []
    clock.now = 5.0
    assert len(rankings.look()) == 1
    assert len(made) == 2
