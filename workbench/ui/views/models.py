"""The page where models are trained, distilled, exported and compared; the jobs that do it stand below."""

from __future__ import annotations

import streamlit as st

from workbench.domain.questions import Question
from workbench.store.jobs import Job
from workbench.ui.choices import choose_project, choose_question, linked, linked_number
from workbench.ui.jobs import show_job
from workbench.ui.links import show_link
from workbench.ui.messages import errors_shown
from workbench.ui.models.bundles import show_bundles
from workbench.ui.models.comparison import show_runs
from workbench.ui.models.forms import show_distillation, show_export, show_training
from workbench.ui.models.history import show_history
from workbench.ui.visitors import current_visitor
from workbench.usecases.project import Project

SECTIONS = {"runs": "Runs", "train": "Train", "distil": "Distil", "export": "Export"}
COLUMN_PIXELS = 960


def show() -> None:
    """Show the page."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        section = choose_section()
    with st.container(width=COLUMN_PIXELS):
        show_chosen_job(project)
        show_section(project, question, section)
    with errors_shown():
        show_history(project)


def choose_section() -> str:
    """Ask what to look at; the URL says it."""
    wanted = linked("section", SECTIONS) or "runs"
    section = st.segmented_control(
        "Show", list(SECTIONS), default=wanted, required=True, format_func=SECTIONS.__getitem__, key="section"
    )
    st.query_params["section"] = section or wanted
    return section or wanted


def show_chosen_job(project: Project) -> None:
    """Show the job that the URL names."""
    number = linked_number("job")
    if number is None:
        return
    with errors_shown():
        show_next(project, show_job(project, number))


def show_next(project: Project, job: Job) -> None:
    """Show where to go when a model is trained."""
    run = (job.result or {}).get("run")
    if job.state != "done" or job.verb not in ("train", "round", "distil") or not isinstance(run, str):
        return
    question = project.store.run(run).question
    with st.container(horizontal=True, gap="small"):
        show_link("review", "Review where it is wrong", project=project.name, question=question, run=run)
        if job.verb == "round":
            show_link("annotate", "Annotate the next documents", project=project.name, question=question)


def show_section(project: Project, question: Question, section: str) -> None:
    """Show runs, or a form; forms are for those who may start jobs."""
    forms = {"train": show_training, "distil": show_distillation, "export": show_export}
    with errors_shown():
        if section == "runs":
            show_runs(project, question)
        elif current_visitor().leads:
            forms[section](project, question)
        else:
            st.info("Jobs are started by a lead of the project. Results are open to everybody.")
    if section == "export":
        st.subheader("Exported models", anchor=False)
        show_bundles(project, question.name)
