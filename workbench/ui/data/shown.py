"""Documents with their labels or spans as safe HTML, and tables of what is wrong with records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.differences import new_stretches
from workbench.analysis.marked_text import EXCERPT, Mark, mark_text, show_text
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
    return _item(show_text(text, judged).excerpt, about, style="text marked" if judged else "text")


def compared_item(first: str, text: str, *, about: Sequence[str | Markup] = ()) -> Markup:
    """Return one item of a list of documents that are nearly the same: what is new in it is marked."""
    end = min(len(text), EXCERPT)
    marks = [Mark(start, stop, "", "said", wrong=True) for start, stop in new_stretches(first, text)]
    return _item(
        mark_text(text, marks, start=0, end=end) + ("…" if end < len(text) else ""), about, style="text"
    )


def _item(text: Markup, about: Sequence[str | Markup], *, style: str) -> Markup:
    line = Markup(" · ").join(Markup("{}").format(part) for part in about if part)
    return Markup('<li><p class="{}" dir="auto">{}</p><p class="about">{}</p></li>').format(style, text, line)


def labels_html(labels: Sequence[str]) -> Markup:
    """Return labels in bold, parted by commas."""
    return Markup(", ").join(Markup("<b>{}</b>").format(label) for label in labels)


def show_documents(items: Sequence[Markup], *, above: Markup | str = "") -> None:
    """Show a list of documents, below a line."""
    listed = Markup('<ul class="wb-documents" data-documents="{}">{}</ul>').format(
        len(items), Markup().join(items)
    )
    st.html(str(Markup("{}{}").format(above, listed)))


def place_in_words(problem: Problem) -> str:
    """Return where a problem is, "" when it is nowhere in particular.

    >>> place_in_words(Problem("x", "Bad.", line=3, record="r")), place_in_words(Problem("x", "Bad."))
    ('line 3', '')
    """
    return f"line {problem.line:,}" if problem.line is not None else problem.record or ""


def show_problems(problems: Sequence[Problem], *, name: str, key: str) -> None:
    """Show which records are wrong or left out, with all of them as a table to download."""
    shown = problems[:SHOWN_PROBLEMS]
    places = [place_in_words(problem) for problem in shown]
    st.dataframe(
        {**({"where": places} if any(places) else {}), "reason": [problem.message for problem in shown]},
        hide_index=True,
        height=table_height(len(shown)),
        column_config={
            "where": st.column_config.TextColumn(width=150),
            "reason": st.column_config.TextColumn(width=900),
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
