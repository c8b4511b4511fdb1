"""The page of what was trained and what was exported."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.domain.runs import Run
from workbench.ui.choices import choose_project
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.words import table_height, when
from workbench.usecases.show_progress import GRAPH, BundleFacts, bundle_folders, headline, read_bundle_facts


def show() -> None:
    """Show the page."""
    with st.container(horizontal=True):
        project = choose_project()
    runs = project.store.runs()
    st.subheader("Trained models", anchor=False)
    if runs:
        show_runs(runs)
    else:
        st.info(f"Nothing was trained yet: `workbench train {project.name} --question …`")
    st.subheader("Bundles", anchor=False)
    folders = bundle_folders(project)
    for folder in folders:
        with st.container(border=True), errors_shown():
            show_bundle(read_bundle_facts(folder))
    if not folders:
        st.info(f"Nothing was exported yet: `workbench export {project.name} --question …`")


def show_runs(runs: Sequence[Run]) -> None:
    """Show the runs, newest first."""
    figures = [headline(run) for run in runs]
    st.dataframe(
        {
            "question": [run.question for run in runs],
            "learner": [run.learner for run in runs],
            "answers": [run.n_examples for run in runs],
            "figure": [found.name if found else "–" for found in figures],
            "value": [found.value if found else None for found in figures],
            "basis": [
                f"{found.basis}, {found.n_documents:,} documents" if found else "–" for found in figures
            ],
            "seconds": [run.seconds for run in runs],
            "trained": [when(run.created_at) for run in runs],
            "run": [run.id for run in runs],
        },
        hide_index=True,
        height=table_height(len(runs)),
        column_config={
            "value": st.column_config.NumberColumn(format="%.3f"),
            "seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Trained models, newest first",
    )


def show_bundle(bundle: BundleFacts) -> None:
    """Show an exported model: its size, where it came from, and every figure of its gate."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{as_markdown(bundle.name)}**")
        if bundle.passed:
            st.badge("gate passed", icon=":material/check:", color="green")
        else:
            st.badge("gate failed", icon=":material/close:", color="red")
    st.html(
        Markup(
            '<p class="wb-quiet">{} {:.1f} MB · question {} · run {} · {} answers · exported {}</p>'
        ).format(
            GRAPH,
            bundle.n_bytes / 1e6,
            bundle.question,
            bundle.run,
            bundle.n_examples,
            when(bundle.created_at),
        )
    )
    st.dataframe(
        {
            "gate": [row["name"] for row in bundle.gate],
            "measured": [row["value"] for row in bundle.gate],
            "limit": [f"{row['direction']} {row['limit']:g}" for row in bundle.gate],
            "passed": ["yes" if row["passed"] else "NO" for row in bundle.gate],
            "basis": [row["basis"] for row in bundle.gate],
        },
        hide_index=True,
        column_config={
            "gate": st.column_config.TextColumn(width="large"),
            "measured": st.column_config.NumberColumn(format="%.5f", width="small"),
            "limit": st.column_config.TextColumn(width="small"),
            "passed": st.column_config.TextColumn(width="small"),
        },
        alt=f"The gate's figures of {bundle.name}",
    )
