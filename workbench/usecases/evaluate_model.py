"""Show where a run is wrong: figures, confused pairs down to the documents, one HTML report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.analysis.confusions import ConfusedPair, confused_pairs, confused_spans
from workbench.analysis.curve_points import CurvePoint
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.span_errors import judge_each_span
from workbench.analysis.wording import remarks_on_training
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.usecases.project import Project
from workbench.usecases.runs import judged_documents, need_run, remark_on_labels, run_folder


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run with its confused pairs, most frequent first, where its report is, and what to mind."""

    run: Run
    pairs: tuple[ConfusedPair, ...]
    html: Path
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation as JSON values."""
        return {
            "run": self.run.id,
            "basis": self.run.basis,
            "figures": dict(self.run.figures),
            "confused_pairs": [asdict(pair) for pair in self.pairs],
            "html": str(self.html),
            "warnings": list(self.warnings),
        }


def evaluate_model(
    project: Project, question_name: str, *, run_id: str = "", html: Path | None = None
) -> Evaluation:
    """Write the report of a run, by default the newest of the question, beside the run's folder.

    A run that learned other labels than those of today is reported with a warning. Raises
    NotEnoughDataError when nothing was trained yet.
    """
    from workbench.analysis.report import Report, write_report

    question = project.store.question(question_name)
    run = need_run(project, question_name, run_id)
    documents = judged_documents(project, run)
    warnings = warnings_on(question, run)
    path = html or run_folder(project, run.id).with_suffix(".html")
    report = Report(
        run=run,
        kind=question.kind,
        documents=documents,
        basis=run.basis or "held-out",
        project=project.name,
        curves=curves(project, question_name),
        curve_metric="strict F1" if question.kind == "ner" else "macro-F1",
        warnings=warnings,
    )
    write_report(report, path)
    pairs = pairs_of(documents, is_ner=question.kind == "ner")
    return Evaluation(run, tuple(pairs), path, tuple(warnings))


def warnings_on(question: Question, run: Run) -> list[str]:
    """Return what to mind when reading a run's figures: labels of another day, and how it was trained."""
    remark = remark_on_labels(question, run)
    of_then = f"{remark} The figures are about the labels of then; train again." if remark else ""
    return [*filter(None, [of_then]), *remarks_on_training(run.facts)]


def pairs_of(documents: Sequence[JudgedDocument], *, is_ner: bool) -> list[ConfusedPair]:
    """Return the confused pairs of judged documents."""
    ids = [document.example.document_id for document in documents]
    if is_ner:
        gold_spans = [document.example.spans for document in documents]
        return confused_spans(judge_each_span(gold_spans, [d.predicted_spans for d in documents], ids))
    gold = [document.example.labels for document in documents]
    return confused_pairs(gold, [document.predicted_labels for document in documents], ids)


def curves(project: Project, question: str) -> dict[str, list[CurvePoint]]:
    """Return the learning curve of each learner of a question, by the labels its runs had."""
    found: dict[str, dict[int, float]] = {}
    for run in reversed(project.store.runs(question)):
        value = run.figures.get("strict_f1", run.figures.get("macro_f1"))
        if value is not None:
            found.setdefault(run.learner, {})[run.n_examples] = float(value)
    return {name: [CurvePoint(n, v) for n, v in sorted(points.items())] for name, points in found.items()}
