"""How right a model is on documents that chance drew, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import Question
from workbench.ui.jobs import show_job, start_job
from workbench.ui.words import table_height
from workbench.usecases.project import Project
from workbench.usecases.show_control import VERB, ControlState, control_state

EXPLAINED = (
    "Chance drew these documents when they came in. They are asked among the others and without a suggestion, and no "
    "model learns from them: so they tell how right a model is on all documents, without a test set."
)


GAINS = {"accuracy": "accuracy", "strict_f1": "strict F1"}


def show_control(project: Project, question: Question, *, may_ask: bool) -> None:
    """Show the control part of a question: how far it is, and what was measured; nothing without one."""
    state = control_state(project, question)
    if not state.n_documents:
        return
    st.subheader("Control sample", anchor=False)
    st.html(
        Markup('<p class="wb-quiet">{:,} of {:,} control documents answered. {}</p>').format(
            state.n_answered, state.n_documents, EXPLAINED
        )
    )
    if state.measured:
        show_measured(state.measured)
    if not may_ask:
        return
    if state.going is not None:
        show_job(project, state.going)
    offer_measuring(project, question, state)


def offer_measuring(project: Project, question: Question, state: ControlState) -> None:
    """Offer to judge the newest model."""
    label = "Measure again" if state.measured else "Measure the newest model"
    if st.button(label, key="measure control", disabled=not state.n_answered):
        start_job(project, VERB, {"question": question.name, "run_id": "", "seed": 0})
        st.rerun()


def show_measured(measured: Mapping[str, Any]) -> None:
    """Show the estimates with their intervals, and the gain over random labels."""
    figures, gain = measured["figures"], measured["gain"]
    rows = [*figures["overall"], *({**row, "name": f"recall of {row['name']}"} for row in figures["recalls"])]
    st.dataframe(
        {
            "figure": [row["name"] for row in rows],
            "value": [row["value"] for row in rows],
            "from": [row["low"] for row in rows],
            "to": [row["high"] for row in rows],
            "answers": [row["n"] for row in rows],
        },
        hide_index=True,
        height=table_height(len(rows), most=12),
        column_config={
            name: st.column_config.NumberColumn(format="%.3f") for name in ("value", "from", "to")
        },
        alt="Figures on the control sample with their 95 % intervals",
    )
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(" ".join(said_of(measured, gain))))


def said_of(measured: Mapping[str, Any], gain: Mapping[str, Any] | None) -> list[str]:
    """Return in sentences what the table does not say."""
    figures = measured["figures"]
    found = [f"Run {measured['run']}, {figures['n']:,} answers, 95 % intervals."]
    if figures["too_few"]:
        found.append(
            f"{len(figures['too_few']):,} labels have fewer than 30 control answers and no recall yet."
        )
    if gain is None:
        return [*found, f"The gain over random labels is open: {measured['no_gain']}"]
    name, change = next((name, gain[key]) for key, name in GAINS.items() if key in gain)
    unit, n_before = gain.get("unit", "labels"), gain.get("n_before", 0)
    beside = f", and all on the {n_before:,} answers from before the first batch" if n_before else ""
    return [
        *found,
        f"Gain over random labels: {change['value']:+.3f} {name} ({change['low']:+.3f} to {change['high']:+.3f}), "
        f"by heads on {gain['n_labels']:,} chosen and {gain['n_labels']:,} random {unit}{beside}.",
    ]
