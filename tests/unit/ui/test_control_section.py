"""The control sample on the page Progress."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ui.pages import html_of, open_view
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.store.jobs import Jobs
from workbench.ui.progress.control import said_of
from workbench.usecases.project import open_project

pytestmark = pytest.mark.slow

MEASURED: dict[str, Any] = {
    "question": "topic",
    "run": "topic-tfidf-2",
    "n_documents": 20,
    "figures": {
        "n": 40,
        "overall": [{"name": "accuracy", "value": 0.8, "low": 0.644, "high": 0.909, "n": 40}],
        "recalls": [{"name": "delivery", "value": 0.9, "low": 0.735, "high": 0.979, "n": 30}],
        "too_few": {"billing": 6, "fault": 4},
    },
    "gain": None,
    "no_gain": "It needs 30 chosen answers.",
}


@pytest.fixture
def with_control(tickets: Home) -> Home:
    """Add two hundred documents, of which chance draws some, and answer one of these."""
    documents = tuple(LabelledDocument(Document(f"new-{n}", f"new text {n}")) for n in range(200))
    with open_project(tickets, "tickets") as project:
        imported = Imported((), documents, ConversionReport(kept=200))
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
        drawn = project.store.document_ids(part="control")[0]
        project.store.record([Annotation("c", drawn, "topic", "ben", ("delivery",))])
    return tickets


def headings(page: Any) -> list[str]:
    return [heading.value for heading in page.subheader]


def test_a_project_without_a_control_part_shows_no_section(tickets: Home) -> None:
    assert "Control sample" not in headings(open_view("progress", project="tickets", question="topic"))


def test_the_section_says_how_many_are_answered_and_what_for(with_control: Home) -> None:
    with open_project(with_control, "tickets") as project:
        n = project.store.n_documents("control")
    page = open_view("progress", project="tickets", question="topic")
    assert "Control sample" in headings(page)
    assert f"1 of {n} control documents answered. Chance drew these documents" in html_of(page)


def test_measuring_becomes_a_job_of_the_worker(with_control: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    page = open_view("progress", project="tickets", question="topic")
    page.button(key="measure control").click().run()
    assert not page.exception
    with open_project(with_control, "tickets") as project:
        (job,) = Jobs(project.store).list()
        assert (job.verb, job.arguments) == ("control", {"question": "topic", "run_id": "", "seed": 0})


def test_what_was_measured_stands_with_its_intervals(with_control: Home) -> None:
    with open_project(with_control, "tickets") as project:
        jobs = Jobs(project.store)
        jobs.enqueue("control", {"question": "topic", "run_id": "", "seed": 0})
        job = jobs.claim("somebody")
        assert job is not None
        jobs.finish(job, MEASURED)
    page = open_view("progress", project="tickets", question="topic")
    table = page.dataframe[-1].value
    assert table["figure"].tolist() == ["accuracy", "recall of delivery"]
    assert table["from"].tolist() == [0.644, 0.735]
    assert "2 labels have fewer than 30 control answers" in html_of(page)
    assert "The gain over random labels is open: It needs 30 chosen answers." in html_of(page)


def test_the_gain_says_how_many_answers_were_there_before_it_where_there_were_any() -> None:
    gain = {"accuracy": {"value": 0.05, "low": -0.01, "high": 0.11}, "n_labels": 32, "unit": "labels"}
    assert said_of(MEASURED, gain)[-1].endswith("32 chosen and 32 random labels.")
    before = "32 random labels, and all on the 1,400 answers from before the first batch."
    assert said_of(MEASURED, {**gain, "n_before": 1400})[-1].endswith(before)
