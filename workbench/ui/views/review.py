"""The page that shows where a model is wrong, and whether more answers help."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.confusions import ConfusedPair
from workbench.analysis.judged import JudgedDocument
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.ui.charts import show_chart
from workbench.ui.choices import choose_project, choose_question, recalled, remember
from workbench.ui.curve import curve_spec
from workbench.ui.documents import documents_html
from workbench.ui.words import figure, run_in_words, table_height
from workbench.usecases.evaluate_model import pairs_of
from workbench.usecases.project import Project
from workbench.usecases.runs import judged_documents
from workbench.usecases.show_progress import has_line, headline, learning_curve

NOTHING = "(nothing)"  # the other side of a label that was missed or too much
MOST_DOCUMENTS = 50
METRICS = {
    "macro_f1": "Macro-F1",
    "accuracy": "Accuracy",
    "strict_f1": "Strict F1",
    "strict_precision": "Strict precision",
    "strict_recall": "Strict recall",
}


def show() -> None:
    """Show the page."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        run = choose_run(project.store.runs(question.name))
    if run is None:
        st.info(
            f"No model was trained for {question.name} yet. When some documents are answered: "
            f"`workbench train {project.name} --question {question.name}`",
            icon=":material/model_training:",
        )
        return
    figures, curve = st.columns([2, 7], gap="large")
    with figures:
        show_metrics(run)
    with curve:
        show_curve(project, question)
    show_mistakes(project, question, run)


def choose_run(runs: Sequence[Run]) -> Run | None:
    """Ask which run to look at, newest first; None when there is none."""
    if not runs:
        return None
    named = {run.id: run for run in runs}
    place = list(named).index(chosen) if (chosen := recalled("run")) in named else 0
    run_id = st.selectbox(
        "Run",
        list(named),
        index=place,
        format_func=lambda id: run_in_words(named[id]),
        key=f"run of {runs[0].question}",
        width=380,
    )
    # The newest is nobody's choice: after the next training another one is.
    remember("run", run_id if run_id != runs[0].id else None)
    return named[run_id]


def show_metrics(run: Run) -> None:
    """Show the figures of the whole run with their basis."""
    st.subheader("This model", anchor=False)
    for key, name in METRICS.items():
        if run.figures.get(key) is not None:
            st.metric(name, figure(run.figures[key]))
    first = headline(run)
    n_documents = f"{first.n_documents:,} documents" if first else "documents"
    st.html(f'<p class="wb-quiet">{n_documents}, {run.basis}:<br>none of them was trained on</p>')


def show_curve(project: Project, question: Question) -> None:
    """Show what the answers bought, one line a learner."""
    steps = learning_curve(project, question.name)
    st.subheader("Learning curve", anchor=False)
    if not has_line(steps):
        st.html(
            '<p class="wb-quiet">There is no line yet: it begins when a learner is trained again, '
            "with more answers.</p>"
        )
        return
    name = steps[0].headline.name
    show_chart(curve_spec(steps), height=270, alt=f"{name} by number of answers")


def show_mistakes(project: Project, question: Question, run: Run) -> None:
    """Show the confused pairs beside the labels, and below them the documents of one pair."""
    documents = judged_documents(project, run)
    pairs = pairs_of(documents, is_ner=question.kind == "ner")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Confused pairs", anchor=False)
        chosen = choose_pair(pairs, run) if pairs else None
        if not pairs:
            st.write("No label is taken for another.")
    with right:
        st.subheader("Labels, worst first", anchor=False)
        show_labels(run)
    if chosen is not None:
        show_documents(documents, chosen)


def choose_pair(pairs: Sequence[ConfusedPair], run: Run) -> ConfusedPair:
    """Show the pairs and return the one that is selected, by default the most frequent."""
    rows = {
        "right answer": [pair.gold or NOTHING for pair in pairs],
        "model says": [pair.predicted or NOTHING for pair in pairs],
        "times": [pair.n for pair in pairs],
    }
    key = f"pairs of {run.id}"
    state = st.dataframe(
        rows,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=table_height(len(pairs)),
        column_config={"times": st.column_config.NumberColumn(width="small")},
        alt="Labels that are taken for others, most frequent first",
    )
    selected = state.selection.rows
    return pairs[selected[0]] if selected and selected[0] < len(pairs) else pairs[0]


def show_labels(run: Run) -> None:
    """Show each label's figures."""
    labels = sorted(run.figures["per_label"], key=lambda row: 2.0 if row["f1"] is None else row["f1"])
    names = ("f1", "precision", "recall")
    bar = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="%.2f", width="small")
    st.dataframe(
        {
            "label": [row["label"] for row in labels],
            **{name: [row[name] for row in labels] for name in names},
            "answers": [row["support"] for row in labels],
        },
        hide_index=True,
        height=table_height(len(labels)),
        column_config={
            **dict.fromkeys(names, bar),
            "answers": st.column_config.NumberColumn(width="small"),
        },
        alt="F1, precision and recall of each label, worst F1 first",
    )


def show_documents(documents: Sequence[JudgedDocument], pair: ConfusedPair) -> None:
    """Show the documents behind a pair."""
    wanted = set(pair.document_ids)
    found = [document for document in documents if document.example.document_id in wanted]
    st.html(
        Markup('<h3 data-documents="{}">{} <span class="wb-quiet">answered as</span> {}{}</h3>').format(
            len(found), pair.gold or NOTHING, pair.predicted or NOTHING, _count(len(found))
        )
    )
    st.html(documents_html(found[:MOST_DOCUMENTS]))


def _count(n_documents: int) -> Markup:
    first = f", the first {MOST_DOCUMENTS}" if n_documents > MOST_DOCUMENTS else ""
    return Markup('<span class="wb-quiet">{:,} documents{}</span>').format(n_documents, first)
