"""Compare two runs of a question document by document, under the labels of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.paired import PairedRuns, with_labels_of_today
from workbench.analysis.paired import pair_runs as pair_documents
from workbench.domain.runs import Run
from workbench.usecases.project import Project


@dataclass(frozen=True, slots=True)
class RunsOfToday:
    """Two runs on the same documents; `n_to_answer_anew` are left out: their label was split or retired."""

    paired: PairedRuns
    n_to_answer_anew: int


def pair_runs(
    project: Project,
    before: tuple[Run, Sequence[JudgedDocument]],
    after: tuple[Run, Sequence[JudgedDocument]],
) -> RunsOfToday:
    """Put two runs with their judged documents together.

    What each was judged by is read as the labels are today: renamed and merged ones are the same answer.
    """
    sides = []
    gone: set[str] = set()
    for run, documents in (before, after):
        changes = project.store.label_changes(run.question, since=run.label_version)
        sides.append(with_labels_of_today(documents, changes))
        kept = {document.example.document_id for document in sides[-1]}
        gone |= {document.example.document_id for document in documents} - kept
    in_both = {document.example.document_id for document in before[1]}.intersection(
        document.example.document_id for document in after[1]
    )
    return RunsOfToday(pair_documents(*sides), len(gone & in_both))
