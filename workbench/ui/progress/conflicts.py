"""The queue of conflicts: a lead decides which answer holds, and the next conflict comes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import streamlit as st
from markupsafe import Markup

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import WorkbenchError
from workbench.ui.choices import linked, recalled
from workbench.ui.messages import as_markdown, show_error
from workbench.ui.progress.composing import compose_spans
from workbench.ui.progress.sides import answer_in_words, marked_html, text_html
from workbench.ui.visitors import current_visitor
from workbench.usecases.collect_examples import answer_of
from workbench.usecases.find_conflicts import Conflict, open_conflicts
from workbench.usecases.project import Project
from workbench.usecases.settle_answer import settle_answer

AT_ONCE = 3  # answers in one row


def show_conflicts(project: Project, question: Question, conflicts: Sequence[Conflict]) -> None:
    """Show one conflict, by default the first open one, with ways to settle it, and those settled."""
    waiting = open_conflicts(conflicts)
    n_settled = len(conflicts) - len(waiting)
    st.html(
        f'<p class="wb-quiet" data-open="{len(waiting)}" data-settled="{n_settled}">'
        f"{len(waiting):,} open · {n_settled:,} settled</p>"
    )
    error: WorkbenchError | None = st.session_state.pop("settling failed", None)
    if error is not None:
        show_error(error)
    shown = chosen_conflict(conflicts, waiting)
    if shown is None:
        st.success(
            "No conflict is open: nobody answered differently, and nobody asked for a second look."
            if not conflicts
            else "All conflicts are settled.",
            icon=":material/done_all:",
        )
    else:
        show_conflict(project, question, shown, waiting)
    show_settled([conflict for conflict in conflicts if conflict.settled is not None])


def chosen_conflict(conflicts: Sequence[Conflict], waiting: Sequence[Conflict]) -> Conflict | None:
    """Return the conflict that the URL names, else the first open one, else None."""
    by_document = {conflict.document_id: conflict for conflict in conflicts}
    named = linked("document", by_document, called="document of a conflict")
    return by_document[named] if named is not None else waiting[0] if waiting else None


def show_conflict(
    project: Project, question: Question, conflict: Conflict, waiting: Sequence[Conflict]
) -> None:
    """Show the document, everybody's answer beside each other, and the ways to settle it."""
    document = project.store.document(conflict.document_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Document {as_markdown(document.id)}", anchor=False, width="content")
        if conflict.differ:
            st.badge("different answers", color="orange")
        for name in conflict.flagged_by:
            st.badge(f"flagged by {as_markdown(name)}", icon=":material/flag:", color="red")
        if conflict.settled is not None:
            settled = conflict.settled
            answer = as_markdown(f"{answer_in_words(settled)}, by {settled.annotator}")
            st.badge(f"settled: {answer}", icon=":material/gavel:", color="green")
        after = following(conflict, waiting)
        if after is not None:
            st.button("Later", icon=":material/skip_next:", on_click=go_to, args=(after,))
    if question.kind != "ner":
        st.html(text_html(document.text))
    show_answers(project, question, document, conflict)
    offer_other_answers(project, question, document, conflict)


def show_answers(project: Project, question: Question, document: Document, conflict: Conflict) -> None:
    """Show one card for each different answer, with who gave it and a button that settles on it."""
    groups: dict[object, list[Annotation]] = {}
    for annotation in conflict.annotations:
        key = answer_of(annotation) if annotation.counts else "skipped"
        groups.setdefault(key, []).append(annotation)
    cards = list(groups.values())
    width = 2 if question.kind == "ner" else AT_ONCE
    for start in range(0, len(cards), width):
        for column, given in zip(st.columns(width), cards[start : start + width], strict=False):
            with column, st.container(border=True):
                show_card(document, given)
                if given[0].counts:
                    settle_button(project, question, document, given)


def show_card(document: Document, given: Sequence[Annotation]) -> None:
    """Show one answer, who gave it, and what they wrote about it."""
    names = ", ".join(annotation.annotator for annotation in given)
    html = Markup('<p class="answer"><b>{}</b></p><p class="about">{}</p>').format(
        answer_in_words(given[0]), names
    )
    if given[0].spans:
        html = marked_html(document.text, given[0], name=names)
    for annotation in given:
        if annotation.comment:
            html += Markup('<p class="comment">{}: “{}”</p>').format(annotation.annotator, annotation.comment)
    st.html(str(Markup('<div class="wb-documents wb-side">{}</div>').format(html)))


def settle_button(
    project: Project, question: Question, document: Document, given: Sequence[Annotation]
) -> None:
    """Offer one answer as the deciding one."""
    names = as_markdown(", ".join(annotation.annotator for annotation in given))
    what = (
        f"Settle on the spans of {names}"
        if question.kind == "ner"
        else f"Settle on {as_markdown(answer_in_words(given[0]))}"
    )
    st.button(
        what,
        key=f"settle {document.id} {given[0].client_id}",
        type="primary",
        on_click=settle,
        args=(project, question.name, document.id),
        kwargs={"labels": given[0].labels, "spans": given[0].spans},
    )


def offer_other_answers(project: Project, question: Question, document: Document, conflict: Conflict) -> None:
    """Offer any other spans, at first the majority's, or a label that nobody gave."""
    if question.kind == "ner":
        with st.container(border=True):
            spans = compose_spans(question, document, conflict)
            st.button(
                "Settle on these spans" if spans else "Settle on no spans",
                key=f"composed {document.id}",
                icon=":material/gavel:",
                on_click=settle,
                args=(project, question.name, document.id),
                kwargs={"spans": spans},
            )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = other_labels(question, document)
        st.button(
            "Settle on this",
            key=f"other {document.id}",
            disabled=labels is None,
            on_click=settle,
            args=(project, question.name, document.id),
            kwargs={"labels": labels or ()},
        )


def other_labels(question: Question, document: Document) -> tuple[str, ...] | None:
    """Ask for another answer; None while none is chosen."""
    key = f"another answer to {question.name} {document.id}"
    if question.kind == "textcat-multi":
        return tuple(
            st.multiselect("Other labels (none: nothing applies)", question.labels, key=key, width=420)
        )
    label = st.selectbox("Another label", question.labels, index=None, key=key, width=320)
    return None if label is None else (label,)


def settle(
    project: Project,
    question: str,
    document_id: str,
    *,
    labels: tuple[str, ...] = (),
    spans: tuple[Span, ...] = (),
) -> None:
    """Record the deciding answer under the visitor's name; the next open conflict comes."""
    visitor = current_visitor()
    if not visitor.leads:
        return
    name = (recalled("annotator") or visitor.name) if visitor.is_local else visitor.name
    try:
        settle_answer(project, question, document_id, by=name, labels=labels, spans=spans)
    except WorkbenchError as error:
        st.session_state["settling failed"] = error
    else:
        st.query_params.pop("document", None)


def go_to(document_id: str) -> None:
    """Show this conflict next."""
    st.query_params["document"] = document_id


def following(conflict: Conflict, waiting: Sequence[Conflict]) -> str | None:
    """Return the open conflict after this one, the first after the last; None when there is no other."""
    ids = [other.document_id for other in waiting]
    if conflict.document_id not in ids:
        return ids[0] if ids else None
    place = ids.index(conflict.document_id)
    return ids[(place + 1) % len(ids)] if len(ids) > 1 else None


def show_settled(settled: Sequence[Conflict]) -> None:
    """Show what was settled; a selected line comes back to be settled otherwise."""
    if not settled:
        return
    st.subheader("Settled", anchor=False)
    decided = [conflict.settled for conflict in settled if conflict.settled is not None]
    key = st.session_state.setdefault("settled table", uuid4().hex)
    st.dataframe(
        {
            "document": [conflict.document_id for conflict in settled],
            "answer": [answer_in_words(answer) for answer in decided],
            "by": [answer.annotator for answer in decided],
            "annotators said": [_said(conflict) for conflict in settled],
        },
        key=key,
        on_select=lambda: reopen(key, [conflict.document_id for conflict in settled]),
        selection_mode="single-row",
        hide_index=True,
        alt="Settled conflicts; select one to settle it otherwise",
    )


def reopen(key: str, ids: Sequence[str]) -> None:
    """Show the selected conflict again."""
    rows = st.session_state[key].selection.rows
    if rows:
        go_to(ids[rows[0]])
        st.session_state["settled table"] = uuid4().hex


def _said(conflict: Conflict) -> str:
    return ", ".join(f"{a.annotator}: {answer_in_words(a)}" for a in conflict.annotations)
