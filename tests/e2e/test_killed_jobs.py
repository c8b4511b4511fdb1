"""Trainings whose app or worker is killed: the open pages say by themselves how they go on."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.store.jobs import Jobs
from workbench.usecases.project import create_project, open_project

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECOND = 1_000
N_DOCUMENTS = 4_000  # their vectors take some seconds: time to kill something
SENTENCES = (
    "The parcel from Łódź has not arrived.",
    "The kettle leaks.",
    "The invoice names the wrong company.",
    "Please call back before five.",
)


@pytest.fixture
def answered(empty_app: Any) -> Any:
    """Return the app with a project of many answered documents."""
    home = Home(empty_app.home)
    create_project(home, "tickets", [Question("topic", "textcat", ("delivery", "fault"))])
    documents = [
        Document(f"d{n}", f"Ticket {n}. {' '.join(SENTENCES[k % 4] for k in range(n, n + 3))}")
        for n in range(N_DOCUMENTS)
    ]
    imported = Imported((), tuple(map(LabelledDocument, documents)), ConversionReport(kept=N_DOCUMENTS))
    with open_project(home, "tickets") as project:
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        project.store.record(
            [
                Annotation(f"a{n}", f"d{n}", "topic", "ana", ("delivery" if n % 4 < 2 else "fault",))
                for n in range(N_DOCUMENTS)
            ]
        )
    return empty_app


@pytest.fixture
def other_page(browser: Any) -> Iterator[Any]:
    """Open a second browser window beside the page."""
    opened = browser.new_page()
    yield opened
    opened.close()


def start_training(page: Any, app: Any) -> Locator:
    """Start a training, wait until it encodes texts, and return what the page says of the job."""
    page.goto(f"{app.url}/models?project=tickets&question=topic&section=train")
    page.get_by_role("button", name="Start training").click(timeout=60 * SECOND)
    expect(page.get_by_text(re.compile("texts encoded: [0-9,]+ of"))).to_be_visible(timeout=60 * SECOND)
    return job_on(page)


def job_on(page: Any) -> Locator:
    found: Locator = page.locator('[data-job="1"]')
    return found


def test_an_open_page_follows_its_job_when_the_app_was_killed_and_served_again(
    page: Any, answered: Any
) -> None:
    job = start_training(page, answered)
    answered.kill()
    expect(page.get_by_text("Connection error")).to_be_visible(timeout=30 * SECOND)
    answered.start()
    expect(page.get_by_text("Connection error")).to_have_count(0, timeout=30 * SECOND)
    expect(job).to_have_attribute("data-state", "done", timeout=120 * SECOND)
    with open_project(Home(answered.home), "tickets") as project:
        assert Jobs(project.store).get(1).attempt == 1


def test_a_killed_worker_is_said_and_its_job_resumed_on_every_open_page(
    page: Any, other_page: Any, answered: Any
) -> None:
    job = start_training(page, answered)
    other_page.goto(page.url)
    expect(job_on(other_page)).to_have_attribute("data-state", "running", timeout=60 * SECOND)
    with open_project(Home(answered.home), "tickets") as project:
        worker = Jobs(project.store).get(1).worker
    assert worker is not None
    os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)

    expect(job).to_have_attribute("data-state", "interrupted", timeout=30 * SECOND)
    expect(job_on(other_page)).to_have_attribute("data-state", "interrupted", timeout=30 * SECOND)
    page.get_by_role("button", name="Resume").click()
    expect(job_on(other_page)).to_have_attribute("data-state", "running", timeout=30 * SECOND)
    expect(job).to_have_attribute("data-state", "done", timeout=120 * SECOND)
    expect(job_on(other_page)).to_have_attribute("data-state", "done", timeout=30 * SECOND)
