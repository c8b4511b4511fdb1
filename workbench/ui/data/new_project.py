"""Make a project, and ask one more question: what is typed, with each error at its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from workbench.config import Home
from workbench.domain.questions import KINDS, MOST_ANNOTATORS, Kind, Question
from workbench.errors import InputError, WorkbenchError
from workbench.store.control import MOST_SHARE
from workbench.ui.messages import show_error
from workbench.usecases.add_question import typed_question
from workbench.usecases.project import CONTROL_SHARE, create_project, project_names

T = TypeVar("T")
MOST_QUESTIONS = 10
KIND_WORDS: dict[Kind, str] = {
    "textcat": "one label a document",
    "textcat-multi": "several labels a document",
    "ner": "marked spans in the text",
}


def show_new_project(home: Home) -> str | None:
    """Ask for a new project; return its name once it is made."""
    st.subheader("New project", anchor=False)
    name = st.text_input(
        "Name of the project",
        key="name of new project",
        width=320,
        placeholder="tickets",
        help="Lower-case letters, digits, - and \\_. It names the folder, too.",
    ).strip()
    place = st.container()
    n_questions = st.number_input(
        "How many questions about each document",
        1,
        MOST_QUESTIONS,
        1,
        key="questions of new project",
        width=320,
    )
    drafts = [
        ask_question(f"question {number + 1}", f"new question {number}") for number in range(n_questions)
    ]
    control = st.slider(
        "Documents that chance draws to measure",
        0,
        round(100 * MOST_SHARE),
        round(100 * CONTROL_SHARE),
        5,
        format="%d %%",
        key="control share of new project",
        width=320,
        help="Of what is imported without answers. They are asked among the others, without a suggestion, and no "
        "model learns from them: they tell how right a model is without a test set. The share stays as it is.",
    )
    create = st.button("Create the project", type="primary", key="create project")
    if not create:
        return None
    with place:
        fits = tried(lambda: check_name(home, name)) is not None
    questions = [draft() for draft in drafts]
    if not fits or None in questions:
        return None
    made = tried(lambda: create_project(home, name, [q for q in questions if q], control_share=control / 100))
    return name if made else None


def check_name(home: Home, name: str) -> str:
    """Return the name if a project can have it. Raises InputError."""
    home.project(name)
    if name in project_names(home):
        raise InputError(f"There is already a project '{name}'.", hint="Choose another name.")
    return name


def ask_question(title: str, key: str) -> Callable[[], Question | None]:
    """Ask for a question; the function that is returned reads it, and shows errors at its fields."""
    with st.container(border=True):
        first, second, third = st.columns([3, 3, 4], gap="medium")
        name = first.text_input(f"Name of {title}", key=f"{key} name", placeholder="topic")
        kind = first.selectbox("Answered with", KINDS, key=f"{key} kind", format_func=KIND_WORDS.__getitem__)
        overlap = second.number_input("Annotators on a document", 1, MOST_ANNOTATORS, 1, key=f"{key} overlap")
        share = 100
        if overlap > 1:
            share = second.slider(
                "On this share of the documents", 0, 100, 100, 5, format="%d %%", key=f"{key} share"
            )
        labels = third.text_area(
            "Labels, one a line", key=f"{key} labels", height=146, placeholder="billing\ndelivery\nfault",
            help="Without labels they come with the first imported answers.",
        )  # fmt: skip
        place = st.container()

    def read() -> Question | None:
        with place:
            return tried(
                lambda: typed_question(name, kind, labels=labels, overlap=int(overlap), share=share / 100)
            )

    return read


def tried(act: Callable[[], T]) -> T | None:
    """Return what an action gives; None, and its error shown here, when it is refused."""
    try:
        return act()
    except WorkbenchError as error:
        show_error(error)
        return None
