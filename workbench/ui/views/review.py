"""The page that shows where and why a model is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.domain.runs import Run
from workbench.ui.choices import choose_project, choose_question, linked, recalled, remember
from workbench.ui.links import show_link
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.review import compare, errors, filters, growth, issues, labels, slices
from workbench.ui.review.subject import Subject
from workbench.ui.words import figure, run_in_words
from workbench.usecases.evaluate_model import warnings_on

PARTS = {
    "errors": ("Errors", errors.show),
    "labels": ("Labels & calibration", labels.show),
    "issues": ("Label issues", issues.show),
    "slices": ("Slices", slices.show),
    "compare": ("Compare", compare.show),
    "curve": ("Learning curve", growth.show),
}
METRICS = {
    "macro_f1": "Macro-F1",
    "accuracy": "Accuracy",
    "strict_f1": "Strict F1",
    "strict_precision": "Strict precision",
    "strict_recall": "Strict recall",
}


def show() -> None:
    """Show the page."""
    before = st.query_params.get("project"), st.query_params.get("question")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        if before[0] not in (None, project.name) or before[1] not in (None, question.name):
            filters.forget()  # they name labels of another question
            st.query_params.pop("run", None)
        runs = project.store.runs(question.name)
        run = choose_run(runs)
    if run is None:
        st.info(
            f"No model was trained for {as_markdown(question.name)} yet. When some documents are answered, "
            "train one; here you see where it is wrong.",
            icon=":material/model_training:",
        )
        show_link("models", "Train a model", project=project.name, question=question.name, section="train")
        return
    subject = Subject(project, question, run, runs)
    show_strip(subject)
    for warning in warnings_on(question, run):
        st.warning(as_markdown(warning), icon=":material/warning:")
    part = choose_part()
    with errors_shown():
        PARTS[part][1](subject)


def choose_run(runs: Sequence[Run]) -> Run | None:
    """Ask which run to look at, newest first; None when there is none."""
    linked("run", [run.id for run in runs])
    if not runs:
        return None
    named = {run.id: run for run in runs}
    place = list(named).index(chosen) if (chosen := recalled("run")) in named else 0
    run_id = st.selectbox(
        "Run",
        list(named),
        index=place,
        format_func=lambda id: run_in_words(named[id]),
        key=f"run of {runs[0].question}",
        width=380,
    )
    # The newest is nobody's choice: after the next training another one is.
    remember("run", run_id if run_id != runs[0].id else None)
    return named[run_id]


def choose_part() -> str:
    """Ask which part of the review to show; only that one is computed. The URL says which."""
    named = linked("part", PARTS)
    part: str = st.segmented_control(
        "Part",
        list(PARTS),
        default=named or "errors",
        required=True,
        format_func=lambda name: PARTS[name][0],
        key="part",
        label_visibility="collapsed",
    )
    st.query_params["part"] = part
    return part


def show_strip(subject: Subject) -> None:
    """Show the figures of the whole run in a line, with their basis."""
    run = subject.run
    cells = Markup("").join(
        Markup("<div><b>{}</b> <span>{}{}</span></div>").format(
            figure(run.figures[key]), name, _interval(run, key)
        )
        for key, name in METRICS.items()
        if run.figures.get(key) is not None
    )
    st.html(
        Markup('<div class="wb-strip">{}<div><span>{}, none of them trained on</span></div></div>').format(
            cells, subject.basis_in_words()
        )
    )


def _interval(run: Run, key: str) -> str:
    interval = run.figures.get(f"{key}_interval")
    return f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
