"""What the page Progress counts, kept until somebody answers again: a click need not count anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench.domain.questions import Question
from workbench.store.teamwork import Teamwork
from workbench.usecases.advise_stop import Advice, advise_stop
from workbench.usecases.count_labels import count_labels
from workbench.usecases.find_conflicts import Conflict, find_conflicts
from workbench.usecases.measure_agreement import Agreement, measure_agreement
from workbench.usecases.project import Project
from workbench.usecases.show_pace import TeamPace, show_pace

# A project is told from another by its folder and open store; `stamp` grows with every answer and
# label change.
_by_identity: dict[str | type[Any], Callable[[Any], Any]] = {
    Project: lambda project: (str(project.folder), id(project.store))
}


def kept_conflicts(project: Project, question: Question) -> list[Conflict]:
    """Return what `find_conflicts` does."""
    return _conflicts(project, question.name, _stamp(project, question))


def kept_agreement(project: Project, question: Question) -> Agreement:
    """Return what `measure_agreement` does."""
    return _agreement(project, question, _stamp(project, question))


def kept_pace(project: Project, question: Question) -> TeamPace:
    """Return what `show_pace` does."""
    return _pace(project, question.name, _stamp(project, question))


def kept_counts(project: Project, question: Question) -> dict[str, int]:
    """Return what `count_labels` does."""
    return _counts(project, question, _stamp(project, question))


def kept_advice(project: Project, question: Question, only: str | None) -> Advice:
    """Return what `advise_stop` does, until somebody answers or another run is there."""
    runs = tuple(run.id for run in project.store.runs(question.name)[:1])
    return _advice(project, question, only, (_stamp(project, question), *runs))


def _stamp(project: Project, question: Question) -> int:
    return Teamwork(project.store).stamp(question.name)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_by_identity)
def _conflicts(project: Project, question: str, stamp: int) -> list[Conflict]:
    return find_conflicts(project, question)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_by_identity)
def _agreement(project: Project, question: Question, stamp: int) -> Agreement:
    return measure_agreement(project, question)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_by_identity)
def _pace(project: Project, question: str, stamp: int) -> TeamPace:
    return show_pace(project, question)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_by_identity)
def _counts(project: Project, question: Question, stamp: int) -> dict[str, int]:
    return count_labels(project, question)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_by_identity)
def _advice(project: Project, question: Question, only: str | None, stamp: tuple[object, ...]) -> Advice:
    return advise_stop(project, question.name, only=only)
