"""Runs that learned other labels than their question has today: marked wherever they can be chosen."""

from __future__ import annotations

import streamlit as st

from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.ui.messages import as_markdown
from workbench.ui.words import run_in_words
from workbench.usecases.project import Project
from workbench.usecases.runs import remark_on_labels

OLD = "old labels"


def choice_in_words(question: Question, run: Run) -> str:
    """Return a run as one of several to choose from."""
    mark = f" · {OLD}" if remark_on_labels(question, run) else ""
    return f"{run_in_words(run)} · {run.id}{mark}"


def warn_of_old_labels(question: Question, run: Run) -> bool:
    """Say that a run learned other labels than those of today, and tell whether it did."""
    remark = remark_on_labels(question, run)
    if remark:
        st.warning(as_markdown(f"{remark} Train again."), icon=":material/warning:")
    return bool(remark)


def warn_of_old_labels_in(project: Project, question_name: str, run_id: str) -> None:
    """Say the same of a run that may be gone."""
    question = project.store.question(question_name)
    for run in project.store.runs(question_name):
        if run.id == run_id:
            warn_of_old_labels(question, run)
