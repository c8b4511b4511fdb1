"""The page of all projects."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup
from streamlit.navigation.page import StreamlitPage

from workbench.config import Home
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.projects import open_shared
from workbench.ui.words import headline_in_words
from workbench.usecases.project import Project, project_names
from workbench.usecases.show_progress import QuestionProgress, headline, question_progress

FIRST_STEPS = """workbench init tickets --question topic:textcat
workbench import tickets tickets.csv --question topic
"""


def show(annotate: StreamlitPage, review: StreamlitPage | None) -> None:
    """Show the page, with links to these two; None for a page that is not for this visitor."""
    home = Home.find()
    names = project_names(home)
    if not names:
        st.subheader("No project yet", anchor=False)
        st.markdown(f"There is none in {as_markdown(str(home.projects))}. This makes one:")
        st.code(FIRST_STEPS, language="shell")
    for name in names:
        with st.container(border=True), errors_shown():
            show_project(open_shared(name), annotate, review)


def show_project(project: Project, annotate: StreamlitPage, review: StreamlitPage | None) -> None:
    """Show how large a project is and, for each question, how far."""
    n_held_out = project.store.n_documents("held-out")
    held_out = f", {n_held_out:,} held out" if n_held_out else ""
    st.html(
        Markup('<h3>{} <span class="wb-quiet">{:,} documents in the pool{}</span></h3>').format(
            project.name, project.store.n_documents("pool"), held_out
        )
    )
    for question in project.store.questions():
        about, answered, figure, links = st.columns([3, 4, 4, 3], vertical_alignment="center", gap="medium")
        progress = question_progress(project, question)
        about.markdown(f"**{question.name}** · {question.kind}, {len(question.labels)} labels")
        answered.progress(progress.share, text=answers_in_words(progress))
        newest = headline(progress.newest) if progress.newest else None
        figure.markdown(headline_in_words(newest) if newest else "no model yet")
        chosen = {"project": project.name, "question": question.name}
        with links, st.container(horizontal=True, gap="small", horizontal_alignment="right"):
            st.page_link(annotate, label="Annotate", query_params=chosen)
            if review is not None:
                st.page_link(review, label="Review", query_params=chosen)


def answers_in_words(progress: QuestionProgress) -> str:
    """Return how many documents of the pool are answered and skipped."""
    skipped = f", {progress.n_skipped:,} skipped" if progress.n_skipped else ""
    return f"{progress.n_answered:,} of {progress.n_pool:,} answered{skipped}"
