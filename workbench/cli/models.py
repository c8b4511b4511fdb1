"""Commands for models that leave the house: distil, export, predict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.jobs import Later, leave_to_worker
from workbench.cli.options import ProjectName, QuestionName, ReportFile, RunId, Seed, Settings
from workbench.cli.outputs import check_outputs
from workbench.cli.printing import parse_settings, print_figures, progress_bar, write_report
from workbench.config import Home


def distil(
    name: ProjectName,
    question: QuestionName,
    run: RunId = "",
    seed: Seed = 0,
    settings: Settings = None,
    report: ReportFile = None,
    later: Later = False,
) -> None:
    """Teach a smaller network what a run knows, on labelled and unlabelled documents."""
    from dataclasses import asdict

    from workbench.usecases.distil_model import distil_model
    from workbench.usecases.project import open_project

    check_outputs(report)
    if later:
        asked = {"question_name": question, "run_id": run, "seed": seed, "config": parse_settings(settings)}
        return leave_to_worker(name, "distil", asked)
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        student = distil_model(
            project, question, run_id=run, seed=seed, config=parse_settings(settings), progress=progress
        )
    print(f"run {student.id}: student of {student.config['teacher']} in {student.seconds:.1f} s")
    print_figures(student.figures)
    write_report(report, asdict(student))


def export(
    name: ProjectName,
    question: QuestionName,
    run: RunId = "",
    precision: Annotated[str, typer.Option(help="Of the weights: int8 or float32.")] = "int8",
    report: ReportFile = None,
    later: Later = False,
) -> None:
    """Write a run as a small ONNX bundle, if it passes the gate."""
    from workbench.usecases.export_model import export_model
    from workbench.usecases.project import open_project

    check_outputs(report)
    if later:
        return leave_to_worker(
            name, "export", {"question_name": question, "run_id": run, "precision": precision}
        )
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        bundle = export_model(project, question, run_id=run, precision=precision, progress=progress)
    print(bundle.gate.in_words())
    print(f"wrote {bundle.folder} (model.onnx {bundle.bytes / 1e6:.1f} MB)")
    write_report(report, bundle.as_dict())


def predict(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(help="A .txt, .csv, .tsv, .jsonl or .json file of texts.", show_default=False)
    ],
    text_column: Annotated[str, typer.Option(help="The column or key of the text.")] = "text",
    threads: Annotated[int, typer.Option(min=1, help="Threads of the processor to use.")] = 1,
    despite_gate: Annotated[
        bool, typer.Option("--despite-gate", help="Use a bundle that did not pass its gate.")
    ] = False,
) -> None:
    """Predict with an exported bundle; one JSON object a text. The base install is enough.

    It holds `labels`, or `entities` for a ner question; null for an empty line.
    """
    from workbench.serving.bundle import Bundle
    from workbench.serving.files import predict_file

    loaded = Bundle.load(bundle, n_threads=threads, despite_gate=despite_gate)
    for prediction in predict_file(loaded, file, text_column=text_column):
        print(json.dumps(prediction, ensure_ascii=False))
