"""How jobs look on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.cli.jobs import job_in_words
from workbench.store.jobs import Job

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
