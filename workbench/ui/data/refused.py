"""Why a file is not imported as it is, and which of its labels the question does not have."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.ui.messages import as_markdown
from workbench.ui.words import table_height
from workbench.usecases.explain_labels import UndeclaredLabel
from workbench.usecases.preview_import import Preview


def show_refusal(preview: Preview) -> None:
    """Say why the file cannot be imported like this, and whether what is left without bad records could."""
    n_bad = len(preview.problems)
    records = "record cannot" if n_bad == 1 else "records cannot"
    counted = f"{n_bad:,} {records} be taken. " if n_bad else ""
    st.error(f"Not like this: {counted}{as_markdown(preview.refusal)}", icon=":material/error:")
    if preview.left_refusal:
        st.error(
            f"Nor without the bad records: {as_markdown(preview.left_refusal)}",
            icon=":material/error:",
        )


def show_undeclared(labels: Sequence[UndeclaredLabel]) -> None:
    """Show the labels that the question does not have, how often they are used, and what becomes of them."""
    if not labels:
        return
    st.subheader("Labels that the question does not have", anchor=False)
    columns: dict[str, list[object]] = {
        "label": [label.label for label in labels],
        "times": [label.n for label in labels],
        "what becomes of it": [label.fate for label in labels],
    }
    if any(label.today for label in labels):
        columns["label of today"] = [label.today or "none" for label in labels]
        st.html(
            '<p class="wb-quiet">Labels that were renamed or merged: write the label of today into the file.</p>'
        )
    st.dataframe(
        columns,
        hide_index=True,
        height=table_height(len(labels)),
        column_config={"times": st.column_config.NumberColumn(width=80)},
        alt="Labels of the file that the question does not have, with what becomes of each",
        key="undeclared labels",
    )
