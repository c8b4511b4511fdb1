"""What the visitor looks at: project, question, annotator. The URL says it, so that a reload finds it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from workbench.config import Home
from workbench.domain.questions import Question
from workbench.errors import InputError
from workbench.ui.messages import as_markdown
from workbench.ui.projects import open_shared
from workbench.ui.visitors import current_visitor
from workbench.usecases.project import Project, project_names

OF_QUESTION = ("run", "runs", "other", "bundle")  # what the URL says about one question
MOST_SHOWN = 80  # characters of a wrong name
ALL = "all questions"  # no question has this name: names have no spaces


def choose_project() -> Project:
    """Ask for a project and open it. Raises InputError when there is none."""
    names = project_names(Home.find())
    if not names:
        raise InputError(
            "There is no project yet.",
            where=str(Home.find().projects),
            hint="Make one on the page Projects, or: workbench init tickets --question topic:textcat",
        )
    place = _place("project", names)
    before = st.query_params.get("project")
    name = st.selectbox(
        "Project", names, index=place, key="project", placeholder="Choose a project", width=240
    )
    if name is None:
        st.stop()
    if before not in (None, name):
        # What else the URL says belongs to the project before.
        for what in ("question", "job", *OF_QUESTION):
            st.query_params.pop(what, None)
    remember("project", name)
    return open_shared(name)


def choose_question(project: Project) -> Question:
    """Ask for one of the project's questions."""
    questions = {question.name: question for question in project.store.questions()}
    names = list(questions)
    if st.query_params.get("question") == ALL:
        st.query_params.pop("question")
    before = st.query_params.get("question")
    place = _place("question", names)
    name = st.segmented_control(
        "Question",
        names,
        default=None if place is None else names[place],
        required=place is not None,
        format_func=lambda name: f"{name} · {questions[name].kind}",
        # A choice belongs to its project: another one asks other questions.
        key=f"question of {project.name}",
    )
    if name is None:
        st.stop()
    if before not in (None, name):
        for what in OF_QUESTION:
            st.query_params.pop(what, None)
    remember("question", name)
    return questions[name]


def choose_questions(project: Project) -> list[Question]:
    """Ask for one of the project's questions, or all of them at once."""
    questions = {question.name: question for question in project.store.questions()}
    names = [*questions, ALL] if len(questions) > 1 else list(questions)
    place = _place("question", names)
    chosen = st.segmented_control(
        "Question",
        names,
        default=None if place is None else names[place],
        required=place is not None,
        key=f"questions of {project.name}",
    )
    if chosen is None:
        st.stop()
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


def linked(what: str, known: Collection[str], *, called: str = "") -> str | None:
    """Return what the URL names; of what there is none of, say so and take it out of the URL.

    `called` is the word for it in the warning.
    """
    named: str | None = st.query_params.get(what)
    if named is None or named in known:
        return named
    st.query_params.pop(what)
    st.warning(
        f"The link names a {called or what} that cannot be chosen here: {as_markdown(named[:MOST_SHOWN])}. "
        "Choose another one.",
        icon=":material/link_off:",
    )
    return None


def linked_number(what: str) -> int | None:
    """Return the number of a job that the URL names; of what is none, say so and take it out of the URL."""
    named = st.query_params.get(what, "")
    # Digits beyond those of a job's number are no job; the database could not hold them either.
    is_number = named.isascii() and named.isdigit() and len(named) < 10
    found = linked(what, [named] if is_number else [], called="job")
    return None if found is None else int(found)


def _place(what: str, names: Sequence[str]) -> int | None:
    """Return where the choice is among the names: that of the URL, else that of another page, else 0.

    None when the URL names what is not there: nobody is to answer another question than he was sent to.
    """
    is_linked = what in st.query_params
    named = linked(what, names)
    if is_linked and named is None:
        return None
    chosen = recalled(what)
    return names.index(chosen) if chosen in names else 0
