"""What the visitor looks at: project, question, annotator. The URL says it, so that a reload finds it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.config import Home
from workbench.domain.questions import Question
from workbench.errors import InputError, UnknownNameError
from workbench.ui.messages import as_markdown
from workbench.ui.projects import open_shared
from workbench.ui.visitors import current_visitor
from workbench.usecases.project import Project, project_names

ALL = "all questions"  # no question has this name: names have no spaces


def choose_project() -> Project:
    """Ask for a project and open it. Raises InputError when there is none, or not that of the URL."""
    names = project_names(Home.find())
    if not names:
        raise InputError(
            "There is no project yet.",
            where=str(Home.find().projects),
            hint="Make one on the page Projects, or: workbench init tickets --question topic:textcat",
        )
    place = _place("project", names)
    before = st.query_params.get("project")
    name = st.selectbox("Project", names, index=place, key="project", width=240)
    if before not in (None, name):
        # What else the URL says belongs to the project before.
        for what in ("question", "run", "runs", "job", "bundle"):
            st.query_params.pop(what, None)
    remember("project", name)
    return open_shared(name)


def choose_question(project: Project) -> Question:
    """Ask for one of the project's questions. Raises UnknownNameError for another one in the URL."""
    questions = {question.name: question for question in project.store.questions()}
    names = list(questions)
    if st.query_params.get("question") == ALL:
        st.query_params.pop("question")
    name = st.segmented_control(
        "Question",
        names,
        default=names[_place("question", names)],
        required=True,
        format_func=lambda name: f"{name} · {questions[name].kind}",
        # A choice belongs to its project: another one asks other questions.
        key=f"question of {project.name}",
    )
    remember("question", name)
    return questions[name]


def choose_questions(project: Project) -> list[Question]:
    """Ask for one of the project's questions, or all of them at once. Raises UnknownNameError as above."""
    questions = {question.name: question for question in project.store.questions()}
    names = [*questions, ALL] if len(questions) > 1 else list(questions)
    chosen = st.segmented_control(
        "Question",
        names,
        default=names[_place("question", names)],
        required=True,
        key=f"questions of {project.name}",
    )
    remember("question", chosen)
    return list(questions.values()) if chosen == ALL else [questions[chosen]]


def choose_annotator() -> str:
    """Return who answers; every answer is recorded under this name. Raises InputError when it is empty.

    Somebody with an account answers under it; without accounts the page asks.
    """
    visitor = current_visitor()
    if not visitor.is_local:
        return visitor.name
    typed: str | None = st.session_state.get("annotator")
    name = (recalled("annotator") or visitor.name if typed is None else typed).strip()
    # Behind a button: a key that was meant for the card must not write into the name.
    with st.popover(f"as {as_markdown(name)} · change", icon=":material/person:", type="tertiary"):
        name = st.text_input("Annotator", value=name, key="annotator", width=220).strip()
    if not name:
        raise InputError("Who is answering?", hint="Write your name into the field Annotator.")
    remember("annotator", name)
    return name


def remember(what: str, value: str | None) -> None:
    """Keep a choice in the URL of this page, and for the next pages; None forgets it."""
    if value is None:
        st.query_params.pop(what, None)
        st.session_state.pop(f"chosen {what}", None)
    else:
        st.query_params[what] = value
        st.session_state[f"chosen {what}"] = value


def recalled(what: str) -> str | None:
    """Return a choice: that of the URL, else that of another page."""
    value: str | None = st.query_params.get(what) or st.session_state.get(f"chosen {what}")
    return value


def _place(what: str, names: Sequence[str]) -> int:
    """Return where the choice is among the names; what the URL names must be there."""
    named = st.query_params.get(what)
    if named is not None and named not in names:
        raise UnknownNameError(what, named, names)
    chosen = recalled(what)
    return names.index(chosen) if chosen in names else 0
