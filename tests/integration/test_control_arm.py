"""The control part, from the import to the figures, through the verbs that a project uses."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from workbench.cli.control import control as control_command
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import Question
from workbench.usecases.import_documents import import_documents
from workbench.usecases.measure_control import measure_control
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.queue_documents import queue_documents
from workbench.usecases.record_annotations import record_annotations
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training, train_model

pytestmark = pytest.mark.slow

SAID = {
    "billing": ("invoice", "refund", "charged twice", "price"),
    "delivery": ("parcel", "courier", "tracking", "late van"),
    "fault": ("broken", "smoke", "does not start", "error light"),
}


def write_tickets(path: Path, n: int) -> dict[str, str]:
    """Write texts without answers, and return the right answer to each text."""
    rng = random.Random(0)
    truth: dict[str, str] = {}
    for number in range(n):
        label = rng.choice(list(SAID))
        words = [rng.choice(SAID[label]), rng.choice(SAID[rng.choice(list(SAID))]), rng.choice(SAID[label])]
        truth[f"ticket {number}: {', '.join(words)}"] = label
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in truth)])
    return truth


def answer_queue(project: Project, truth: dict[str, str], n: int) -> set[str]:
    """Answer the next documents as an annotator would; return those that came with a suggestion."""
    queued = queue_documents(project, ["topic"], "ana", n=n)
    sent = [Annotation(f"ana {d.id}", d.id, "topic", "ana", (truth[d.text],)) for d in queued]
    record_annotations(project, sent)
    return {d.id for d in queued if d.suggestions}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


def test_a_project_measures_itself_without_a_test_set(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_tickets(tmp_path / "tickets.csv", 1200)
    create_project(home, "tickets", [Question("topic", "textcat", tuple(SAID))])
    with open_project(home, "tickets") as project:
        import_documents(project, tmp_path / "tickets.csv", options=ReadOptions(question="topic"))
        drawn = set(project.store.document_ids(part="control"))
        propose_batch(project, "topic", Ranking("random", 100))
        primed = answer_queue(project, truth, 100)
        bases = []
        for seed in range(3):
            run, _ = run_round(project, Training("topic", "tfidf"), Ranking("margin", 100, seed))
            assert run.n_examples == 90 * (seed + 1)
            bases.append(run.basis)
            primed |= answer_queue(project, truth, 100)
        run, _ = run_round(project, Training("topic", "tfidf"), Ranking("margin", 100, 3))
        assert bases == ["out-of-fold", "out-of-fold", "control sample"]  # of 10, 20 and 30 answers
        assert (run.basis, run.figures["n"], run.n_examples) == ("control sample", 40, 360)
        found = measure_control(project, "topic")
        assert len(primed) > 100
        assert not primed & drawn

    accuracy = found.figures.overall[0]
    assert (accuracy.name, accuracy.n) == ("accuracy", 40)
    assert accuracy.value > 0.6
    assert found.figures.too_few
    assert found.gain is not None
    assert found.gain.n_labels == 32  # four of the five folds of 40
    assert found.gain.n_before == 90  # of the random batch, whose other ten are control documents
    gained = found.gain.figures["accuracy"]
    assert gained.low <= gained.value <= gained.high

    control_command("tickets", "topic", report=tmp_path / "control.json")
    printed = capsys.readouterr().out
    assert f"40 of {len(drawn)} control documents answered; never learned from" in printed
    assert "too few control answers for a recall: " in printed
    assert "gain over random labels, heads on 32 labels each" in printed
    written = json.loads((tmp_path / "control.json").read_text())
    assert written["figures"]["overall"][0]["value"] == accuracy.value


def test_answers_that_were_there_before_the_first_batch_teach_both_sides_and_are_told(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_tickets(tmp_path / "tickets.csv", 1200)
    create_project(home, "tickets", [Question("topic", "textcat", tuple(SAID))])
    with open_project(home, "tickets") as project:
        import_documents(project, tmp_path / "tickets.csv", options=ReadOptions(question="topic"))
        first = project.store.documents(part="pool")[:60]
        record_annotations(
            project, [Annotation(f"early {d.id}", d.id, "topic", "ana", (truth[d.text],)) for d in first]
        )
        train_model(project, Training("topic", "tfidf"))
        for seed in range(4):
            propose_batch(project, "topic", Ranking("margin", 100, seed))
            answer_queue(project, truth, 100)
        found = measure_control(project, "topic")
    assert found.gain is not None
    assert (found.gain.n_labels, found.gain.n_before) == (32, 60)
    control_command("tickets", "topic")
    assert "(all heads also learned from 60 answers from before the first batch)" in capsys.readouterr().out
