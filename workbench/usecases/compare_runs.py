"""Runs of one question side by side: figures that may be compared, settings that differ, size and speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.analysis.f1_intervals import apart, f1_interval
from workbench.analysis.intervals import Interval, MaybeInterval
from workbench.domain.runs import Run
from workbench.errors import InputError
from workbench.usecases.judged_files import digest_of_gold
from workbench.usecases.project import Project
from workbench.usecases.runs import run_folder
from workbench.usecases.show_bundle import Timing, bundles_of, read_timing

FIGURES = {
    "strict_f1": "strict F1",
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "micro_f1": "micro-F1",
}
NOT_SET = "–"


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a run. `differs`: its interval and that of the first run do not overlap."""

    value: float | None
    interval: MaybeInterval
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One run of a comparison.

    `not_compared` says why its figures say nothing beside those of the first run, "" when they do: both
    were judged on the same basis, the same documents and the same right answers. Only then `differs`
    says anything. `gold` is a digest of documents and answers. `n_bytes` is the size of its files, None
    when they are gone.
    """

    run: Run
    basis: str
    n_documents: int
    gold: str
    not_compared: str
    figures: Mapping[str, Measured]
    labels: Mapping[str, Measured]
    n_bytes: int | None
    timing: Timing | None

    @property
    def comparable(self) -> bool:
        """Whether its figures may be read beside those of the first run."""
        return not self.not_compared


@dataclass(frozen=True, slots=True)
class Comparison:
    """The runs, the first one being what the others are compared with, and the settings that differ."""

    runs: tuple[Shown, ...]
    settings: Mapping[str, tuple[str, ...]]


def compare_runs(project: Project, run_ids: Sequence[str]) -> Comparison:
    """Put runs side by side. Raises InputError unless there are two or more of one question."""
    runs = [project.store.run(id) for id in dict.fromkeys(run_ids)]
    if len(runs) < 2:
        raise InputError("Two runs or more can be compared.", hint="Choose another one.")
    if len({run.question for run in runs}) > 1:
        raise InputError("Runs of different questions cannot be compared.", hint="Choose one question.")
    first = _shown(project, runs[0], None)
    return Comparison((first, *(_shown(project, run, first) for run in runs[1:])), differing_settings(runs))


def differing_settings(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """Return the settings in which the runs differ, each with its value in every run, in their order."""
    known = [{"learner": run.learner, "seed": run.seed, **flat(run.config)} for run in runs]
    names = list(dict.fromkeys(name for settings in known for name in settings))
    values = {name: tuple(NOT_SET if s.get(name) is None else str(s[name]) for s in known) for name in names}
    return {name: found for name, found in values.items() if len(set(found)) > 1}


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without `encoder_id`, which the encoder's name stands for."""
    return {name: value for name, value in config.items() if name != "encoder_id"}


def basis_of(run: Run) -> tuple[str, int]:
    """Return on what a run was judged, and on how many documents."""
    return run.basis or "", int(run.figures.get("n", run.figures.get("n_documents", 0)))


def _shown(project: Project, run: Run, first: Shown | None) -> Shown:
    basis, n_documents = basis_of(run)
    gold = digest_of_gold(run_folder(project, run.id))
    why_not = "" if first is None else _why_not(first, basis, n_documents, gold)
    figures = {name: measured(run, name) for name in FIGURES if name in run.figures}
    labels = {
        row["label"]: Measured(row["f1"], label_interval(row)) for row in run.figures.get("per_label", ())
    }
    if first is not None and not why_not:
        figures = _against(figures, first.figures)
        labels = _against(labels, first.labels)
    bundles = bundles_of(project, run.id)
    timings = [timing for name in bundles if (timing := read_timing(project, name)) is not None]
    timing = timings[0] if timings else None
    return Shown(run, basis, n_documents, gold, why_not, figures, labels, size_of(project, run), timing)


def _why_not(first: Shown, basis: str, n_documents: int, gold: str) -> str:
    if not basis:
        return "not judged"
    if basis != first.basis:
        return "another basis: not compared"
    if not gold or not first.gold:
        return "its judged documents are gone: not compared"
    if n_documents != first.n_documents or gold != first.gold:
        return "other documents or right answers: not compared"
    return ""


def _against(ours: Mapping[str, Measured], theirs: Mapping[str, Measured]) -> dict[str, Measured]:
    return {
        name: Measured(own.value, own.interval, name in theirs and apart(own.interval, theirs[name].interval))
        for name, own in ours.items()
    }


def measured(run: Run, name: str) -> Measured:
    """Return a figure with the interval that stands beside it, or that its counts give."""
    pair = run.figures.get(f"{name}_interval")
    interval = Interval(*pair) if pair else None
    if name in ("strict_f1", "micro_f1"):
        rows = run.figures.get("per_label", ())
        support, predicted, correct = (
            sum(row[key] for row in rows) for key in ("support", "predicted", "correct")
        )
        interval = f1_interval(support, predicted, correct)
    return Measured(run.figures[name], interval)


def label_interval(row: Mapping[str, Any]) -> MaybeInterval:
    """Return the interval of a label's F1."""
    return f1_interval(row["support"], row["predicted"], row["correct"])


def size_of(project: Project, run: Run) -> int | None:
    """Return the bytes of a run's model, or None when its files are gone."""
    folder = run_folder(project, run.id) / "model"
    if not folder.is_dir():
        return None
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
