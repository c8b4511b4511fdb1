"""The disputed answers that a job found, in a JSON file of the project; the app reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench import artefacts
from workbench.analysis.figures import FigureBasis
from workbench.domain.spans import Span
from workbench.errors import ArtefactError
from workbench.usecases.collect_examples import answer_of, settled_answers
from workbench.usecases.judged_files import spans_from
from workbench.usecases.project import Project

FOLDER = Path("data") / "label-issues"


@dataclass(frozen=True, slots=True)
class LabelIssue:
    """An answer that a model disputes which was not trained on it.

    `quality` in [0, 1] says how far the model believes the given answer; `suggested_…` is its own.
    `basis` says whence its scores are.
    """

    document_id: str
    basis: FigureBasis
    quality: float
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    suggested_labels: tuple[str, ...] = ()
    suggested_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundIssues:
    """What a job found with a run: `n_looked_at` answers by basis, and the issues, most disputed first."""

    run: str
    question: str
    label_version: int
    created_at: str
    n_looked_at: dict[FigureBasis, int]
    issues: tuple[LabelIssue, ...]


def issues_path(project: Project, run_id: str) -> Path:
    """Return where the issues of a run are kept."""
    return project.folder / FOLDER / f"{run_id}.json"


def write_issues(project: Project, found: FoundIssues) -> Path:
    """Write the issues whole and return where."""
    path = issues_path(project, found.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    artefacts.write_json(path, asdict(found))
    return path


def read_issues(project: Project, run_id: str) -> FoundIssues | None:
    """Return the issues of a run, None before anybody looked. Raises ArtefactError for a damaged file."""
    path = issues_path(project, run_id)
    if not path.exists():
        return None
    content = artefacts.read_json(path)
    try:
        issues = tuple(_issue(record) for record in content.pop("issues"))
        return FoundIssues(**content, issues=issues)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtefactError(
            f"These are no label issues: {error!r}.", where=str(path), hint="Find the issues again."
        ) from error


def open_issues(project: Project, found: FoundIssues) -> list[LabelIssue]:
    """Return the issues nobody decided yet: the answer is still the one disputed, and not settled."""
    answers = settled_answers(project, found.question, [issue.document_id for issue in found.issues])
    return [
        issue
        for issue in found.issues
        if (answer := answers.get(issue.document_id)) is not None
        and not answer.is_settled
        and answer_of(answer) == (tuple(sorted(issue.labels)), _places(issue.spans))
    ]


def _places(spans: Sequence[Span]) -> tuple[tuple[int, int, str], ...]:
    return tuple(sorted((span.start, span.end, span.label) for span in spans))


def _issue(record: dict[str, Any]) -> LabelIssue:
    return LabelIssue(
        document_id=record["document_id"],
        basis=record["basis"],
        quality=float(record["quality"]),
        labels=tuple(record["labels"]),
        spans=spans_from(record["spans"]),
        suggested_labels=tuple(record["suggested_labels"]),
        suggested_spans=spans_from(record["suggested_spans"]),
    )
