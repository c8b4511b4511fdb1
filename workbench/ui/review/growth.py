"""The part Learning curve: what the answers bought."""

from __future__ import annotations

import streamlit as st

from workbench.ui.charts import show_chart
from workbench.ui.curve import curve_spec
from workbench.ui.review.subject import Subject
from workbench.usecases.show_progress import has_line, learning_curve


def show(subject: Subject) -> None:
    """Show one line a learner and basis."""
    steps = learning_curve(subject.project, subject.question.name)
    if not has_line(steps):
        st.html(
            '<p class="wb-quiet">There is no line yet: it begins when a learner is trained again, '
            "with more answers.</p>"
        )
        return
    name = steps[0].headline.name
    st.subheader(f"{name} by number of answers", anchor=False)
    show_chart(curve_spec(steps), height=420, alt=f"{name} by number of answers")
