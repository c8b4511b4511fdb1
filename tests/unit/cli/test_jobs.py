"""How jobs look on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.cli.jobs import job_in_words
from workbench.cli.main import app
from workbench.config import Home
from workbench.domain.questions import Question
from workbench.store.jobs import LOCK_NAME, Job, Jobs
from workbench.store.locks import FileLock
from workbench.usecases.project import create_project, open_project

WHEN = "2026-03-04T05:06:07.000008+00:00"


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("train", {"question": "topic", "learner": "setfit", "seed": 0}, "topic, setfit"),
        ("train", {"question": "topic", "learner": ""}, "topic, default learner"),
        ("propose", {"question": "topic", "strategy": "margin", "n": 20}, "topic, margin"),
        (
            "round",
            {"training": {"question": "topic", "learner": "linear"}, "ranking": {"strategy": "entropy"}},
            "topic, linear, entropy",
        ),
        ("export", {"question_name": "topic", "run_id": "topic-bert-1"}, "topic, topic-bert-1"),
        ("embed", {"encoder_name": "minilm"}, "minilm"),
    ],
)
def test_a_job_that_waits_says_what_was_asked_and_when(
    verb: str, arguments: dict[str, Any], words: str
) -> None:
    job = Job(1, verb, arguments, "queued", created_at=WHEN)
    assert job_in_words(job) == f"{words}; asked 2026-03-04 05:06 UTC"


def test_a_job_that_runs_says_how_far_it_is_and_one_that_failed_why() -> None:
    asked = {"question": "topic", "learner": "bert"}
    running = Job(1, "train", asked, "running", done=3, total=40, what="steps", created_at=WHEN)
    assert job_in_words(running) == "topic, bert; asked 2026-03-04 05:06 UTC; steps: 3 of 40"
    failed = Job(1, "train", asked, "failed", message="too\nfew answers", created_at=WHEN)
    assert job_in_words(failed).endswith("UTC; too few answers")


def test_a_job_whose_worker_was_killed_is_interrupted_when_somebody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    create_project(Home(tmp_path), "tickets", [Question("topic", "textcat", ("a", "b"))])
    with open_project(Home(tmp_path), "tickets") as project:
        jobs = Jobs(project.store)
        jobs.enqueue("train", {"question": "topic"})
        jobs.claim("a worker")
        with FileLock(project.folder / LOCK_NAME) as lock:
            assert lock.acquire()
            at_work = CliRunner().invoke(app, ["jobs", "tickets"])
    assert "running" in at_work.output
    alone = CliRunner().invoke(app, ["jobs", "tickets"])
    assert "interrupted" in alone.output
    assert "running" not in alone.output
    resumed = CliRunner().invoke(app, ["jobs", "tickets", "--resume", "1"])
    assert resumed.exit_code == 0
    assert "queued" in resumed.output
