"""The main job from a file to predictions, each verb as a user types it, on part of the sample project.

The whole sample with fine-tuned teachers and students is the demo (`test_demo.py`, nightly).
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.steps import STEPS, step_of
from workbench.ui.bundle_routes import zipped
from workbench.usecases.export_model import run_job as export_job
from workbench.usecases.offer_export import bundle_name
from workbench.usecases.project import open_project
from workbench.usecases.show_bundle import show_bundle, usage
from workbench.usecases.train_model import Training, train_model
from workbench.usecases.verify_bundle import whole_bundle

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(600)]
Run = Callable[..., subprocess.CompletedProcess[str]]
SAMPLE = Path(__file__).parents[2] / "projects" / "support-tickets" / "csv"
LABELS = ("delivery", "returns", "billing")


def some_tickets(part: str, path: Path, *, n_each: int) -> None:
    """Write the first tickets of three topics into a CSV."""
    with (SAMPLE / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [row for label in LABELS for row in [r for r in rows if r["topic"] == label][:n_each]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "text", "topic"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(kept)


def test_a_file_becomes_a_bundle_that_predicts(workbench: Run, tmp_path: Path) -> None:
    some_tickets("pool", tmp_path / "pool.csv", n_each=25)
    some_tickets("held-out", tmp_path / "gold.csv", n_each=20)
    workbench("init", "tickets", "--question", "topic:textcat")
    for file, more in (("pool.csv", ()), ("gold.csv", ("--held-out",))):
        workbench("import", "tickets", file, "--label-column", "topic", *more)
    curve = workbench("simulate", "tickets", "-q", "topic", "--batch", "15", "--rounds", "3").stdout
    assert "45 labels" in curve
    workbench("train", "tickets", "-q", "topic", "--report", "run.json")
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["learner"], run["basis"], run["n_examples"]) == ("linear", "held-out", 75)
    assert run["figures"]["accuracy"] > 0.6
    assert "wrote" in workbench("evaluate", "tickets", "-q", "topic").stdout
    workbench("export", "tickets", "-q", "topic", "--report", "bundle.json")
    bundle = json.loads((tmp_path / "bundle.json").read_text())
    assert bundle["gate"]["passed"]
    (tmp_path / "new.txt").write_text("The courier left my parcel at the wrong house 📦\n", encoding="utf-8")
    prediction = json.loads(workbench("predict", bundle["bundle"], "new.txt").stdout)
    assert [found["label"] for found in prediction["labels"]] == ["delivery"]


def test_tagged_texts_become_a_tagger_whose_spans_are_slices(workbench: Run, tmp_path: Path) -> None:
    shutil.copy(SAMPLE.parent / "iob2" / "pool.conll", tmp_path)
    gold = (SAMPLE.parent / "iob2" / "held-out.conll").read_text(encoding="utf-8").split("\n\n")
    (tmp_path / "gold.conll").write_text("\n\n".join(gold[:150]) + "\n", encoding="utf-8")
    workbench("init", "tickets", "--question", "entities:ner")
    workbench("import", "tickets", "pool.conll")
    workbench("import", "tickets", "gold.conll", "--held-out")
    few = ("--set", "min_steps=0", "--set", "epochs=3")
    run = workbench("train", "tickets", "-q", "entities", "--learner", "bert", *few).stdout
    assert "held-out, 150 documents" in run
    proposed = workbench("export", "tickets", "-q", "entities", "--report", "bundle.json").stdout
    assert "FAILED" not in proposed
    bundle = json.loads((tmp_path / "bundle.json").read_text())
    text = "My order #91442 with the Brio Kettle never came 👍 it cost £12.50"
    (tmp_path / "new.txt").write_text(text + "\n", encoding="utf-8")
    prediction = json.loads(workbench("predict", bundle["bundle"], "new.txt").stdout)
    for entity in prediction["entities"]:
        assert text[entity["start"] : entity["end"]] == entity["text"]


def test_what_the_app_exports_and_sends_predicts_elsewhere(workbench: Run, tmp_path: Path) -> None:
    """Train, export by the worker, download the zip, unpack it and use it as the page says."""
    some_tickets("pool", tmp_path / "pool.csv", n_each=12)
    some_tickets("held-out", tmp_path / "gold.csv", n_each=10)
    workbench("init", "tickets", "--question", "topic:textcat")
    for file, more in (("pool.csv", ()), ("gold.csv", ("--held-out",))):
        workbench("import", "tickets", file, "--label-column", "topic", *more)
    with open_project(Home(tmp_path), "tickets") as project:
        steps: list[str] = []

        def note(done: int, total: int, what: str) -> None:
            steps.append(step_of(what)[0])

        run = train_model(project, Training("topic", "linear"), progress=note)
        assert tuple(dict.fromkeys(steps)) == STEPS["train"]
        steps.clear()
        asked = {"question_name": "topic", "run_id": run.id, "precision": "float32"}
        exported = export_job(project.folder, asked, note)
        name = Path(exported["bundle"]).name
        assert tuple(dict.fromkeys(steps)) == tuple(step for step in STEPS["export"] if step != "quantise")
        steps.clear()
        assert export_job(project.folder, asked, note) == exported  # as after a kill
        assert set(steps) == {"time"}
        shown = show_bundle(project, name)
        assert shown.timing is not None
        assert shown.timing.run is not None
        assert 0 < shown.timing.bundle[0] <= shown.timing.bundle[1]
        assert bundle_name(run, "float32") == name
        command, snippet = usage(shown, ["The courier left my parcel."])
    folder = Home(tmp_path).models("tickets") / name
    away = tmp_path / "away"
    away.mkdir()
    (away / "bundle.zip").write_bytes(b"".join(zipped(whole_bundle(folder))))
    with zipfile.ZipFile(away / "bundle.zip") as archive:
        archive.extractall(away)
    (away / "texts.txt").write_text("The courier left my parcel at the wrong house 📦\n", encoding="utf-8")
    assert command.split() == ["workbench", "predict", name, "texts.txt"]
    prediction = json.loads(workbench("predict", away / name, away / "texts.txt").stdout)
    assert [found["label"] for found in prediction["labels"]] == ["delivery"]
    said = subprocess.run(
        [sys.executable, "-c", snippet], cwd=away, capture_output=True, text=True, check=True
    ).stdout
    assert "delivery" in said
