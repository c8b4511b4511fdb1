"""The page that shows how far a question is, how far annotators agree, and what a lead has to decide."""

from __future__ import annotations

import streamlit as st

from workbench.ui.choices import choose_project, choose_question, linked
from workbench.ui.progress.agreement import show_agreement
from workbench.ui.progress.conflicts import show_conflicts
from workbench.ui.progress.kept import kept_conflicts
from workbench.ui.progress.work import show_work
from workbench.ui.visitors import current_visitor
from workbench.usecases.find_conflicts import open_conflicts

TABS = ("work", "agreement", "conflicts")


def show() -> None:
    """Show the page; other people's answers and pace are for leads."""
    visitor = current_visitor()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        if visitor.leads:
            conflicts = kept_conflicts(project, question)
            tab = choose_tab(len(open_conflicts(conflicts)))
    if not visitor.leads:
        say_who_sees_the_rest()
        show_work(project, question, only=visitor.name)
    elif tab == "agreement":
        show_agreement(project, question)
    elif tab == "conflicts":
        show_conflicts(project, question, conflicts)
    else:
        show_work(project, question)


def say_who_sees_the_rest() -> None:
    """Say to an annotator whose link leads to one of the other tabs that it is not theirs."""
    named = st.query_params.pop("tab", TABS[0])
    if named in TABS[1:]:
        st.info(
            f"{named.title()} is for leads and admins: it shows what others answered, before you did.",
            icon=":material/lock:",
        )


def choose_tab(n_conflicts: int) -> str:
    """Ask what to show; the URL keeps it."""
    named = linked("tab", TABS, called="view")
    titles = {"work": "Work", "agreement": "Agreement", "conflicts": f"Conflicts ({n_conflicts:,})"}
    chosen: str = st.segmented_control(
        "Show",
        TABS,
        default=named or TABS[0],
        required=True,
        format_func=lambda tab: titles[tab],
        key="tab of progress",
    )
    st.query_params["tab"] = chosen
    return chosen
