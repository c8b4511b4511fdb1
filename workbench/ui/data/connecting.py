"""How a project is tied to Label Studio: the server and the token, then a project there, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from workbench.config import Home
from workbench.errors import InputError, RemoteError
from workbench.ui.messages import as_markdown, errors_shown, show_error
from workbench.usecases.project import Project

if TYPE_CHECKING:
    from workbench.usecases.label_studio.look import Look


def show_connecting(project: Project) -> None:
    """Ask for the server and the token, then for the project there."""
    from workbench.usecases.label_studio.look import forget_token, has_token, keep_token, token_is_set_outside

    st.markdown("Documents go to Label Studio, answers come back, and the model's order is served there.")
    known_url = st.session_state.get(f"server of {project.name}", "")
    with (
        st.form("label studio server", clear_on_submit=False, border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="medium"),
    ):
        url = st.text_input(
            "Address of the server", known_url, placeholder="http://127.0.0.1:8080", width=340, key="ls url"
        )
        hint = (
            "kept already; leave it empty to go on with it"
            if has_token(project)
            else "from Account & Settings"
        )
        if token_is_set_outside() and not has_token(project):
            hint = "set where the app was started; leave it empty"
        token = st.text_input(
            "Token", type="password", placeholder=hint, width=380, autocomplete="off",
            key=f"ls token {st.session_state.get('tokens given', 0)}",
        )  # fmt: skip
        sent = st.form_submit_button("Show its projects", type="primary")
    if sent:
        if token:
            keep_token(project, token)
            # A new field takes the place of the one that held the token: it is never shown again.
            st.session_state["tokens given"] = st.session_state.get("tokens given", 0) + 1
        st.session_state[f"server of {project.name}"] = url.strip()
        st.rerun()
    if known_url:
        try:
            show_projects(project, known_url)
        except (RemoteError, InputError) as error:
            show_error(error)
    if has_token(project) and st.button("Forget the token", type="tertiary", key="forget token"):
        forget_token(project)
        st.session_state.pop(f"server of {project.name}", None)
        st.rerun()


def show_projects(project: Project, url: str) -> None:
    """Let the visitor choose a project of the server, or make one there."""
    from workbench.usecases.label_studio.connect import connect, create, is_open_to_readers
    from workbench.usecases.label_studio.look import list_projects, token_of

    found = list_projects(project, url)
    if is_open_to_readers(url):
        st.warning(
            "The address is http, not https: the token crosses the network unencrypted.",
            icon=":material/lock_open:",
        )
    old, new = st.columns([6, 5], gap="large")
    with old:
        st.subheader("A project that is there", anchor=False)
        titles = {one.number: f"{one.title} ({one.number})" for one in found}
        number = st.selectbox(
            f"{len(found)} projects",
            list(titles),
            index=None,
            format_func=titles.__getitem__,
            key="ls project",
        )
        if number is not None and show_look(project, url, number):
            with st.spinner("Connecting …"):
                connect(
                    Home.find(), project.name, url=url, remote_project=number, token_file=token_of(project)
                )
            st.rerun()
    with new:
        st.subheader("A new one", anchor=False)
        names = ", ".join(question.name for question in project.store.questions())
        st.markdown(f"It asks what this project asks: {as_markdown(names)}.")
        title = st.text_input("Title", project.name.ljust(3, "-")[:50], key="ls title")
        if st.button("Make it there and connect", key="ls create"):
            with errors_shown(), st.spinner("Making the project …"):
                create(project, url=url, title=title.strip(), token_file=token_of(project))
                st.rerun()


def show_look(project: Project, url: str, number: int) -> bool:
    """Show how the questions of a project there map to those here; tell whether to connect."""
    from workbench.usecases.label_studio.look import look_at

    look: Look = look_at(project, url, number)
    st.dataframe(
        {
            "question": [one.name for one in look.questions],
            "kind": [one.kind for one in look.questions],
            "labels": [one.n_labels for one in look.questions],
            "here": [one.fate for one in look.questions],
        },
        hide_index=True,
        alt="What the project asks, and what that is here",
    )
    for warning in look.warnings:
        st.warning(as_markdown(warning), icon=":material/warning:")
    if not look.questions:
        st.error("It asks nothing that can be asked here: Choices and Labels about a Text are questions.")
    st.markdown(f"{look.n_tasks:,} tasks are there. Connecting changes nothing there.")
    return st.button("Connect", type="primary", key="ls connect", disabled=not look.fits)
