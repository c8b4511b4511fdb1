"""Long work on a page: ask for it, see how far it is, call it off, take it up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import streamlit as st

from workbench.store.jobs import Job
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.projects import open_shared
from workbench.usecases.ask_for_work import ask_for, call_off, find_job, last_lines, take_up
from workbench.usecases.keep_worker import note_lost_jobs, start_worker
from workbench.usecases.project import Project

LOOK_SECONDS = 1.0
LOG_LINES = 40
ENDED = ("done", "failed", "cancelled", "interrupted")
Colour: TypeAlias = Literal["gray", "blue", "green", "red", "orange"]
COLOURS: Mapping[str, Colour] = {
    "queued": "gray",
    "running": "blue",
    "done": "green",
    "failed": "red",
    "cancelled": "orange",
    "interrupted": "orange",
}


def start_job(project: Project, verb: str, arguments: Mapping[str, Any]) -> Job:
    """Ask the project's worker for work, start one when there is none, and return the job.

    Raises UnknownNameError for a question that the project does not ask, MachineError without a worker.
    """
    job = ask_for(project, verb, arguments)
    start_worker(project)
    return job


def show_job(project: Project, job_id: int) -> Job:
    """Show a job and keep it up to date until it ends, then run the page again; return it as it is now.

    The state is in the store: a reload, another browser and a restart of the app find the job again.
    """
    job = find_job(project, job_id)
    if job.state in ENDED:
        _show(project, job)
    else:
        _follow(project.name, job_id)
    return job


@st.fragment(run_every=LOOK_SECONDS)
def _follow(project_name: str, job_id: int) -> None:
    with errors_shown():
        project = open_shared(project_name)
        note_lost_jobs(project)
        job = find_job(project, job_id)
        if job.state == "queued":
            start_worker(project)
        _show(project, job)
        if job.state in ENDED:
            st.rerun()


def _show(project: Project, job: Job) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{as_markdown(job.verb)}** · job {job.id}")
            st.badge(job.state, color=COLOURS[job.state])
            if job.state in ("queued", "running"):
                asked = job.cancel_requested
                if st.button("Cancelling …" if asked else "Cancel", key=f"cancel {job.id}", disabled=asked):
                    call_off(project, job.id)
            elif job.state != "done" and st.button("Resume", key=f"resume {job.id}"):
                take_up(project, job.id)
                start_worker(project)
                st.rerun(scope="app")
        if job.state == "running":
            done = min(1.0, job.done / job.total) if job.total else 0.0
            st.progress(
                done, text=f"{as_markdown(job.what)} {job.done:,} of {job.total:,}" if job.total else "…"
            )
        if job.message:
            st.markdown(as_markdown(job.message))
        log = last_lines(project, job.id, LOG_LINES)
        if log:
            with st.expander("Log"):
                st.code(log, language=None, wrap_lines=True)
