"""README.md of a bundle: what the model is, how well it does, and how to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.export.gate import GateReport
from workbench.export.recipes import Chosen

SHOWN_LABELS = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a network comes from: the project, its question, and the run that trained it.

    `figures` are those of the exported int8 graph on the held-out documents, `figures_float32` those of
    the network it came from; `changed_answers` says which documents the two answer differently.
    """

    project: str
    question: Question
    run: Run
    thresholds: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    figures_float32: Mapping[str, Any] = field(default_factory=dict)
    changed_answers: Mapping[str, Any] = field(default_factory=dict)


def model_card(origin: Origin, chosen: Chosen, versions: Mapping[str, str]) -> str:
    """Return the model card as Markdown."""
    question, run = origin.question, origin.run
    return f"""# {origin.project} / {question.name}

{_task(question)}

## Labels

{_labels(question)}

## Data

Trained as run `{run.id}` with the learner `{run.learner}` on {run.n_examples:,} labelled documents of the
project `{origin.project}` (label version {run.label_version}, SHA-256 of the examples `{run.data_hash}`).

## Figures

{_figures(origin.figures)}

## Export

Weights: {chosen.recipe.words}. {chosen.why.capitalize()}.

{_gate_table(chosen.report)}

## How to use it

    pip install annotation-workbench
    workbench predict <this folder> texts.txt

gives one JSON object a text, with its `labels` or, when spans are marked, its `entities`; null for an empty
line. Or, in Python:

    from pathlib import Path
    from workbench.serving.bundle import Bundle

    bundle = Bundle.load(Path("<this folder>"))
    bundle.predict(["A text."])

Offsets of entities count Unicode code points of the text as given, `[start, end)`. Texts longer than a
window are read in overlapping windows; nothing is cut off.

## Limits

- The figures hold for documents like those they were measured on. Other sources, languages or times need
  a held-out set of their own.
- A probability is a model's opinion, not a frequency; it was not calibrated unless the figures say so.
- `bundle.json` holds ten texts of the held-out documents with their scores: they are compared each time
  the bundle is loaded. Whoever may not see those documents must not get this folder.
- The graph is checked for answers that do not depend on the batch on the machine that exported it.

## Versions

{_versions(versions)}
"""


def _task(question: Question) -> str:
    tasks = {
        "textcat": "Gives each text exactly one label.",
        "textcat-multi": "Gives each text any number of labels: all that reach their threshold.",
        "ner": "Marks the spans of each text that carry a label; spans do not overlap.",
    }
    return tasks[question.kind]


def _labels(question: Question) -> str:
    shown = ", ".join(f"`{label}`" for label in question.labels[:SHOWN_LABELS])
    hidden = len(question.labels) - SHOWN_LABELS
    return f"{len(question.labels)}: {shown}" + (f" and {hidden} more" if hidden > 0 else "")


def _figures(figures: Mapping[str, Any]) -> str:
    numbers = {name: value for name, value in figures.items() if isinstance(value, int | float)}
    if not numbers:
        return "No figures were measured."
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in numbers.items())
    return (
        f"Of the exported graph itself. Measured on: {figures.get('basis')}.\n\n"
        f"| figure | value |\n|---|---|\n{rows}{_per_label(figures.get('per_label', ()))}"
    )


def _per_label(figures: Sequence[Mapping[str, Any]]) -> str:
    if not figures:
        return ""
    ordered = sorted(figures, key=lambda row: 2.0 if row["f1"] is None else row["f1"])
    rows = "\n".join(
        f"| {row['label']} | " + " | ".join(_share(row[name]) for name in ("precision", "recall", "f1"))
        + f" | {row['support']} |"
        for row in ordered
    )  # fmt: skip
    return f"\n\n| label, worst first | precision | recall | F1 | answers |\n|---|---|---|---|---|\n{rows}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _gate_table(report: GateReport) -> str:
    rows = "\n".join(
        f"| {f.name} | {f.value:.5f} | {f.direction} {f.limit:g} | {f.basis} |" for f in report.figures
    )
    return f"| figure | value | limit | measured on |\n|---|---|---|---|\n{rows}"


def _versions(versions: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name} {version}" for name, version in versions.items())
