"""Choose a second run to compare with; the URL says which."""

from __future__ import annotations

import streamlit as st

from workbench.domain.runs import Run
from workbench.ui.choices import linked
from workbench.ui.review.subject import Subject
from workbench.ui.words import run_in_words

OTHER = "other"


def choose_other_run(subject: Subject, label: str, *, key: str, first: bool = False) -> Run | None:
    """Ask for another judged run of the question; None for none. With `first` the one before is preset."""
    others = {run.id: run for run in subject.runs if run.id != subject.run.id and run.basis}
    names = list(others)
    if st.query_params.get(OTHER) == subject.run.id:
        st.query_params.pop(OTHER)  # it was chosen as the run under review since
    is_linked = OTHER in st.query_params
    named = linked(OTHER, others, called="run to compare with")
    ids = [run.id for run in subject.runs]
    older = [name for name in names if ids.index(name) > ids.index(subject.run.id)]
    # A link to a run that is gone is no wish for another comparison.
    presets = first and named is None and not is_linked
    chosen = next(iter(older or names), None) if presets else named
    run_id: str | None = st.selectbox(
        label,
        names,
        index=names.index(chosen) if chosen is not None else None,
        format_func=lambda id: run_in_words(others[id]),
        placeholder="Another run" if names else "There is no other run",
        disabled=not names,
        # Another run under review has other runs to choose from.
        key=f"other run for {key} of {subject.run.id}",
        width=380,
    )
    if run_id is None:
        st.query_params.pop(OTHER, None)
        return None
    st.query_params[OTHER] = run_id
    return others[run_id]
