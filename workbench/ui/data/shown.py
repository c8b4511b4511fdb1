"""Documents with their labels or spans as safe HTML, and tables of what is wrong with records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.marked_text import show_text
from workbench.analysis.span_errors import JudgedSpan
from workbench.domain.conversion import ConversionReport
from workbench.domain.spans import Span
from workbench.errors import Problem
from workbench.ui.words import table_height
from workbench.usecases.write_rejects import as_csv

SHOWN_PROBLEMS = 1_000


def document_item(text: str, *, spans: Iterable[Span] = (), about: Sequence[str | Markup] = ()) -> Markup:
    """Return one item of a list of documents: its text with the spans marked, and a line about it."""
    judged = [JudgedSpan("", "correct", span, None) for span in spans]
    shown = show_text(text, judged)
    style = "text marked" if judged else "text"
    line = Markup(" · ").join(Markup("{}").format(part) for part in about if part)
    return Markup('<li><p class="{}" dir="auto">{}</p><p class="about">{}</p></li>').format(
        style, shown.excerpt, line
    )


def labels_html(labels: Sequence[str]) -> Markup:
    """Return labels in bold, parted by commas."""
    return Markup(", ").join(Markup("<b>{}</b>").format(label) for label in labels)


def show_documents(items: Sequence[Markup]) -> None:
    """Show a list of documents."""
    st.html(
        str(
            Markup('<ul class="wb-documents" data-documents="{}">{}</ul>').format(
                len(items), Markup().join(items)
            )
        )
    )


def show_problems(problems: Sequence[Problem], *, name: str, key: str) -> None:
    """Show which records are wrong or left out, with all of them as a table to download."""
    shown = problems[:SHOWN_PROBLEMS]
    st.dataframe(
        {
            "line": [problem.line for problem in shown],
            "record": [problem.record or "" for problem in shown],
            "reason": [problem.message for problem in shown],
        },
        hide_index=True,
        height=table_height(len(shown)),
        column_config={
            "line": st.column_config.NumberColumn(width="small"),
            "record": st.column_config.TextColumn(width="medium"),
            "reason": st.column_config.TextColumn(width="large"),
        },
        alt="Records that are wrong or left out, with the reason",
        key=f"table {key}",
    )
    st.download_button(
        f"Download the whole list ({len(problems):,})",
        as_csv(ConversionReport(rejects=list(problems)), name).encode("utf-8", "backslashreplace"),
        file_name="left-out.csv",
        mime="text/csv",
        key=f"download {key}",
    )
