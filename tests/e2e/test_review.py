"""The ML lead's way in a real browser: from a confused pair to its documents, and to a mended answer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.weightless import WeightlessModel
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.examples import Example
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.usecases.judge import judge
from workbench.usecases.label_issue_files import FoundIssues, LabelIssue, write_issues
from workbench.usecases.project import open_project
from workbench.usecases.runs import publish_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAYLOAD = "<img src=x onerror=\"document.title='taken over'\"> does not work"


@pytest.fixture
def reviewed(app: Any) -> Any:
    """Publish a run of `topic` with two confused pairs, and one disputed answer."""
    with open_project(Home(app.home), "tickets") as project:
        question = project.store.question("topic")
        examples = [
            Example("held-1", PAYLOAD, ("fault",)),
            Example("held-2", "The lamp flickers.", ("fault",)),
            Example("held-3", "Two invoices came.", ("billing",)),
            Example("held-4", "Where is it?", ("delivery",)),
        ]
        rows = [[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.9, 0.05, 0.05]]
        scores = ClassScores(question.labels, np.array(rows, dtype=np.float32))
        judgement = judge(question, examples, scores, basis="held-out")
        run = Run(
            id="topic-linear-1",
            question="topic",
            learner="linear",
            seed=0,
            labels=question.labels,
            label_version=question.label_version,
            n_examples=40,
            data_hash="0" * 64,
            figures=judgement.figures.as_dict(),
            basis="held-out",
            created_at=now(),
        )
        publish_run(project, run, WeightlessModel(), judgement)  # type: ignore[arg-type]
        project.store.record([Annotation("one", "ticket-6", "topic", "ana", ("delivery",))])
        issue = LabelIssue("ticket-6", "out-of-fold", 0.03, ("delivery",), (), ("billing",))
        write_issues(project, FoundIssues(run.id, "topic", 0, now(), {"out-of-fold": 7}, (issue,)))
    return app


def test_a_confused_pair_leads_to_its_documents_and_a_reload_shows_the_same(page: Any, reviewed: Any) -> None:
    page.goto(f"{reviewed.url}/review?project=tickets&question=topic")
    page.get_by_role("button", name=re.compile("2 × fault")).click(timeout=60_000)
    found = page.locator('[data-filter="fault|delivery"]')
    expect(found).to_have_attribute("data-documents", "2", timeout=20_000)
    expect(found).to_contain_text("The lamp flickers.")
    expect(page).to_have_url(re.compile(r"gold=fault.*predicted=delivery|predicted=delivery.*gold=fault"))

    page.reload()
    expect(found).to_have_attribute("data-documents", "2", timeout=60_000)
    expect(found).to_contain_text(PAYLOAD)
    assert "taken over" not in page.title()

    page.get_by_role("button", name=re.compile("model says: delivery")).click()
    expect(page).not_to_have_url(re.compile("predicted="))


def test_a_disputed_answer_is_relabelled_on_the_spot(page: Any, reviewed: Any) -> None:
    page.goto(f"{reviewed.url}/review?project=tickets&question=topic")
    page.get_by_role("radio", name="Label issues").click(timeout=60_000)
    expect(page).to_have_url(re.compile("part=issues"), timeout=20_000)
    page.reload()
    page.get_by_role("button", name="Relabel as billing").click(timeout=60_000)
    expect(page.locator('[data-open-issues="0"]')).to_be_visible(timeout=20_000)
    newest = reviewed.history("topic")[-1]
    assert (newest.document_id, newest.labels, newest.is_settled) == ("ticket-6", ("billing",), True)
