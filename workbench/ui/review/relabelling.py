"""The documents of a filter as cards, each with the controls that keep or relabel it on the spot."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.judged import JudgedDocument
from workbench.domain.annotations import Annotation
from workbench.ui.documents import documents_html
from workbench.ui.review.deciding import Disputed, names_of, offer_decision
from workbench.ui.review.subject import Subject
from workbench.ui.visitors import current_visitor
from workbench.usecases.collect_examples import settled_answers


def wants_to_relabel(subject: Subject, found: Sequence[JudgedDocument]) -> bool:
    """Ask a lead whether the documents are to be relabelled; not under labels that changed since the run."""
    if not found or not current_visitor().leads:
        return False
    if subject.run.label_version != subject.question.label_version:
        return False
    return st.toggle("Relabel here", key="relabel here")


def show_cards(subject: Subject, found: Sequence[JudgedDocument]) -> None:
    """Show each document with what was decided about it, or the controls to decide."""
    ids = [judged.example.document_id for judged in found]
    answers = settled_answers(subject.project, subject.question.name, ids)
    for judged in found:
        with st.container(border=True):
            st.html(documents_html([judged]))
            answer = answers.get(judged.example.document_id)
            if answer is not None and answer.is_settled:
                st.html(decided_html(answer))
            else:
                offer_decision(subject, disputed_of(judged))


def disputed_of(judged: JudgedDocument) -> Disputed:
    """Return the answer that the run was judged by beside the one that it gave."""
    example = judged.example
    return Disputed(
        example.document_id,
        f"mistake {example.document_id}",
        example.labels,
        example.spans,
        judged.predicted_labels,
        judged.predicted_spans,
    )


def decided_html(answer: Annotation) -> Markup:
    """Say what was decided; the figures still count the answer before."""
    said = f"{len(answer.spans)} spans" if answer.spans else names_of(answer.labels)
    return Markup(
        '<p class="wb-quiet" data-decided="{}">Decided by {}: <b>{}</b>. The figures count the answer before: '
        "train again to count this one.</p>"
    ).format(answer.document_id, answer.annotator, said)
