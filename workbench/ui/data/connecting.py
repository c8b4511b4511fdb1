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
    """Ask for the server and its token, then for the project there.

    Nothing is sent before the address was checked, and a token goes only where the visitor said.
    """
    from workbench.usecases.label_studio.connect import checked_url, is_open_to_readers
    from workbench.usecases.label_studio.look import forget_token, has_token, keep_token

    st.markdown("Documents go to Label Studio, answers come back, and the model's order is served there.")
    known_url = st.session_state.get(f"server of {project.name}", "")
    url, token, open_is_fine, sent = ask_for_server(project, known_url)
    if sent:
        with errors_shown():
            url = checked_url(url)
            if token and (open_is_fine or not is_open_to_readers(url)):
                keep_token(project, token, url)
                # A new field takes the place of the one that held the token: it is never shown again.
                st.session_state["tokens given"] = st.session_state.get("tokens given", 0) + 1
            st.session_state[f"server of {project.name}"] = url
            st.rerun()
    elif known_url and is_open_to_readers(known_url) and not open_is_fine:
        st.warning(
            "The address is http, not https: the token would cross the network unencrypted. Nothing was "
            "sent. Use https, or tick the box and press again.",
            icon=":material/lock_open:",
        )
    elif known_url:
        try:
            if (outside := may_use_outside(project, known_url)) is not None:
                show_projects(project, known_url, outside=outside)
        except (RemoteError, InputError) as error:
            show_error(error)
    if has_token(project) and st.button("Forget the token", type="tertiary", key="forget token"):
        forget_token(project)
        st.session_state.pop(f"server of {project.name}", None)
        st.rerun()


def ask_for_server(project: Project, known_url: str) -> tuple[str, str, bool, bool]:
    """Ask for address and token; return both, whether http will do, and whether the form was sent."""
    from workbench.usecases.label_studio.connect import is_open_to_readers
    from workbench.usecases.label_studio.look import has_token_for

    open_is_fine = False
    with st.form("label studio server", clear_on_submit=False, border=False):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            url = st.text_input(
                "Address of the server",
                known_url,
                placeholder="http://127.0.0.1:8080",
                width=340,
                key="ls url",
            )
            kept = bool(known_url) and has_token_for(project, known_url)
            token = st.text_input(
                "Token", type="password", width=380, autocomplete="off",
                placeholder="kept for this server" if kept else "from Account & Settings",
                key=f"ls token {st.session_state.get('tokens given', 0)}",
            )  # fmt: skip
            sent = st.form_submit_button("Show its projects", type="primary")
        if known_url and is_open_to_readers(known_url):
            open_is_fine = st.checkbox(
                f"Send the token to {as_markdown(known_url)} unencrypted", key=f"ls open {known_url}"
            )
    return url, token.strip(), open_is_fine and url.strip().rstrip("/") == known_url, sent


def may_use_outside(project: Project, url: str) -> bool | None:
    """Tell whether the token that is set outside may go to this server; None while the visitor is asked.

    False means that it is not needed, or that there is none.
    """
    from workbench.usecases.label_studio.look import has_token_for, token_is_set_outside
    from workbench.usecases.label_studio.server import origin_of

    if has_token_for(project, url) or not token_is_set_outside():
        return False
    place, origin = f"outside token of {project.name}", origin_of(url)
    if st.session_state.get(place) == origin:
        return True
    st.info(
        f"A token was set where the app was started, for no server in particular. It would go to "
        f"**{as_markdown(origin)}**. Nothing was sent yet.",
        icon=":material/key:",
    )
    if st.button(f"Send it to {as_markdown(origin)}", key="ls outside"):
        st.session_state[place] = origin
        st.rerun()
    return None


def show_projects(project: Project, url: str, *, outside: bool) -> None:
    """Let the visitor choose a project of the server, or make one there."""
    from workbench.usecases.label_studio.connect import connect, create
    from workbench.usecases.label_studio.look import list_projects, token_for

    found = list_projects(project, url, outside=outside)
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
        if number is not None and show_look(project, url, number, outside=outside):
            with st.spinner("Connecting …"):
                connect(
                    Home.find(),
                    project.name,
                    url=url,
                    remote_project=number,
                    token_file=token_for(project, url),
                )
            st.rerun()
    with new:
        st.subheader("A new one", anchor=False)
        names = ", ".join(question.name for question in project.store.questions())
        st.markdown(f"It asks what this project asks: {as_markdown(names)}.")
        title = st.text_input("Title", project.name.ljust(3, "-")[:50], key="ls title")
        if st.button("Make it there and connect", key="ls create"):
            with errors_shown(), st.spinner("Making the project …"):
                create(project, url=url, title=title.strip(), token_file=token_for(project, url))
                st.rerun()


def show_look(project: Project, url: str, number: int, *, outside: bool) -> bool:
    """Show how the questions of a project there map to those here; tell whether to connect."""
    from workbench.usecases.label_studio.look import look_at

    look: Look = look_at(project, url, number, outside=outside)
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
