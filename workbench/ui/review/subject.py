"""What is reviewed: a run of a question, and its judged documents, read once for all clicks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from workbench.analysis.mistakes import Mistakes
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.usecases.find_mistakes import find_mistakes
from workbench.usecases.project import Project
from workbench.usecases.runs import need_run_folder

NOTHING = "(nothing)"  # the other side of a label that was missed or too much


@dataclass(frozen=True, slots=True)
class Subject:
    """A run under review; `runs` are all of its question, newest first."""

    project: Project
    question: Question
    run: Run
    runs: Sequence[Run]

    @property
    def is_ner(self) -> bool:
        """Whether the answers are spans."""
        return self.question.kind == "ner"

    def mistakes(self) -> Mistakes:
        """Return the judged documents and what is wrong in them. Raises ArtefactError without any."""
        return mistakes_of(self.project, self.run)

    def basis_in_words(self) -> str:
        """Return on how many documents of which kind the figures are."""
        n = self.run.figures.get("n", self.run.figures.get("n_documents", 0))
        kind = {
            "out-of-fold": "documents, out of fold",
            "held-out": "held-out documents",
            "control sample": "documents of the control sample",
        }
        return f"{n:,} {kind.get(self.run.basis or '', 'documents')}"


def mistakes_of(project: Project, run: Run) -> Mistakes:
    """Return the judged documents of a run, kept from visit to visit: its files never change."""
    folder = need_run_folder(project, run)
    return _read(str(folder), folder.stat().st_ino, _project=project, _run=run)


@st.cache_resource(max_entries=4, show_spinner="Reading the judged documents …")
def _read(folder: str, number: int, *, _project: Project, _run: Run) -> Mistakes:
    return find_mistakes(_project, _run)
