"""Where the data is, how examples are read from it, and how a result is written down."""

from __future__ import annotations

import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from workbench.domain.arrays import Offsets
from workbench.domain.conversion import LabelledDocument, ReadOptions
from workbench.domain.examples import Example
from workbench.domain.questions import Kind, Question
from workbench.sources.tables import labels_in

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("numpy", "torch", "transformers", "setfit", "scikit-learn", "onnxruntime", "sqlalchemy")


def data_folder(name: str) -> Path:
    """Return a data set's folder: WORKBENCH_DATA/NAME, else ../shared/data/NAME. Exits when it is absent."""
    folder = Path(os.environ.get("WORKBENCH_DATA") or ROOT.parent / "shared" / "data") / name
    if not folder.is_dir():
        sys.exit(
            f"The data set {name} is not here: put it into {folder} or name its parent in WORKBENCH_DATA."
        )
    return folder


def read_labelled_csv(path: Path) -> list[Example]:
    """Read a CSV with the columns `text` and `category` or `label` as examples; else its one column beside `id`.

    Where any cell holds `|`, cells hold any number of labels parted by it; a single `|` says that none applies.
    """
    if not path.is_file():
        raise SystemExit(f"There is no file {path}.")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, columns = list(reader), reader.fieldnames or ()
    others = [column for column in columns if column not in ("id", "text")]
    named = [column for column in ("category", "label") if column in columns] or others
    if "text" not in columns or not named or (named is others and len(others) > 1):
        raise SystemExit(
            f"{path} has the columns {', '.join(columns)}; text and category (or label) are needed."
        )
    kind: Kind = "textcat-multi" if any("|" in row[named[0]] for row in rows) else "textcat"
    found = [labels_in(row[named[0]], kind) for row in rows]
    return [
        Example(f"{path.stem}-{n}", row["text"], labels or ())
        for n, (row, labels) in enumerate(zip(rows, found, strict=True), start=1)
    ]


def read_entities(path: Path) -> list[Example]:
    """Read an IOB2 file as examples with spans."""
    return [
        Example(d.document.id, d.document.text, spans=d.annotations[0].spans if d.annotations else ())
        for d in _column_file(path)
    ]


def read_tokens(path: Path) -> list[Offsets]:
    """Return the tokens of each document of an IOB2 file, as character offsets."""
    layouts = [labelled.document.layout or {} for labelled in _column_file(path)]
    return [np.asarray(layout["words"], dtype=np.int32).reshape(-1, 2) for layout in layouts]


def _column_file(path: Path) -> Sequence[LabelledDocument]:
    from workbench import catalog

    return catalog.source("iob2").read(path, ReadOptions(question="entities", kind="ner")).documents


def question_of(name: str, examples: Sequence[Example]) -> Question:
    """Return the question that the examples answer."""
    labels = {label for e in examples for label in e.labels} | {s.label for e in examples for s in e.spans}
    several = any(len(example.labels) != 1 for example in examples)
    is_ner = any(example.spans for example in examples)
    kind: Kind = "ner" if is_ner else "textcat-multi" if several else "textcat"
    return Question(name, kind, tuple(sorted(labels)))


def timed_process(*command: str | Path, **environment: str) -> tuple[float, float, str]:
    """Run a command and return seconds, peak memory in MB of the largest process so far, and its output."""
    started = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    seconds = time.perf_counter() - started
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.stdout


def workbench_command() -> Path:
    """Return the installed command."""
    return Path(sys.executable).parent / "workbench"


def write_result(name: str, rows: Sequence[dict[str, Any]], **facts: Any) -> None:
    """Write a result as JSON and print it as a table."""
    RESULTS.mkdir(exist_ok=True)
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
    }
    content = {"benchmark": name, "rows": list(rows), **facts, "machine": machine}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{name}")
    columns = list(rows[0])
    cells = [[_shown(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[k]) for line in [columns, *cells]) for k in range(len(columns))]
    for line in [columns, *cells]:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    for key, value in facts.items():
        print(f"  {key}: {_shown(value)}")


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
