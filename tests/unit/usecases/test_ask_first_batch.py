"""Who begins to answer gets a first batch by `auto`, asked for once and only where one is due."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.usecases.live_desk import TOPIC, add_texts, answer, ids, propose
from tests.unit.usecases.lived import WordEncoder
from workbench import catalog
from workbench.config import Home
from workbench.domain.annotations import FROM_A_FILE
from workbench.domain.ports import silent
from workbench.domain.questions import LabelChange, Question
from workbench.domain.settings import QuestionSettings
from workbench.errors import InputError
from workbench.store.jobs import Job, Jobs
from workbench.store.links import Link, Links
from workbench.usecases import ask_first_batch as first
from workbench.usecases.ask_first_batch import ask_first_batches, first_size, run_job
from workbench.usecases.live_rules import why_not_live
from workbench.usecases.manage_accounts import add_account
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.queue_documents import queue_documents
from workbench.usecases.set_question import set_question


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Open a project of sixty documents that nobody answered or proposed."""
    monkeypatch.setattr(catalog, "encoder", lambda name, **options: WordEncoder())
    create_project(Home(tmp_path), "desk", [TOPIC], control_share=0.0)
    with open_project(Home(tmp_path), "desk") as project:
        add_texts(project, ids(0, 60))
        yield project


def ask(project: Project) -> dict[str, str]:
    return ask_first_batches(project, ["topic"])


def jobs(project: Project) -> list[Job]:
    return list(reversed(Jobs(project.store).list()))


def work(project: Project) -> dict[str, Any]:
    return run_job(project.folder, {"question": "topic"}, silent)


def test_it_is_asked_for_once_and_said_as_long_as_it_is_being_chosen(desk: Project) -> None:
    assert "is being chosen" in ask(desk)["topic"]
    assert "is being chosen" in ask(desk)["topic"]
    (job,) = jobs(desk)
    assert (job.verb, job.arguments) == ("first-batch", {"question": "topic"})
    Jobs(desk.store).claim("worker")
    assert ask(desk) != {}
    work(desk)
    Jobs(desk.store).finish(Jobs(desk.store).get(job.id), {})
    assert ask(desk) == {}
    assert len(jobs(desk)) == 1


def test_the_batch_is_one_of_auto_and_the_pool_is_ranked_live_from_then_on(desk: Project) -> None:
    answer(desk, ids(0, 3))
    result = work(desk)
    batch = desk.store.latest_batch("topic")
    assert batch is not None
    assert (batch.strategy, result) == ("auto", {"batch": batch.id, "n_proposed": 20})
    assert not {p.document_id for p in batch.proposals} & set(ids(0, 3))
    assert why_not_live(desk, "topic") == ""


def test_a_job_that_found_nothing_to_do_is_asked_for_again_once_there_is(desk: Project) -> None:
    for turn in range(2):
        assert ask(desk) != {}
        job = Jobs(desk.store).claim("worker")
        assert job is not None
        set_question(desk, "topic", QuestionSettings(live=False))
        result = work(desk)
        assert "switched off" in result["why"]
        Jobs(desk.store).finish(job, result)
        assert ask(desk) == {}
        set_question(desk, "topic", QuestionSettings())
        assert len(jobs(desk)) == turn + 1
    assert ask(desk) != {}
    assert [job.state for job in jobs(desk)].count("queued") == 1


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_job_that_failed_or_was_called_off_is_not_asked_for_again(desk: Project, state: str) -> None:
    ask(desk)
    job = Jobs(desk.store).claim("worker")
    assert job is not None
    if state == "failed":
        Jobs(desk.store).fail(job, "no encoder")
    else:
        Jobs(desk.store).stop(job, "cancelled", "Cancelled.")
    assert ask(desk) == {}
    assert [job.state for job in jobs(desk)] == [state]


def test_one_that_was_interrupted_goes_on(desk: Project) -> None:
    ask(desk)
    Jobs(desk.store).claim("worker")
    Jobs(desk.store).recover(stale_after=0)
    assert ask(desk) != {}
    assert [job.state for job in jobs(desk)] == ["queued"]


def test_labels_of_another_version_ask_once_more(desk: Project) -> None:
    ask(desk)
    desk.store.change_labels("topic", LabelChange("add", (), ("d",)))
    ask(desk)
    ask(desk)
    assert len(jobs(desk)) == 2


def test_who_switched_live_ranking_off_labels_in_label_studio_or_proposed_a_batch_is_asked_nothing(
    desk: Project,
) -> None:
    set_question(desk, "topic", QuestionSettings(live=False))
    assert ask(desk) == {}
    assert "switched off" in work(desk)["why"]
    set_question(desk, "topic", QuestionSettings())
    Links(desk.store).save(Link("http://127.0.0.1:1", 1, "2026-01-01"))
    assert ask(desk) == {}
    Links(desk.store).forget()
    propose(desk, ids(0, 10), strategy="random")
    assert ask(desk) == {}
    assert "a batch already" in work(desk)["why"]
    assert jobs(desk) == []


def test_a_question_without_labels_waits_for_them(tmp_path: Path) -> None:
    create_project(Home(tmp_path), "bare", [Question("topic", "textcat", ())])
    with open_project(Home(tmp_path), "bare") as project:
        add_texts(project, ids(0, 5))
        assert ask(project) == {}


def test_a_pool_that_was_answered_meanwhile_is_no_failure(desk: Project) -> None:
    answer(desk, ids(0, 60))
    assert "answered or skipped" in work(desk)["why"]
    assert desk.store.latest_batch("topic") is None


def test_a_batch_that_somebody_proposes_while_the_documents_are_read_stays_the_newest(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def embed(project: Project, **_: object) -> int:
        propose(project, ids(0, 10), strategy="random", id="control sample")
        return 0

    monkeypatch.setattr(first, "embed_pool", embed)
    assert "a batch already" in work(desk)["why"]
    assert [batch.id for batch in desk.store.batches("topic")] == ["control sample"]


def test_a_batch_that_somebody_proposes_while_it_is_chosen_is_not_covered_either(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(project: Project, name: str, ranking: Ranking, **options: Any) -> Any:
        propose(project, ids(0, 10), strategy="random", id="control sample")
        return propose_batch(project, name, ranking, **options)

    monkeypatch.setattr(first, "propose_batch", late)
    assert "a batch already" in work(desk)["why"]
    with pytest.raises(InputError, match="Another batch of 'topic' was proposed meanwhile"):
        propose_batch(desk, "topic", Ranking("random", 5), is_first=True)
    assert [batch.id for batch in desk.store.batches("topic")] == ["control sample"]


def test_there_are_twenty_documents_for_each_annotator_who_has_an_account_or_was_seen(desk: Project) -> None:
    assert first_size(desk, "topic") == 20
    answer(desk, ["d0"])
    answer(desk, ["d1"], by=FROM_A_FILE)
    queue_documents(desk, ["topic"], "ben", n=5)
    assert first_size(desk, "topic") == 40  # ada has answered, ben looks at some
    home = Home(desk.folder.parents[1])
    for name, role in (("ana", "admin"), ("bob", "annotator"), ("cem", "annotator")):
        add_account(home, name, role=role, password="a long passphrase")
    assert first_size(desk, "topic") == 60
