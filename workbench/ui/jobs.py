"""Long work on a page: ask for it, see how far it is, call it off, take it up again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, Literal, TypeAlias

import streamlit as st
from markupsafe import Markup

from workbench.domain.steps import step_of
from workbench.store.jobs import Job
from workbench.ui.job_words import (
    asked_in_words,
    result_in_words,
    silence,
    steps_html,
    time_in_words,
    verb_in_words,
)
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.projects import open_shared
from workbench.ui.visitors import current_visitor
from workbench.usecases.ask_for_work import (
    ask_for,
    call_off,
    can_be_taken_up,
    find_job,
    jobs_before,
    last_lines,
    last_words_of_worker,
    same_job,
    take_up,
)
from workbench.usecases.keep_worker import keep_working, start_worker
from workbench.usecases.project import Project

_asking = Lock()
ASKED_BEFORE = "job that was asked for before"
LOOK_SECONDS, LOOK_AGAIN_SECONDS = 1.0, 3.0
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

    Work that was asked for already and has not ended, on this page or another, is not asked for twice:
    that job is returned, and says so where it is shown. Raises UnknownNameError for a question that the
    project does not ask, MachineError without a worker.
    """
    with _asking:  # of two tabs that press at once one is the first
        st.session_state.pop(ASKED_BEFORE, None)
        job = same_job(project, verb, arguments)
        if job is None:
            job = ask_for(project, verb, arguments)
        else:
            st.session_state[ASKED_BEFORE] = job.id
    start_worker(project)
    return job


def show_job(project: Project, job_id: int) -> Job:
    """Show a job and keep it up to date until it ends, then run the page again; return it as it is now.

    Whoever leads may call it off and take it up again. Raises UnknownNameError.

    The state is in the store: a reload, another browser and a restart of the app find the job again.
    """
    keep_working(project)
    job = find_job(project, job_id)
    if job.state in ENDED:
        _show(project, job)
        if job.state != "done":
            _notice_others(project.name, job_id, (job.state, job.attempt))
    else:
        _follow(project.name, job_id)
    return job


@st.fragment(run_every=LOOK_SECONDS)
def _follow(project_name: str, job_id: int) -> None:
    with errors_shown():
        project = open_shared(project_name)
        keep_working(project)
        job = find_job(project, job_id)
        _show(project, job)
        if job.state in ENDED:
            st.rerun()


@st.fragment(run_every=LOOK_AGAIN_SECONDS)
def _notice_others(project_name: str, job_id: int, shown: tuple[str, int]) -> None:
    """Run the page again when the job was taken up elsewhere: by another page or on a terminal."""
    with errors_shown():
        job = find_job(open_shared(project_name), job_id)
        if (job.state, job.attempt) != shown:
            st.rerun()


def _show(project: Project, job: Job) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(
                Markup(
                    '<p class="wb-job" data-job="{}" data-state="{}"><b>{}</b> <span class="wb-quiet">{}</span></p>'
                ).format(job.id, job.state, verb_in_words(job), asked_in_words(job)),
            )
            st.badge(job.state, color=COLOURS[job.state])
            if current_visitor().leads:
                _show_buttons(project, job)
        st.html(steps_html(job) + _facts(project, job))
        if job.state not in ENDED and st.session_state.get(ASKED_BEFORE) == job.id:
            st.info(
                "The same was asked for already and goes on: this is that job. No second one was started."
            )
        if job.state == "running":
            _show_progress(job)
        if job.message:
            show = {"failed": st.error, "interrupted": st.warning}.get(job.state, st.info)
            show(as_markdown(job.message).replace("\n", "  \n"))
        _show_log(project, job)


def _facts(project: Project, job: Job) -> Markup:
    before = jobs_before(project, job.id) if job.state == "queued" else []
    facts = [f"job {job.id}", time_in_words(job, before=before), result_in_words(job)]
    if job.attempt > 1:
        facts.append(f"attempt {job.attempt}")
    silent = silence(job, time.time())
    if silent is not None:
        facts.append(f"no sign of life for {silent:.0f} s")
    return Markup('<p class="wb-quiet wb-note">{}</p>').format(" · ".join(filter(None, facts)))


def _show_buttons(project: Project, job: Job) -> None:
    if job.state in ("queued", "running"):
        asked = job.cancel_requested
        if st.button("Cancelling …" if asked else "Cancel", key=f"cancel {job.id}", disabled=asked):
            with errors_shown():  # it may have ended in between
                call_off(project, job.id)
                st.rerun()
    elif can_be_taken_up(project, job) and st.button("Resume", key=f"resume {job.id}"):
        with errors_shown():  # another page may have been faster
            take_up(project, job.id)
            start_worker(project)
            st.rerun()


def _show_progress(job: Job) -> None:
    step, within = step_of(job.what)
    if not job.total:
        st.html(Markup('<p class="wb-quiet wb-note">{} …</p>').format(job.what or "starting"))
        return
    words = f"{within or step}: {job.done:,} of {job.total:,}"
    st.progress(min(1.0, max(0.0, job.done / job.total)), text=as_markdown(words))


def _show_log(project: Project, job: Job) -> None:
    """Show what the job wrote; of one that waits, what its worker said, which may be why it waits."""
    waits = job.state == "queued"
    log = last_words_of_worker(project, LOG_LINES) if waits else last_lines(project, job.id, LOG_LINES)
    if log:
        with st.expander("Log of the worker" if waits else "Log"):
            st.code(log, language=None, wrap_lines=True)
