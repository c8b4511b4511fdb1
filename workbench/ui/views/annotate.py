"""The page on which documents are labelled."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from workbench.domain.questions import Question
from workbench.ui.addresses import base_path
from workbench.ui.card import queue_data, task_data
from workbench.ui.choices import choose_annotator, choose_project, choose_questions
from workbench.ui.components.labeler.component import labeler
from workbench.ui.gate import csrf_token
from workbench.ui.links import show_link
from workbench.ui.visitors import current_visitor
from workbench.usecases.project import Project
from workbench.usecases.set_question import question_settings


def show() -> None:
    """Show the page: what is chosen stands above the card, and the card goes on by itself."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        questions = choose_questions(project)
        annotator = choose_annotator()
        show_guidelines(project, questions)
        link_to_bulk(questions)
    without = [question.name for question in questions if not question.labels]
    if without:
        st.info(
            f"{', '.join(without)}: no labels yet. Add them on the page Data, or import labelled documents.",
            icon=":material/label_off:",
        )
        return
    if not project.store.n_documents("pool"):
        show_no_documents(project)
        return
    names = [question.name for question in questions]
    task = task_data(project, questions, annotator, token=csrf_token(current_visitor()))
    labeler({"task": task, "queue": queue_data(project, names, annotator)}, key="labeler")


def link_to_bulk(questions: list[Question]) -> None:
    """Link to the page on which many documents get one answer, where the question has labels for it."""
    if len(questions) == 1 and questions[0].kind != "ner":
        st.link_button(
            "Many at once",
            f"{base_path()}/bulk?{urlencode({name: st.query_params[name] for name in ('project', 'question')})}",
            icon=":material/checklist:",
            type="tertiary",
        )


def show_no_documents(project: Project) -> None:
    """Say that there is nothing to label yet, and where documents come from."""
    st.info("There are no documents to label yet.", icon=":material/upload_file:")
    if current_visitor().leads:
        show_link("data", "Import documents", project=project.name, tab="import")


def show_guidelines(project: Project, questions: list[Question]) -> None:
    """Offer what was written about how to answer; nothing when nothing was."""
    written = {q.name: question_settings(project, q.name).guidelines.strip() for q in questions}
    if not any(written.values()):
        return
    with st.popover("Guidelines", icon=":material/menu_book:"):
        for name, text in written.items():
            if text and len(questions) > 1:
                st.markdown(f"**{name}**")
            st.markdown(text)
