"""Find what a run got wrong, so that it can be looked at document by document."""

from __future__ import annotations

from workbench.analysis import mistakes
from workbench.analysis.mistakes import Mistakes
from workbench.domain.runs import Run
from workbench.usecases.project import Project
from workbench.usecases.runs import judged_documents


def find_mistakes(project: Project, run: Run) -> Mistakes:
    """Return the judged documents of a run with their mistakes. Raises ArtefactError when it has none.

    A run's files never change, so that the answer may be kept.
    """
    is_ner = project.store.question(run.question).kind == "ner"
    return mistakes.find_mistakes(judged_documents(project, run), is_ner=is_ner)
