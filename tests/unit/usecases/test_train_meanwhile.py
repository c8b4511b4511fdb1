"""A slower learner is trained by itself while people answer, and ranks once it is better."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.usecases.live_desk import LABELS, TOPIC, answer, ids, live_desk
from tests.unit.usecases.lived import WordEncoder
from tests.unit.usecases.ner_desk import NAMES, ner_desk
from tests.unit.usecases.ner_desk import answer as answer_spans
from workbench.domain.runs import MEANWHILE, Run
from workbench.domain.settings import QuestionSettings
from workbench.errors import NotEnoughDataError
from workbench.store.jobs import Job, Jobs
from workbench.usecases import train_meanwhile, train_model
from workbench.usecases.project import Project
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.runs import need_run
from workbench.usecases.set_question import set_question
from workbench.usecases.train_meanwhile import (
    ask_for_training,
    learner_meanwhile,
    run_job,
    slow_learners,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path, n=300) as project:
        yield project


def run(learner: str, n: int, *, version: int = 0, asked: bool = True) -> Run:
    facts = {} if asked else {MEANWHILE: True}
    return Run(
        f"topic-{learner}-{n}", "topic", learner, 0, LABELS, version, n, "0" * 64,
        figures={"macro_f1": 0.5}, facts=facts,
    )  # fmt: skip


def jobs(project: Project) -> list[Job]:
    return list(reversed(Jobs(project.store).list()))


def test_a_live_ranking_asks_for_a_training_at_100_and_150_answers_and_only_once_each(desk: Project) -> None:
    live = LiveRanking(desk, "topic")
    for last, asked in ((95, 0), (100, 1), (105, 1), (145, 1), (150, 2), (200, 2)):
        answer(desk, ids(10, last))
        assert live.refresh() is not None
        assert len(jobs(desk)) == asked
    assert {job.verb for job in jobs(desk)} == {"train-meanwhile"}
    assert {tuple(job.arguments.items()) for job in jobs(desk)} == {
        (("question", "topic"), ("learner", "setfit"))
    }


def test_a_ranking_of_entities_asks_for_bert(tmp_path: Path) -> None:
    with ner_desk(tmp_path, n=120) as desk:
        answer_spans(desk, ids(10, 100))
        assert LiveRanking(desk, "topic").refresh() is not None
        (job,) = jobs(desk)
    assert job.arguments == {"question": "topic", "learner": "bert"}


def test_who_switched_it_off_or_chose_another_learner_is_obeyed(desk: Project) -> None:
    set_question(desk, "topic", QuestionSettings(meanwhile=""))
    assert learner_meanwhile(desk, TOPIC) == ""
    assert ask_for_training(desk, TOPIC, 500) is None
    assert jobs(desk) == []
    set_question(desk, "topic", QuestionSettings(meanwhile="kernel"))
    asked = ask_for_training(desk, TOPIC, 500)
    assert asked is not None
    assert asked.arguments["learner"] == "kernel"


def test_what_ranks_live_already_cannot_be_chosen() -> None:
    assert slow_learners(TOPIC) == ("tfidf", "kernel", "setfit", "bert")
    assert slow_learners(NAMES) == ("bert",)


@pytest.mark.parametrize(
    ("seen", "version", "asked"), [(200, 0, True), (201, 0, False), (300, 0, False), (300, 1, True)]
)
def test_a_run_that_has_seen_two_thirds_of_the_answers_in_todays_labels_is_new_enough(
    desk: Project, seen: int, version: int, asked: bool
) -> None:
    desk.store.save_run(run("setfit", seen, version=version))
    assert (ask_for_training(desk, TOPIC, 300) is not None) is asked


def test_what_was_called_off_comes_again_with_the_next_step_or_other_labels(desk: Project) -> None:
    first = ask_for_training(desk, TOPIC, 100)
    assert first is not None
    Jobs(desk.store).cancel(first.id)
    same = ask_for_training(desk, TOPIC, 140)
    assert same is not None
    assert (same.id, same.state) == (first.id, "cancelled")
    later = ask_for_training(desk, TOPIC, 150)
    assert later is not None
    assert later.state == "queued"
    changed = ask_for_training(desk, replace(TOPIC, label_version=1), 150)
    assert changed is not None
    assert changed.id not in (first.id, later.id)


def test_what_was_interrupted_goes_on(desk: Project) -> None:
    first = ask_for_training(desk, TOPIC, 100)
    assert first is not None
    queue = Jobs(desk.store)
    assert queue.claim("w") is not None
    queue.recover(stale_after=0)
    assert queue.get(first.id).state == "interrupted"
    again = ask_for_training(desk, TOPIC, 105)
    assert again is not None
    assert (again.id, again.state) == (first.id, "queued")


@pytest.mark.slow
def test_both_runs_are_kept_and_say_that_nobody_asked_for_them(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_model, "project_encoder", lambda project, name: WordEncoder())
    answer(desk, ids(10, 60))
    said: list[str] = []
    set_question(desk, "topic", QuestionSettings(meanwhile="tfidf"))
    arguments = {"question": "topic", "learner": "tfidf"}
    result = run_job(desk.folder, arguments, lambda done, total, what: said.append(what))
    live, slow = desk.store.runs("topic")
    assert (live.learner, slow.learner) == ("linear", "tfidf")
    assert (live.n_examples, slow.n_examples, live.basis) == (60, 60, "out-of-fold")
    assert result == {"run": slow.id, "figures": dict(slow.figures), "beside": live.id}
    assert not live.is_asked
    assert not slow.is_asked
    assert "fit" in said
    # Interrupted after the slow one: it is not made again.
    run_job(desk.folder, arguments, lambda *_: None)
    assert [run.learner for run in desk.store.runs("topic")] == ["linear", "linear", "tfidf"]


@pytest.mark.slow
def test_both_are_fitted_as_the_newest_runs_of_their_learners_were(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_model, "project_encoder", lambda project, name: WordEncoder())
    answer(desk, ids(10, 60))
    for learner, config in (("linear", {"balance": "sqrt", "encoder": "minilm"}), ("tfidf", {"c": 3.0})):
        desk.store.save_run(replace(run(learner, 5), config=config))
    slow, live = train_meanwhile.train_meanwhile(desk, "topic", "tfidf")
    assert (slow.options["c"], slow.options["balance"]) == (3.0, "none")
    assert (live.options["c"], live.options["balance"]) == (20.0, "sqrt")


def test_too_few_different_answers_are_a_result_and_no_failure(desk: Project) -> None:
    with pytest.raises(NotEnoughDataError):
        answer(desk, ids(0, 10), label="a", turn=1)
        train_meanwhile.train_meanwhile(desk, "topic", "tfidf")
    set_question(desk, "topic", QuestionSettings(meanwhile="tfidf"))
    result = run_job(desk.folder, {"question": "topic", "learner": "tfidf"}, lambda *_: None)
    assert "say the same" in result["why"]
    assert desk.store.runs("topic") == []


def test_a_job_that_waited_trains_nothing_once_the_lead_chose_otherwise(desk: Project) -> None:
    answer(desk, ids(10, 60))
    for wish in ("", "kernel"):
        set_question(desk, "topic", QuestionSettings(meanwhile=wish))
        result = run_job(desk.folder, {"question": "topic", "learner": "tfidf"}, lambda *_: None)
        assert result == {"why": "tfidf is not trained meanwhile any more."}
    assert desk.store.runs("topic") == []


def test_a_run_that_somebody_asked_for_is_the_usual_one_though_a_newer_one_came_by_itself(
    desk: Project,
) -> None:
    desk.store.save_run(run("setfit", 100, asked=False))
    assert need_run(desk, "topic").id == "topic-setfit-100", "better than none"
    desk.store.save_run(run("bert", 100))
    desk.store.save_run(run("setfit", 150, asked=False))
    assert need_run(desk, "topic").id == "topic-bert-100"
    assert need_run(desk, "topic", "topic-setfit-150").id == "topic-setfit-150"


def test_what_nobody_asked_for_is_done_last(desk: Project) -> None:
    queue = Jobs(desk.store)
    meanwhile, train, languages = (
        queue.enqueue(verb, {}) for verb in ("train-meanwhile", "train", "languages")
    )
    assert [job.id for job in queue.line()] == [languages.id, train.id, meanwhile.id]
    assert [job.id for job in queue.before(meanwhile)] == [languages.id, train.id]
    assert queue.before(train) == []
    for _ in range(3):
        taken = queue.claim("w")
    assert taken is not None
    assert taken.id == meanwhile.id
    assert [job.id for job in queue.before(meanwhile)] == [languages.id, train.id], "those at work, too"
    first = queue.enqueue("first-batch", {})
    assert queue.before(meanwhile)[-1].id == first.id, (
        "of those that nobody asked for, a first batch goes first"
    )
    assert [job.id for job in queue.before(first)] == [languages.id, train.id]
    for id in (first.id, queue.enqueue("train", {}).id):
        queue.cancel(id)
    for job in queue.before(meanwhile):
        queue.finish(job, {})
    assert queue.before(meanwhile) == []
