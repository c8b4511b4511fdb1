"""Runs of a question, and some of them side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.ui.charts import show_chart
from workbench.ui.choices import linked
from workbench.ui.messages import errors_shown
from workbench.ui.models.dots import dots_spec
from workbench.ui.models.old_labels import OLD, choice_in_words
from workbench.ui.words import figure, table_height, when
from workbench.usecases.compare_runs import FIGURES, Comparison, Measured, Shown, compare_runs
from workbench.usecases.project import Project
from workbench.usecases.runs import remark_on_labels
from workbench.usecases.show_progress import headline

MOST_RUNS = 5
MOST_LABELS = 30
SHORT_TABLE = 8


def show_runs(project: Project, question: Question) -> None:
    """Show the runs of a question, newest first, and those of the URL side by side."""
    runs = project.store.runs(question.name)
    if not runs:
        st.info("Nothing was trained for this question yet. Start it under Train.")
        return
    show_table(question, runs)
    if len(runs) < 2:
        return
    st.subheader("Side by side", anchor=False)
    chosen = choose_runs(question, runs)
    if len(chosen) < 2:
        st.info("Choose two runs or more.")
        return
    with errors_shown():
        show_comparison(compare_runs(project, chosen))


def show_table(question: Question, runs: Sequence[Run]) -> None:
    """Show runs as a table; what is true of all, as labels of today, is not said."""
    figures = [headline(run) for run in runs]
    old = [OLD if remark_on_labels(question, run) else "of today" for run in runs]
    by_whom = ["by somebody" if run.is_asked else "no, trained meanwhile" for run in runs]
    st.dataframe(
        {
            "learner": [run.learner for run in runs],
            **({"labels": old} if OLD in old else {}),
            "answers": [run.n_examples for run in runs],
            "figure": [found.name if found else "–" for found in figures],
            "value": [found.value if found else None for found in figures],
            "basis": [
                f"{found.basis}, {found.n_documents:,} documents" if found else "–" for found in figures
            ],
            "seconds": [run.seconds for run in runs],
            "trained": [when(run.created_at) for run in runs],
            **({} if all(run.is_asked for run in runs) else {"asked for": by_whom}),
            "run": [run.id for run in runs],
        },
        hide_index=True,
        height="content" if len(runs) <= SHORT_TABLE else table_height(len(runs)),
        column_config={
            "value": st.column_config.NumberColumn(format="%.3f"),
            "seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Trained models, newest first",
    )


def choose_runs(question: Question, runs: Sequence[Run]) -> list[str]:
    """Ask which runs to compare, by default the two newest; the URL says which."""
    named = {run.id: run for run in runs}
    asked = st.query_params.get("runs", "")
    wanted = [id for id in asked.split(",") if id in named][:MOST_RUNS]
    linked("runs", [asked] if all(id in named for id in asked.split(",") if id) else [], called="run")
    chosen: list[str] = st.multiselect(
        "Runs to compare, the first one is what the others are compared with",
        list(named),
        default=wanted or list(named)[1::-1],
        format_func=lambda id: choice_in_words(question, named[id]),
        max_selections=MOST_RUNS,
        key=f"runs of {runs[0].question}",
    )
    st.query_params["runs"] = ",".join(chosen)
    return chosen


def show_comparison(comparison: Comparison) -> None:
    """Show the comparison as a table, and F1 per label as dots."""
    st.html(comparison_html(comparison))
    first = comparison.runs[0]
    others = [run for run in comparison.runs[1:] if run.comparable]
    if first.labels and others:
        n_labels = len(first.labels)
        most = n_labels
        if n_labels > MOST_LABELS and not st.toggle(f"All {n_labels} labels", key="all labels"):
            most = MOST_LABELS
        st.html(
            Markup(
                '<p class="wb-quiet wb-note">F1 of each label with its 95 % interval, the widest apart first. '
                "Filled: apart from the first run beyond both intervals.</p>"
            )
        )
        alt = f"F1 of {most} labels in {len(others) + 1} runs"
        show_chart(dots_spec(comparison.runs, most=most), alt=alt)


def comparison_html(comparison: Comparison) -> Markup:
    """Return the table: a column a run, a row a figure, a setting, a size; text of others is escaped."""
    runs = comparison.runs
    head = Markup("").join(
        Markup('<th scope="col">{}. {}<br><span class="wb-quiet">{}</span></th>').format(
            place + 1, run.run.learner, run.run.id
        )
        for place, run in enumerate(runs)
    )
    rows = [
        _row("answers", [f"{run.run.n_examples:,}" for run in runs]),
        _row("judged on", [_basis(run) for run in runs]),
        *(
            _row(words, [_figure(run, name) for run in runs])
            for name, words in FIGURES.items()
            if any(name in run.figures for run in runs)
        ),
        *(_row(name, list(values)) for name, values in comparison.settings.items()),
        _row("size", [size(run.n_bytes) for run in runs]),
        _row("exported, one text", [_latency(run) for run in runs]),
        _row("trained", [f"{when(run.run.created_at)}, {run.run.seconds:,.1f} s" for run in runs]),
    ]
    return Markup(
        '<div class="wb-scroll"><table class="wb-table"><thead><tr><td></td>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
        '<p class="wb-quiet wb-note">Bold: apart from the first run beyond both 95 % intervals.</p>'
    ).format(head, Markup("").join(rows))


def size(n_bytes: int | None) -> str:
    """Return a size in the unit that fits.

    >>> size(12_345), size(19_300_000), size(None)
    ('12.3 kB', '19.3 MB', 'files are gone')
    """
    if n_bytes is None:
        return "files are gone"
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} kB"


def _row(name: str, cells: Sequence[str | Markup]) -> Markup:
    shown = Markup("").join(Markup("<td>{}</td>").format(cell) for cell in cells)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, shown)


def _basis(run: Shown) -> Markup:
    words = f"{run.basis}, {run.n_documents:,} documents" if run.basis else "not judged"
    if run.comparable or not run.basis:
        return Markup("{}").format(words)
    return Markup('{} <span class="wb-warned">{}</span>').format(words, run.not_compared)


def _figure(run: Shown, name: str) -> Markup:
    found = run.figures.get(name, Measured(None, None))
    interval = f" [{found.interval.low:.3f}, {found.interval.high:.3f}]" if found.interval else ""
    value = Markup("<b>{}</b>" if found.differs else "{}").format(figure(found.value))
    return Markup('{}<span class="wb-quiet">{}</span>').format(value, interval)


def _latency(run: Shown) -> str:
    if run.timing is None:
        return "not measured"
    return f"{run.timing.bundle[0]:.1f} ms median, {run.timing.bundle[1]:.1f} ms p95"
