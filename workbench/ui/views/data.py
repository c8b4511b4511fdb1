"""The page of a project's data: its documents, questions, imports, Label Studio, analysis and downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from workbench.ui.choices import choose_project, linked, recalled, remember
from workbench.ui.data import analysis, documents, download, importing, label_studio, questions
from workbench.ui.messages import errors_shown
from workbench.ui.visitors import current_visitor
from workbench.usecases.project import Project

TABS: Mapping[str, tuple[str, Callable[[Project], None]]] = {
    "documents": ("Documents", documents.show),
    "questions": ("Questions & labels", questions.show),
    "import": ("Import", importing.show),
    "label-studio": ("Label Studio", label_studio.show),
    "analysis": ("Analysis", analysis.show),
    "download": ("Download", download.show),
}


def show() -> None:
    """Show the page; only one tab is worked out at a time."""
    if not current_visitor().leads:
        st.info("This page is for those who lead the project.", icon=":material/lock:")
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        tab = choose_tab()
    with errors_shown():
        TABS[tab][1](project)


def choose_tab() -> str:
    """Ask which tab to show; the URL says it."""
    named = linked("tab", TABS) or recalled("tab")
    tab = st.segmented_control(
        "What",
        list(TABS),
        default=named if named in TABS else next(iter(TABS)),
        required=True,
        format_func=lambda name: TABS[name][0],
        key="tab of data",
    )
    remember("tab", tab)
    return str(tab)
