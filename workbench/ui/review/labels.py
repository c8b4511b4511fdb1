"""The part Labels & calibration: each label's figures, and whether the model knows when it is right."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.analysis.calibration import expected_calibration_error, reliability_bins
from workbench.analysis.wording import as_figure, plain
from workbench.ui.charts import show_chart
from workbench.ui.review.charts import BLUE, RED, histogram_spec, reliability_spec
from workbench.ui.review.filters import ask_for_label, turns
from workbench.ui.review.subject import Subject
from workbench.ui.words import table_height

FIGURES = ("f1", "precision", "recall")
LABEL_PIXELS = 270  # names of forty characters can be read
BAR: dict[str, Any] = {"min_value": 0.0, "max_value": 1.0, "format": "%.2f", "width": "small"}


def show(subject: Subject) -> None:
    """Show the part."""
    show_calibration(subject)
    st.subheader("Labels, worst first", anchor=False)
    label_table(subject, most=24, key="all", to_errors=True)


def label_table(subject: Subject, *, most: int, key: str, to_errors: bool = False) -> None:
    """Show each label's figures, worst F1 first, `most` of them at once; a click shows the label's mistakes."""
    rows = sorted(
        subject.run.figures["per_label"], key=lambda row: (row["f1"] is None, row["f1"], row["label"])
    )
    widget = f"labels {key} of {subject.run.id} {turns()}"

    def choose() -> None:
        cells = st.session_state[widget].selection.get("cells", [])
        if cells and int(cells[0][0]) < len(rows):
            ask_for_label(str(rows[int(cells[0][0])]["label"]))
            if to_errors:
                st.session_state["part"] = "errors"

    st.dataframe(
        {
            "label": [plain(row["label"]) for row in rows],
            **{name: [row[name] for row in rows] for name in FIGURES},
            "answers": [row["support"] for row in rows],
            "said": [row["predicted"] for row in rows],
        },
        key=widget,
        on_select=choose,
        selection_mode="single-cell",
        hide_index=True,
        column_order=None if to_errors else ("label", *FIGURES, "answers"),
        height=table_height(len(rows), most=most),
        column_config={
            "label": st.column_config.TextColumn(width=LABEL_PIXELS),
            "f1": st.column_config.ProgressColumn("F1", **BAR),
            "precision": st.column_config.ProgressColumn(**BAR),
            "recall": st.column_config.ProgressColumn(**BAR),
            "answers": st.column_config.NumberColumn(
                width="small", help="Documents or spans with this label"
            ),
            "said": st.column_config.NumberColumn(width="small", help="How often the model says it"),
        },
        alt=f"F1, precision and recall of each label, worst F1 first, {subject.basis_in_words()}",
    )


def show_calibration(subject: Subject) -> None:
    """Show how sure the model is where it is right and wrong, and how often it is right when so sure."""
    outcomes = [outcome for document in subject.mistakes().documents for outcome in document.outcomes()]
    if not outcomes:
        st.info("This model gives no confidences: there is nothing to calibrate.")
        return
    sure, right = [s for s, _ in outcomes], [r for _, r in outcomes]
    bins = reliability_bins(sure, right)
    error = expected_calibration_error(bins)
    what = "predicted spans" if subject.is_ner else "predicted labels"
    basis = f"{len(outcomes):,} {what} in {subject.basis_in_words()}"
    left, middle = st.columns(2, gap="large")
    with left:
        st.subheader("How sure it is", anchor=False)
        swatches = Markup(" ").join(
            Markup('<span class="wb-key"><i class="wb-swatch" style="background:{}"></i>{}</span>').format(
                *one
            )
            for one in ((BLUE, "right"), (RED, "wrong"))
        )
        st.html(Markup('<p class="wb-quiet">{} {}</p>').format(basis, swatches))
        n_wrong = len(right) - sum(right)
        show_chart(
            histogram_spec(sure, right),
            height=240,
            alt=f"Confidence of {sum(right):,} right and {n_wrong:,} wrong predictions",
        )
    with middle:
        st.subheader("Right when it is sure?", anchor=False)
        st.html(
            Markup('<p class="wb-quiet">Expected calibration error <b>{}</b> · {}</p>').format(
                as_figure(error), basis
            )
        )
        show_chart(
            reliability_spec(bins),
            height=240,
            alt="Share of right predictions by confidence: "
            + ", ".join(
                f"{b.low:.1f} to {b.high:.1f}: {as_figure(b.accuracy)} of {b.n:,}" for b in bins if b.n
            ),
        )
