"""How far a question is: what the answers bought, how fast they come, and which labels have few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.pace import Pace
from workbench.domain.questions import Question
from workbench.ui.charts import show_chart
from workbench.ui.curve import show_curve
from workbench.ui.progress.advice import show_advice
from workbench.ui.progress.charts import days_spec, recall_spec
from workbench.ui.progress.control import show_control
from workbench.ui.progress.kept import kept_counts, kept_pace
from workbench.ui.words import table_height
from workbench.usecases.count_labels import RecallStep, rarest_labels, recall_of
from workbench.usecases.project import Project
from workbench.usecases.show_progress import learning_curve, question_progress


def show_work(project: Project, question: Question, *, only: str | None = None) -> None:
    """Show the curve and what it advises, the answers of each day, the annotators' pace and the labels so far.

    Days and pace are those of everybody, or of the one annotator that `only` names.
    """
    progress = question_progress(project, question)
    st.progress(
        progress.share,
        text=f"{progress.n_answered:,} of {progress.n_pool:,} documents answered, "
        f"{progress.n_skipped:,} skipped",
    )
    counts = kept_counts(project, question)
    show_curves(project, question, counts)
    if progress.newest is not None:
        show_advice(project, question, only=only)
    team = kept_pace(project, question)
    if only is not None:
        team = team.only(only)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Answers per day" if only is None else "Your answers per day", anchor=False)
        if team.days:
            show_chart(days_spec(team.days), height=260, alt="Answers of each day and annotator")
        else:
            st.html(f'<p class="wb-quiet">{no_days_in_words(progress.n_answered, only=only)}</p>')
        st.subheader("Pace" if only is None else "Your pace", anchor=False)
        show_paces(team.paces)
    with right:
        st.subheader("Answers by label", anchor=False)
        show_counts(counts, is_ner=question.kind == "ner")
    show_control(project, question, may_ask=only is None)


def no_days_in_words(n_answered: int, *, only: str | None) -> str:
    """Say why no day has an answer, of everybody or of the one that `only` names.

    >>> no_days_in_words(10_003, only=None), no_days_in_words(0, only=None)
    ('None were given here: 10,003 documents came answered, with files.', 'Nobody answered yet.')
    """
    if only is not None:
        return "You have answered nothing yet."
    if not n_answered:
        return "Nobody answered yet."
    came = (
        "1 document came answered, with a file"
        if n_answered == 1
        else (f"{n_answered:,} documents came answered, with files")
    )
    return f"None were given here: {came}."


def show_curves(project: Project, question: Question, counts: Mapping[str, int]) -> None:
    """Show the headline figure of each run, and the recall of the labels with the fewest answers."""
    steps = learning_curve(project, question.name)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Learning curve", anchor=False)
        show_curve(steps, height=300)
    if not steps:
        return
    with right:
        st.subheader("Recall of the rarest labels", anchor=False)
        recalls = recall_of(steps, rarest_labels(counts))
        if recalls:
            show_chart(recall_spec(recalls), height=270, alt="Recall of the rarest labels by answers")
            judged = f"{recalls[0].learner}, {recalls[0].basis}"
            st.html(str(Markup('<p class="wb-quiet">{}: {}</p>').format(judged, _supports(recalls))))
        else:
            st.html('<p class="wb-quiet">No run was judged on answers with these labels.</p>')


def show_paces(paces: tuple[Pace, ...]) -> None:
    """Show one line an annotator."""
    if not paces:
        st.html('<p class="wb-quiet">No pace yet.</p>')
        return
    whole, tenth = st.column_config.NumberColumn(format="%d"), st.column_config.NumberColumn(format="%.1f")
    st.dataframe(
        {
            "annotator": [pace.annotator for pace in paces],
            "answers": [pace.n_answers for pace in paces],
            "in bulk": [pace.n_bulk for pace in paces],
            "per hour": [pace.per_hour for pace in paces],
            "median s": [pace.median_seconds for pace in paces],
            "hours": [pace.working_seconds / 3600 for pace in paces],
            "sessions": [pace.n_sessions for pace in paces],
        },
        hide_index=True,
        height=table_height(len(paces)),
        column_config={"per hour": whole, "median s": tenth, "hours": tenth},
        alt="Answers, also in bulk and an hour, median seconds, hours and sessions of each annotator",
    )
    st.html(
        '<p class="wb-quiet">Breaks of more than five minutes are no work: they end a session. '
        "Answers in bulk are counted apart.</p>"
    )


def show_counts(counts: Mapping[str, int], *, is_ner: bool) -> None:
    """Show how often each label was answered, as bars."""
    if not counts:
        st.html('<p class="wb-quiet">The question has no labels yet.</p>')
        return
    unit = "spans" if is_ner else "documents"
    most = max(max(counts.values()), 1)
    st.dataframe(
        {"label": list(counts), unit: list(counts.values())},
        hide_index=True,
        height=table_height(len(counts), most=12),
        column_config={unit: st.column_config.ProgressColumn(min_value=0, max_value=most, format="%d")},
        alt=f"Number of {unit} by label, most frequent first",
    )


def _supports(recalls: Sequence[RecallStep]) -> str:
    newest = {step.label: step.support for step in recalls}
    return ", ".join(f"{label} on {n:,} answers" for label, n in newest.items())
