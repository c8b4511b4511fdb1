"""The jobs of a project, newest first; it keeps an eye on those that are not over."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.store.jobs import Job
from workbench.ui.job_words import asked_in_words, result_in_words, time_in_words, verb_in_words
from workbench.ui.jobs import ENDED
from workbench.ui.messages import errors_shown
from workbench.ui.projects import open_shared
from workbench.ui.words import table_height, when
from workbench.usecases.ask_for_work import jobs_of
from workbench.usecases.keep_worker import keep_working
from workbench.usecases.project import Project

WATCH_SECONDS = 3.0
SHORT_TABLE = 8
MOST_JOBS = 200
STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")


def show_history(project: Project) -> None:
    """Show the jobs; a click on a row opens its job."""
    keep_working(project)
    jobs = jobs_of(project)
    st.subheader("Jobs", anchor=False)
    if not jobs:
        st.info("Nothing was started yet.")
        return
    if any(job.state not in ENDED for job in jobs):
        _watch(project.name, states_of(jobs))
    counts = {state: sum(job.state == state for job in jobs) for state in STATES}
    chosen = st.pills(
        "Show only",
        [state for state in STATES if counts[state]],
        selection_mode="multi",
        format_func=lambda state: f"{state} {counts[state]:,}",
        key=f"states of {project.name}",
    )
    matching = [job for job in jobs if not chosen or job.state in chosen]
    show_table(matching[:MOST_JOBS])
    if len(matching) > MOST_JOBS:
        st.html(
            Markup('<p class="wb-quiet wb-note">The newest {:,} of {:,} jobs.</p>').format(
                MOST_JOBS, len(matching)
            )
        )


def show_table(jobs: Sequence[Job]) -> None:
    """Show these jobs as a table."""
    if not jobs:
        st.info("No job is in this state.")
        return
    picked = st.dataframe(
        {
            "job": [job.id for job in jobs],
            "work": [verb_in_words(job) for job in jobs],
            "asked with": [asked_in_words(job) for job in jobs],
            "state": [job.state for job in jobs],
            "time": [time_in_table(job) for job in jobs],
            "outcome": [result_in_words(job) or " ".join(job.message.split())[:200] for job in jobs],
            "asked": [when(job.created_at) for job in jobs],
        },
        hide_index=True,
        height="content" if len(jobs) <= SHORT_TABLE else table_height(len(jobs)),
        column_config={
            "job": st.column_config.NumberColumn(width=45),
            "work": st.column_config.TextColumn(width=140),
            "asked with": st.column_config.TextColumn(width=250),
            "state": st.column_config.TextColumn(width=85),
            "time": st.column_config.TextColumn(width=160),
            "outcome": st.column_config.TextColumn(width=290),
            "asked": st.column_config.TextColumn(width=145),
        },
        on_select="rerun",
        selection_mode="single-row",
        # What is picked belongs to these rows: when there are others, nothing is picked.
        key=f"jobs {[job.id for job in jobs[:1]]} {len(jobs)}",
        alt="Jobs, newest first",
    )
    rows = picked.selection.rows
    if rows and st.query_params.get("job") != str(jobs[rows[0]].id):
        st.query_params["job"] = str(jobs[rows[0]].id)
        st.rerun()


def time_in_table(job: Job) -> str:
    """Return a time that stays true while the table stands still: of a running job since when it runs.

    >>> time_in_table(Job(1, "train", {}, "running", started_at="2026-03-04T09:05:07.000001+00:00"))
    'since 2026-03-04 09:05 UTC'
    """
    if job.state == "running" and job.started_at is not None:
        return f"since {when(job.started_at)}"
    return "waits" if job.state == "queued" else time_in_words(job)


def states_of(jobs: Sequence[Job]) -> tuple[tuple[int, str, int], ...]:
    """Return what tells whether any job is otherwise than before."""
    return tuple((job.id, job.state, job.attempt) for job in jobs)


@st.fragment(run_every=WATCH_SECONDS)
def _watch(project_name: str, shown: tuple[tuple[int, str, int], ...]) -> None:
    """Run the page again when a job has begun or ended; see to it that none waits for ever."""
    with errors_shown():
        project = open_shared(project_name)
        keep_working(project)
        if states_of(jobs_of(project)) != shown:
            st.rerun()
