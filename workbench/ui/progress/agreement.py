"""How far annotators agree, and on which documents they do not."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import Question
from workbench.store.teamwork import Teamwork
from workbench.ui.progress.kept import kept_agreement
from workbench.ui.progress.sides import sides_html
from workbench.ui.words import figure, table_height
from workbench.usecases.measure_agreement import (
    FEW,
    Dispute,
    PairAgreement,
    answers_by_document,
)
from workbench.usecases.project import Project

MOST_DOCUMENTS = 50
NOTHING = "(nothing)"


def show_agreement(project: Project, question: Question) -> None:
    """Show the figures, each pair of annotators, and what they take for what."""
    agreement = kept_agreement(project, question)
    if not agreement.pairs:
        st.info(
            "No document was answered by two annotators yet. An overlap asks several for the same "
            "documents: `workbench init --overlap topic:2:0.2`.",
            icon=":material/group:",
        )
        return
    is_ner = question.kind == "ner"
    name = "Strict F1 between annotators" if is_ner else "Krippendorff's alpha"
    figures, pairs = st.columns([2, 5], gap="large")
    with figures:
        st.subheader("All annotators", anchor=False)
        st.metric(name, figure(agreement.overall))
        note = _note(agreement.n_documents)
        st.html(f'<p class="wb-quiet">{agreement.n_documents:,} documents with several answers{note}</p>')
    with pairs:
        st.subheader("Pairs of annotators", anchor=False)
        show_pairs(agreement.pairs, "strict F1" if is_ner else "Cohen's kappa")
    st.subheader("Where they disagree", anchor=False)
    if not agreement.disputes:
        st.write("Nowhere: all answers are equal.")
        return
    chosen = choose_dispute(agreement.disputes, question)
    show_documents(project, question, chosen)


def show_pairs(pairs: Sequence[PairAgreement], figure_name: str) -> None:
    """Show one line a pair."""
    st.dataframe(
        {
            "annotators": [f"{pair.first} and {pair.second}" for pair in pairs],
            figure_name: [pair.value for pair in pairs],
            "documents": [pair.n_documents for pair in pairs],
            "equal answers": [pair.n_equal for pair in pairs],
            "note": [f"fewer than {FEW}: hardly more than chance" if pair.is_thin else "" for pair in pairs],
        },
        hide_index=True,
        height=table_height(len(pairs)),
        column_config={figure_name: st.column_config.NumberColumn(format="%.3f")},
        alt=f"{figure_name}, documents and equal answers of each pair of annotators",
    )


def choose_dispute(disputes: Sequence[Dispute], question: Question) -> Dispute:
    """Show the pairs of answers and return the one that is selected, by default the most frequent."""
    columns = {
        "one says": [dispute.one or NOTHING for dispute in disputes],
        "another says": [dispute.other or NOTHING for dispute in disputes],
        "documents": [len(dispute.document_ids) for dispute in disputes],
    }
    if question.kind == "ner":
        columns["what differs"] = [dispute.kind for dispute in disputes]
    state = st.dataframe(
        columns,
        key=f"disputes of {question.name}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=table_height(len(disputes)),
        alt="Answers that stand against each other, most frequent first",
    )
    selected = state.selection.rows
    return disputes[selected[0]] if selected and selected[0] < len(disputes) else disputes[0]


def show_documents(project: Project, question: Question, dispute: Dispute) -> None:
    """Show the documents of a dispute with everybody's answer."""
    ids = dispute.document_ids[:MOST_DOCUMENTS]
    answers = answers_by_document(Teamwork(project.store).shared(question.name))
    st.html(
        Markup('<h3 data-documents="{}">{} <span class="wb-quiet">against</span> {}{}</h3>').format(
            len(dispute.document_ids), dispute.one or NOTHING, dispute.other or NOTHING, _count(dispute)
        )
    )
    is_ner = question.kind == "ner"
    items = [
        sides_html(document, list(answers[document.id].values()), is_ner=is_ner)
        for document in project.store.documents(ids=ids)
    ]
    st.html(f'<ul class="wb-documents">{"".join(items)}</ul>')


def _count(dispute: Dispute) -> Markup:
    n = len(dispute.document_ids)
    first = f", the first {MOST_DOCUMENTS}" if n > MOST_DOCUMENTS else ""
    return Markup('<span class="wb-quiet">{:,} {}{}</span>').format(
        n, "document" if n == 1 else "documents", first
    )


def _note(n_documents: int) -> str:
    return f", fewer than {FEW}: hardly more than chance" if n_documents < FEW else ""
