"""The tab that ties the project to one in Label Studio, and keeps the two together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st
from markupsafe import Markup

from workbench.errors import MachineError, UnknownNameError
from workbench.ui.choices import remember
from workbench.ui.data.connecting import show_connecting
from workbench.ui.jobs import ENDED, show_job, start_job
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.words import when
from workbench.usecases.ask_for_work import find_job
from workbench.usecases.project import Project

if TYPE_CHECKING:
    from workbench.usecases.label_studio.show_link import LinkState, Sync

JOB = "sync-job"
LOOK_SECONDS = 5.0
VERBS = {
    "ls-push": ("Push documents", "makes a task of every document that has none"),
    "ls-pull": ("Pull answers", "takes over what was answered and changed there"),
    "publish": ("Publish the order", "serves the proposed documents first, with the model's answers"),
}
COUNTED = {
    "pushed": "tasks made",
    "recovered": "found from an interrupted push",
    "doubled": "doubles deleted",
    "answered": "answered here already",
    "known": "documents had a task or stay here",
    "documents_new": "new documents",
    "answers_new": "new answers",
    "answers_changed": "changed answers",
    "withdrawn": "taken back",
    "skips": "skips",
    "drafts": "drafts",
    "tasks_gone": "tasks gone",
    "tasks_seen": "tasks looked at",
}


def show(project: Project) -> None:
    """Show the connection, or how one is made."""
    if find_spec("label_studio_sdk") is None:
        raise MachineError(
            "This needs the Label Studio SDK, which is not installed.",
            hint="pip install 'annotation-workbench[label-studio]'",
        )
    from workbench.usecases.label_studio.show_link import link_state

    state = link_state(project)
    if state is None:
        show_connecting(project)
    else:
        show_connected(project, state)


def show_connected(project: Project, state: LinkState) -> None:
    """Show the connection: what can be done, the watch, and what the last synchronisations found."""
    from workbench.usecases.label_studio.connect import disconnect

    link = state.link
    st.html(
        Markup(
            '<h3>Connected <span class="wb-quiet">'
            '<a href="{0}/projects/{1}/" target="_blank" rel="noopener noreferrer">'
            "{0}/projects/{1}</a> · {2:,} documents have a task, {3:,} have none{4}</span></h3>"
        ).format(
            link.url,
            link.remote_project,
            state.n_linked,
            state.n_without_task,
            f" · served in the order {state.version}" if state.version else "",
        )
    )
    if state.error:
        said = "\n\n".join(as_markdown(state.error.get(name, "")) for name in ("message", "hint"))
        st.error(f"{when(state.error['at'])}: {said}", icon=":material/error:")
    show_actions(project)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Last synchronisation", anchor=False)
        for sync in state.syncs:
            show_sync(sync)
        if not state.syncs:
            st.markdown("Nothing was synchronised yet.")
    with right:
        show_watch(project)
    show_token(project)
    with st.expander("Disconnect"):
        st.markdown("Documents and answers stay, here and there.")
        if st.button("Disconnect", key="ls disconnect"):
            disconnect(project)
            st.rerun()


def show_token(project: Project) -> None:
    """Take another token, when the one that is kept has ended."""
    from workbench.usecases.label_studio.look import replace_token

    with st.expander("Another token"):
        given = st.session_state.get("tokens given", 0)
        token = st.text_input(
            "Token", type="password", autocomplete="off", key=f"ls new token {given}", width=380
        )
        if st.button("Keep it", key="keep token", disabled=not token):
            replace_token(project, token)
            st.session_state["tokens given"] = given + 1
            st.rerun()


def show_actions(project: Project) -> None:
    """Offer push, pull and publish, and show the job that was asked for."""
    job_id = asked_job(project)
    busy = job_id is not None and find_job(project, job_id).state not in ENDED
    with st.container(horizontal=True, gap="small"):
        for verb, (name, hint) in VERBS.items():
            if st.button(name, key=verb, help=f"It {hint}.", disabled=busy):
                arguments: Mapping[str, object] = {"question": ""} if verb == "publish" else {}
                if verb == "ls-pull":
                    arguments = {"whole": True}
                remember(JOB, str(ask(project, verb, arguments)))
                st.session_state.pop(f"chosen {JOB}", None)
                st.rerun()
    if job_id is not None:
        show_job(project, job_id)


def ask(project: Project, verb: str, arguments: Mapping[str, object]) -> int:
    """Ask the worker for a synchronisation and return its job; `publish` of all questions names none."""
    asked = {name: value for name, value in arguments.items() if value != ""}
    return start_job(project, verb, asked).id


def asked_job(project: Project) -> int | None:
    """Return the job that the URL names, if it synchronises this project."""
    number = st.query_params.get(JOB, "")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return None
    try:
        return int(number) if find_job(project, int(number)).verb in VERBS else None
    except UnknownNameError:
        return None


def show_sync(sync: Sync) -> None:
    """Say what a synchronisation found."""
    counts = [f"{n:,} {COUNTED[name]}" for name, n in sync.counts.items() if n and name in COUNTED]
    changed = f" (news: {when(sync.changed_at)})" if sync.changed_at != sync.at else ""
    st.html(
        Markup('<p><b>{}</b> {}{}<br><span class="wb-quiet">{}</span></p>').format(
            sync.verb, when(sync.at), changed, ", ".join(counts) or "nothing new"
        )
    )
    if sync.problems:
        with st.expander(f"{sync.n_problems:,} left out", icon=":material/warning:"):
            st.code("\n".join(sync.problems), language=None, wrap_lines=True)


@st.fragment(run_every=LOOK_SECONDS)
def _follow_watch(project: Project) -> None:
    from workbench.usecases.label_studio.keep_watch import watch_log, watch_state

    state = watch_state(project)
    if state.is_on:
        st.badge("on", color="green", icon=":material/sync:")
        st.markdown(f"Process {state.process}; it goes on when the app is closed.")
    else:
        st.badge("off", color="gray")
    log = watch_log(project)
    if log:
        with st.expander("Log of the watch", expanded=state.is_on):
            st.code(log, language=None, wrap_lines=True)


def show_watch(project: Project) -> None:
    """Show whether a watch keeps the two together, and switch it on and off."""
    from workbench.usecases.label_studio.keep_watch import start_watch, stop_watch, watch_state

    st.subheader("Watch", anchor=False)
    st.markdown(
        "It takes answers over within seconds, trains when there are enough new ones, and serves the new order."
    )
    is_on = watch_state(project).is_on
    if is_on:
        if st.button("Switch off", key="watch off"):
            with errors_shown(), st.spinner("Switching off …"):
                stop_watch(project)
                st.rerun()
    else:
        every = st.number_input(
            "Train after so many new answers", 1, 100_000, 20, key="watch every", width=260
        )
        if st.button("Switch on", type="primary", key="watch on"):
            with errors_shown(), st.spinner("Switching on …"):
                start_watch(project, every=int(every))
                st.rerun()
    _follow_watch(project)
