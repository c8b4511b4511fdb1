"""The tab that gives labelled data away: what the file will hold first, then the file."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from workbench import catalog
from workbench.domain.conversion import RULES, ConversionReport
from workbench.domain.documents import Part
from workbench.errors import SourceError
from workbench.ui.addresses import base_path
from workbench.ui.choices import choose_question
from workbench.ui.data.shown import show_problems
from workbench.ui.download_routes import download_link
from workbench.ui.messages import as_markdown
from workbench.usecases.download_data import Download, try_download
from workbench.usecases.project import Project

ALL = "all documents"
RULE_WORDS = {
    "gold-first": "the settled answer, else that of the majority",
    "majority": "what most annotators said",
    "latest": "the newest answer",
}
SEVERAL = ("label-studio",)  # holds every annotator's answer


def show(project: Project) -> None:
    """Ask what is wanted, show what the file will hold, and link to it."""
    question = choose_question(project)
    first, second, third = st.columns(3, gap="medium")
    format_name = first.selectbox("Format", catalog.source_names(), index=3, key="download format")
    part = second.selectbox("Documents", [ALL, *get_args(Part)], key="download part")
    rule = third.selectbox(
        "Where annotators disagree",
        RULES,
        format_func=RULE_WORDS.__getitem__,
        key="download rule",
        disabled=format_name in SEVERAL,
        help="A Label Studio export has every annotator's answer.",
    )
    with st.container(horizontal=True, gap="medium"):
        excel_safe = st.checkbox(
            "Safe in spreadsheets",
            key="download excel",
            help="Keeps Excel from running cells that begin like a formula; it changes such texts.",
            disabled=format_name != "csv",
        )
        allow_loss = st.checkbox("Leave out what the format cannot say", key="download loss")
    wanted = Download(
        question.name,
        format_name,
        None if part == ALL else part,
        rule,
        excel_safe and format_name == "csv",
        allow_loss,
    )
    key = (project.name, wanted, project.store.n_answers(question.name), project.store.n_documents())
    if st.button("Prepare the file", type="primary", key="prepare download"):
        with st.spinner("Writing …"):
            prepare(project, wanted, key)
    ready = st.session_state.get("prepared download")
    if ready is not None and ready[0] == key:
        show_ready(project, wanted, ready[1], ready[2])


def prepare(project: Project, wanted: Download, key: object) -> None:
    """Find out what the file will hold, and remember it for this visit."""
    st.session_state.pop("prepared download", None)
    try:
        report, n_bytes = try_download(project, wanted)
    except SourceError as error:
        st.error(
            f"{len(error.problems):,} answers cannot be said in this format. Tick 'Leave out what the format "
            "cannot say', or choose another one.",
            icon=":material/error:",
        )
        show_problems(error.problems, name=wanted.file_name(project.name), key="download problems")
        return
    st.session_state["prepared download"] = (key, report, n_bytes)


def show_ready(project: Project, wanted: Download, report: ConversionReport, n_bytes: int) -> None:
    """Show the report of the conversion and the link to the file."""
    with st.container(border=True):
        st.markdown(
            f"**{wanted.file_name(project.name)}** · {size(n_bytes)} · {as_markdown(report.in_words())}"
        )
        for reason, n in report.warnings.items():
            st.markdown(f"- {n:,} × {as_markdown(reason)}")
        if report.beside:
            st.markdown("It comes with its labelling config, packed into one zip.")
        if report.rejects:
            show_problems(report.rejects, name=wanted.file_name(project.name), key="download left out")
        st.link_button(
            "Download",
            f"{base_path()}{download_link(project.name, wanted)}",
            type="primary",
            icon=":material/download:",
        )


def size(n_bytes: int) -> str:
    """Return a size in words.

    >>> size(999), size(2_500_000)
    ('999 bytes', '2.5 MB')
    """
    if n_bytes < 1_000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 1_000_000 else f"{n_bytes / 1e6:.1f} MB"
