"""Publish a run as a small ONNX bundle, if it answers like the model it came from."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import artefacts
from workbench.config import stay_offline
from workbench.domain.arrays import Offsets
from workbench.domain.examples import Example
from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Run
from workbench.domain.steps import Steps
from workbench.errors import ArtefactError, InputError, NotEnoughDataError
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.judge import judge
from workbench.usecases.offer_export import bundle_name
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_network_of, need_run, refuse_old_labels
from workbench.usecases.time_bundle import time_bundle
from workbench.usecases.verify_bundle import note_export

if TYPE_CHECKING:
    from workbench.export.gate import GateReport


@dataclass(frozen=True, slots=True)
class ExportedBundle:
    """A published bundle: where it is, the run it came from, and what the gate measured."""

    folder: Path
    run: Run
    gate: GateReport

    @property
    def bytes(self) -> int:
        """The size of the graph in bytes."""
        return (self.folder / "model.onnx").stat().st_size

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "bundle": str(self.folder),
            "run": self.run.id,
            "bytes": self.bytes,
            "sha256": artefacts.file_sha256(self.folder / "model.onnx"),
            "gate": self.gate.as_json(),
            "figures": artefacts.read_json(self.folder / "bundle.json")["figures"],
        }


def export_model(
    project: Project,
    question_name: str,
    *,
    run_id: str = "",
    precision: str = "int8",
    progress: Progress = silent,
) -> ExportedBundle:
    """Export a run, by default the newest of the question, and judge it on the held-out documents.

    The weights become "int8", or stay "float32".

    Raises GateError, and publishes nothing, when the exported model differs too much; ArtefactError when
    serving refuses the bundle, which is then taken away again; InputError when
    the labels changed since the run; NotEnoughDataError without held-out documents.
    """
    stay_offline()
    from workbench.export.bundle_writer import export_network
    from workbench.export.gate import HeldOut
    from workbench.export.model_card import Origin

    question = project.store.question(question_name)
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    held_out = collect_examples(project, question_name, part="held-out")
    if not held_out:
        raise NotEnoughDataError(
            "An export is judged on held-out documents, and there are none.",
            hint=f"workbench import {project.name} FILE --held-out",
        )
    folder = project.models / bundle_name(run, precision)
    if folder.exists():
        raise InputError(f"This run is exported in {precision} already.", where=str(folder))
    judges = HeldOut(held_out, gold_tokens(project, held_out))
    origin = Origin(project.name, question, run)
    Steps(progress).begin("load")
    gate = export_network(
        load_network_of(project, run),
        judges,
        folder,
        origin=origin,
        figures_of=lambda scores: judge(question, held_out, scores, basis="held-out").figures.as_dict(),
        precision=precision,
        progress=progress,
    )
    refuse_unservable(folder)
    note_export(project, folder)
    return ExportedBundle(folder, run, gate)


def refuse_unservable(folder: Path) -> None:
    """Open a new bundle as serving will, and take it away again when serving refuses it."""
    from workbench.serving.bundle import Bundle

    try:
        Bundle.load(folder)
    except ArtefactError:
        shutil.rmtree(folder)
        raise


def gold_tokens(project: Project, examples: Sequence[Example]) -> list[Offsets] | None:
    """Return the tokens of each document as its column file had them, or None when some have none."""
    layouts = {
        labelled.document.id: labelled.document.layout
        for labelled in project.store.labelled_documents("iob2", part="held-out")
    }
    found: list[Offsets] = []
    for example in examples:
        layout = layouts.get(example.document_id)
        if not layout or "words" not in layout:
            return None
        found.append(np.asarray(layout["words"], dtype=np.int32).reshape(-1, 2))
    return found


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `export`; arguments: `question_name`, `run_id`, `precision`. Then measure how fast it is.

    A job that was killed after it had published its bundle goes on from there.
    """
    with open_folder(folder) as project:
        run = need_run(project, arguments["question_name"], arguments.get("run_id", ""))
        name = bundle_name(run, arguments.get("precision", "int8"))
        if (project.models / name).exists():
            refuse_unservable(project.models / name)
            note_export(project, project.models / name)
        else:
            export_model(project, **arguments, progress=progress)
        time_bundle(project, name, progress=progress)
        return published(project.models / name)


def published(folder: Path) -> dict[str, Any]:
    """Return what the manifest says of an exported bundle, as `ExportedBundle.as_dict` does."""
    facts = artefacts.read_json(folder / "bundle.json")
    graph = facts["files"]["model.onnx"]
    return {
        "bundle": str(folder),
        "run": facts["run"],
        **graph,
        "gate": facts["gate"],
        "figures": facts["figures"],
    }
