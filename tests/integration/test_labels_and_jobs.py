"""Labels that change, and work that is left to the worker, from the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow
PARCELS = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))


@pytest.fixture
def tickets(workbench: Run, tmp_path: Path) -> Run:
    (tmp_path / "in.csv").write_text(f"text,topic\n{PARCELS}parcel again,\nrefund again,\n")
    workbench("init", "p", "--question", "topic:textcat")
    workbench("import", "p", "in.csv")
    return workbench


def test_a_new_label_is_declared_before_a_file_may_use_it(tickets: Run, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("text,topic\nit is broken,repair\n")
    refused = tickets("import", "p", "more.csv", fails=2).stderr
    assert "'repair' (1)" in refused
    assert "workbench labels" in refused
    assert "repair  (0 answers)" in tickets("labels", "p", "-q", "topic", "--add", "repair").stdout
    assert "answers: 1 new" in tickets("import", "p", "more.csv").stdout
    assert "repair  (1 answer)" in tickets("labels", "p", "-q", "topic").stdout


def test_answers_follow_a_renamed_label_and_are_asked_again_after_a_split(tickets: Run) -> None:
    renamed = tickets("labels", "p", "-q", "topic", "--rename", "returns=refunds").stdout
    assert "refunds  (10 answers)" in renamed
    split = tickets("labels", "p", "-q", "topic", "--split", "delivery=late,lost").stdout
    assert "late  (0 answers)" in split
    assert "refunds  (10 answers)" in split
    assert (
        "12 documents by random"
        in tickets("propose", "p", "-q", "topic", "--strategy", "random", "--batch", "50").stdout
    )


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--rename", "returns", "Write --rename OLD=NEW"),
        ("--rename", "gone=new", "There is no label 'gone'"),
        ("--add", "returns", "would make a label twice"),
        ("--retire", "refund", "Did you mean 'returns'?"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(tickets: Run, option: str, value: str, words: str) -> None:
    assert words in tickets("labels", "p", "-q", "topic", option, value, fails=2).stderr
    assert "2 labels of 'topic', version 1" in tickets("labels", "p", "-q", "topic").stdout


def test_labels_of_several_questions_come_from_one_file(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("[topic]\nbilling\ndelivery\n\n[entities]\nPERSON\n")
    two = ("--question", "topic:textcat", "--question", "entities:ner")
    workbench("init", "p", *two, "--labels", "labels.txt")
    assert "2 labels of 'topic'" in workbench("labels", "p", "-q", "topic").stdout
    assert "PERSON  (0 answers)" in workbench("labels", "p", "-q", "entities").stdout
    (tmp_path / "plain.txt").write_text("billing\n")
    refused = workbench("init", "q", *two, "--labels", "plain.txt", fails=2).stderr
    assert "Line 1 stands below no question" in refused
    (tmp_path / "typo.txt").write_text("[topics]\nbilling\n")
    assert "Did you mean 'topic'?" in workbench("init", "q", *two, "--labels", "typo.txt", fails=2).stderr
    assert "no such file" in workbench("init", "q", *two, "--labels", "none.txt", fails=2).stderr.lower()


def test_work_that_is_left_to_the_worker_is_done_by_it(tickets: Run) -> None:
    printed = tickets(
        *("round", "p", "-q", "topic", "--learner", "tfidf", "--strategy", "margin", "--batch", "1"),
        "--later",
    ).stdout
    assert "job 1 (round) waits" in printed
    tickets("train", "p", "-q", "topic", "--learner", "tfidf", "--later")
    tickets("jobs", "p", "--cancel", "2")
    shown = tickets("jobs", "p").stdout.splitlines()
    assert [line.split()[:3] for line in shown] == [["2", "train", "cancelled"], ["1", "round", "queued"]]
    assert "1 job done" in tickets("worker", "p", "--once").stdout
    assert "n_proposed 1" in tickets("jobs", "p").stdout
    tickets("jobs", "p", "--resume", "2")
    tickets("worker", "p", "--once")
    assert [line.split()[2] for line in tickets("jobs", "p").stdout.splitlines()] == ["done", "done"]
    assert "accuracy" in tickets("evaluate", "p", "-q", "topic").stdout


def test_a_job_for_a_question_that_is_not_asked_is_refused_at_once(tickets: Run) -> None:
    for command in (("train", "p", "-q", "topics", "--later"), ("round", "p", "-q", "topics", "--later")):
        assert "Did you mean 'topic'?" in tickets(*command, fails=2).stderr
    assert "no jobs" in tickets("jobs", "p").stdout


def test_a_job_for_a_strategy_that_cannot_serve_is_refused_at_once(tickets: Run) -> None:
    for verb in ("propose", "round", "simulate"):
        wrong = tickets(verb, "p", "-q", "topic", "--strategy", "nope", "--later", fails=2).stderr
        assert "nope" in wrong
        assert "margin" in wrong
        assert "'mnlp' is not for the question 'topic'" in tickets(
            verb, "p", "-q", "topic", "--strategy", "mnlp", "--later", fails=2
        ).stderr  # fmt: skip
    assert "no jobs" in tickets("jobs", "p").stdout.lower()
