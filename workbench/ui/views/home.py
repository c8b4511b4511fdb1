"""The page of all projects."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup
from streamlit.navigation.page import StreamlitPage

from workbench.config import Home
from workbench.ui.choices import remember
from workbench.ui.data.new_project import show_new_project
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.projects import open_shared
from workbench.ui.words import headline_in_words
from workbench.usecases.project import Project, project_names
from workbench.usecases.show_progress import QuestionProgress, headline, question_progress

NEW = "new"  # in the URL: the form of a new project is open
FIRST_STEPS = """workbench init tickets --question topic:textcat
workbench import tickets tickets.csv --question topic
"""


def show(annotate: StreamlitPage, review: StreamlitPage | None, data: StreamlitPage | None) -> None:
    """Show the page, with links to these three; the last two are None for whoever does not lead."""
    home = Home.find()
    names = project_names(home)
    leads = data is not None
    if data is not None and st.query_params.get(NEW):
        show_form(home, data)
        return
    if not names:
        show_empty(home, leads=leads)
    elif leads:
        with st.container(horizontal=True, horizontal_alignment="right"):
            offer_new()
    for name in names:
        with st.container(border=True), errors_shown():
            show_project(open_shared(name), annotate, review, data)


def offer_new() -> None:
    """Offer the form of a new project."""
    if st.button("New project", icon=":material/add:", type="primary", key="new project"):
        st.query_params[NEW] = "yes"
        st.rerun()


def show_form(home: Home, data: StreamlitPage) -> None:
    """Show the form of a new project; once it is made, go where its documents are imported."""
    if st.button("All projects", icon=":material/arrow_back:", key="all projects", type="tertiary"):
        st.query_params.clear()
        st.rerun()
    made = show_new_project(home)
    if made is not None:
        st.query_params.clear()
        remember("project", made)
        remember("tab", "import")
        st.switch_page(data, query_params={"project": made, "tab": "import"})


def show_empty(home: Home, *, leads: bool) -> None:
    """Say what to do when there is no project."""
    st.subheader("No project yet", anchor=False)
    if leads:
        st.markdown("A project holds documents and the questions that you ask about each of them.")
        offer_new()
        st.markdown(f"Or in a terminal, in {as_markdown(str(home.root))}:")
        st.code(FIRST_STEPS, language="shell")
    else:
        st.markdown("Ask whoever leads the work to make one.")


def show_project(
    project: Project, annotate: StreamlitPage, review: StreamlitPage | None, data: StreamlitPage | None
) -> None:
    """Show how large a project is and, for each question, how far."""
    n_pool, n_held_out = project.store.n_documents("pool"), project.store.n_documents("held-out")
    n_control = project.store.n_documents("control")
    held_out = f", {n_control:,} control" if n_control else ""
    held_out += f", {n_held_out:,} held out" if n_held_out else ""
    title, links = st.columns([11, 3], vertical_alignment="center")
    title.html(
        Markup('<h3>{} <span class="wb-quiet">{:,} documents in the pool{}</span></h3>').format(
            project.name, n_pool, held_out
        )
    )
    if data is not None:
        with links, st.container(horizontal=True, horizontal_alignment="right"):
            label, tab = ("Data", "documents") if n_pool + n_held_out else ("Import documents", "import")
            st.page_link(data, label=label, query_params={"project": project.name, "tab": tab})
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
