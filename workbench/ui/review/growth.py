"""The part Learning curve: what the answers bought."""

from __future__ import annotations

import streamlit as st

from workbench.ui.curve import show_curve
from workbench.ui.review.subject import Subject
from workbench.usecases.show_progress import learning_curve


def show(subject: Subject) -> None:
    """Show one line a learner and basis."""
    steps = learning_curve(subject.project, subject.question.name)
    name = steps[0].headline.name if steps else "Figures"
    st.subheader(f"{name} by number of answers", anchor=False)
    show_curve(steps, height=420)
