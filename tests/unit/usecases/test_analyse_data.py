"""An analysis finds what was planted, keeps it, and knows when it is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.analysing import print_analysis
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.usecases.analyse_data import (
    analyse_data,
    analysis_path,
    is_out_of_date,
    read_analysis,
    run_job,
)
from workbench.usecases.change_labels import change_labels, preview_changes
from workbench.usecases.project import Project, create_project, open_project

pytestmark = pytest.mark.slow

POOL = {
    "a": "My parcel has not arrived and I am still waiting for it.",
    "b": "My parcel has not arrived and I am still waiting for it.",
    "c": "My parcel has not arrived and I am still waiting for it today.",
    "d": "The invoice of last month is wrong, please send another one.",
    "e": "Mein Paket ist noch nicht angekommen, bitte sehen Sie nach.",
    "f": "\u200b",
}
HELD_OUT = {
    "g": "The invoice of last month is wrong, please send another one.",
    "h": "The invoice of last month is wrong, please send another one now.",
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [Question("topic", "textcat", ("delivery", "billing", "fault"))])
    documents = [Document(id, text) for id, text in POOL.items()]
    documents += [Document(id, text, part="held-out") for id, text in HELD_OUT.items()]
    imported = Imported((), tuple(map(LabelledDocument, documents)), ConversionReport(kept=len(documents)))
    with open_project(Home(tmp_path), "p") as opened:
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        answers = {"a": "delivery", "b": "billing", "c": "delivery", "d": "billing", "g": "billing"}
        opened.store.record(
            [Annotation(f"to {id}", id, "topic", "ana", (label,)) for id, label in answers.items()]
        )
        yield opened


def kinds(found: dict[str, Any]) -> dict[str, list[list[str]]]:
    return {one["kind"]: [group["ids"] for group in one["groups"]] for one in found["findings"]}


def test_everything_that_was_planted_is_found(project: Project) -> None:
    found = kinds(analyse_data(project, "topic"))
    assert found == {
        "leak": [["d", "g"]],
        "near-leak": [["d", "g", "h"]],
        "conflict": [["a", "b"]],
        "duplicate": [["a", "b"], ["d", "g"]],
        "near-duplicate": [["a", "b", "c"]],
        "blank": [["f"]],
        "other-language": [["e"]],
    }


def test_labels_are_counted_by_part_and_languages_by_document(project: Project) -> None:
    found = analyse_data(project, "topic")
    assert found["labels"] == [
        {"label": "billing", "pool": 2, "held_out": 1},
        {"label": "delivery", "pool": 2, "held_out": 0},
        {"label": "fault", "pool": 0, "held_out": 0},
    ]
    codes = json.loads((project.folder / "data" / "languages.json").read_text())
    assert (codes["a"], codes["e"], codes["f"]) == ("en", "de", "und")
    assert sum(bar["n_pool"] + bar["n_held_out"] for bar in found["lengths"]) == 8


def test_the_job_keeps_what_it_found_until_answers_or_labels_change(project: Project) -> None:
    assert read_analysis(project, "topic") is None
    result = run_job(project.folder, {"question": "topic"}, lambda done, total, what: None)
    assert result["findings"]["leak"] == 1
    found = read_analysis(project, "topic")
    assert found is not None
    assert analysis_path(project, "topic").name == "analysis-topic.json"
    assert not is_out_of_date(project, "topic", found)
    change_labels(project, "topic", [LabelChange("add", (), ("other",))])
    assert is_out_of_date(project, "topic", found)


def test_the_command_line_says_what_was_found(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    print_analysis(analyse_data(project, "topic"))
    said = capsys.readouterr().out
    assert "8 documents, 5 with an answer to 'topic'" in said
    assert "1 leaks, equal texts in the pool and the held-out set:\n  d, g\n" in said
    assert "1 blank texts:\n  f\n" in said


def test_a_preview_of_changes_counts_each_fate_and_changes_nothing(project: Project) -> None:
    merge = preview_changes(project, "topic", [LabelChange("merge", ("delivery", "fault"), ("goods",))])
    assert (merge.labels, merge.n_following, merge.n_returning) == (("goods", "billing"), 2, 0)
    both = preview_changes(
        project,
        "topic",
        [LabelChange("rename", ("delivery",), ("goods",)), LabelChange("split", ("goods",), ("x", "y"))],
    )
    assert (both.n_following, both.n_returning, both.n_requeued) == (0, 2, 2)
    retire = preview_changes(project, "topic", [LabelChange("retire", ("billing",), ())])
    assert (retire.n_following, retire.n_requeued) == (0, 3)
    assert project.store.question("topic").labels == ("delivery", "billing", "fault")
    before = project.store.requeued_ids("topic")
    change_labels(project, "topic", [LabelChange("retire", ("billing",), ())])
    assert (before, len(project.store.requeued_ids("topic"))) == ([], 3)
