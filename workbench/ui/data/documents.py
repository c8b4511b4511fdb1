"""The tab of documents: search, page by page, and everything that was said about one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

import streamlit as st
from markupsafe import Markup

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Part
from workbench.domain.questions import Question
from workbench.errors import UnknownNameError
from workbench.ui.choices import choose_question
from workbench.ui.data.shown import document_item, labels_html, show_documents
from workbench.ui.words import table_height, when
from workbench.usecases.find_documents import (
    PAGE,
    STANDINGS,
    Filter,
    FoundDocument,
    choices_of_metadata,
    find_documents,
    history_of,
)
from workbench.usecases.project import Project

ANY = "any"
SHOWN_CHARACTERS = 300
SHOWN_ROWS = 15
TEXT_PIXELS = 560
DOCUMENT = "document"


def show(project: Project) -> None:
    """Show the filter, one page of what it finds, and the history of the chosen document."""
    if not project.store.n_documents():
        st.info("The project has no document yet: import some.", icon=":material/upload_file:")
        return
    question = choose_question(project)
    wanted = ask_filter(project, question)
    number = page_number()
    page = find_documents(project, question.name, wanted, page=number)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        first = page.number * PAGE
        shown = f", {first + 1:,} to {first + len(page.rows):,} shown" if page.n_pages > 1 else ""
        st.markdown(f"{page.n_found:,} documents{shown}")
        turn("Back", page.number - 1, enabled=page.number > 0)
        turn("Next", page.number + 1, enabled=page.number + 1 < page.n_pages)
    if page.rows:
        chosen = choose_document(page.rows, key=f"{project.name} {question.name} {wanted} {page.number}")
        if chosen is not None:
            st.query_params[DOCUMENT] = chosen
    if document_id := st.query_params.get(DOCUMENT):
        show_history(project, document_id)


def ask_filter(project: Project, question: Question) -> Filter:
    """Ask which documents to show; the words and the choices live in the URL."""
    columns = st.columns([4, 2, 2, 2, 2], gap="small")
    text = columns[0].text_input(
        "Text contains", key="find-text", bind="query-params", on_change=to_first_page
    )
    part = columns[1].selectbox(
        "Part", [ANY, *get_args(Part)], key="find-part", bind="query-params", on_change=to_first_page
    )
    standing = columns[2].selectbox(
        "Status", [ANY, *STANDINGS], key="find-status", bind="query-params", on_change=to_first_page
    )
    label = columns[3].selectbox(
        "Label", [ANY, *question.labels], key=f"label of {question.name}", on_change=to_first_page
    )
    with columns[4]:
        metadata = ask_metadata(project)
    return Filter(
        text,
        next((one for one in get_args(Part) if one == part), None),
        "" if label == ANY else label,
        next((one for one in STANDINGS if one == standing), None),
        metadata,
    )


def ask_metadata(project: Project) -> dict[str, str]:
    """Ask which value a field of the metadata must have."""
    pairs = [(name, value) for name, values in choices_of_metadata(project).items() for value in values]
    if not pairs:
        return {}
    chosen = st.selectbox(
        "Metadata",
        pairs,
        index=None,
        placeholder=ANY,
        format_func=lambda pair: f"{pair[0]}: {pair[1]}",
        key=f"metadata of {project.name}",
        on_change=to_first_page,
    )
    return {chosen[0]: chosen[1]} if chosen is not None else {}


def to_first_page() -> None:
    """What another filter finds begins on its first page."""
    st.query_params.pop("page", None)


def page_number() -> int:
    """Return the page that the URL names, from 0."""
    said = st.query_params.get("page", "")
    return max(0, int(said) - 1) if said.isascii() and said.isdigit() and len(said) < 8 else 0


def turn(label: str, number: int, *, enabled: bool) -> None:
    """Offer another page."""
    if st.button(label, key=f"turn {label}", disabled=not enabled):
        st.query_params["page"] = str(number + 1)
        st.rerun()


def choose_document(rows: Sequence[FoundDocument], *, key: str) -> str | None:
    """Show the documents and return the one that is selected."""
    state = st.dataframe(
        {
            "text": [" ".join(row.document.text[:SHOWN_CHARACTERS].split()) for row in rows],
            "answer": [in_words(row.answer) for row in rows],
            "status": [row.standing for row in rows],
            "part": [row.document.part for row in rows],
            "id": [row.document.id for row in rows],
        },
        hide_index=True,
        height=table_height(len(rows), most=SHOWN_ROWS),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "text": st.column_config.TextColumn(width=TEXT_PIXELS),
            "answer": st.column_config.TextColumn(width="medium"),
            "status": st.column_config.TextColumn(width="small"),
            "part": st.column_config.TextColumn(width="small"),
            "id": st.column_config.TextColumn(width="small"),
        },
        key=f"found {key}",
        alt="The documents that were found; select one to see all that was said about it",
    )
    selected = state.selection.rows
    return rows[selected[0]].document.id if selected and selected[0] < len(rows) else None


def in_words(answer: Annotation | None) -> str:
    """Return what an answer says."""
    if answer is None:
        return ""
    spans = [f"{span.covered} ({span.label})" for span in answer.spans]
    return ", ".join([*answer.labels, *spans]) or "nothing"


def show_history(project: Project, document_id: str) -> None:
    """Show a document with everything that anybody ever said about it, the newest first."""
    try:
        document = project.store.document(document_id)
    except UnknownNameError:  # it belongs to the project before
        st.query_params.pop(DOCUMENT, None)
        return
    st.subheader("The chosen document", anchor=False)
    metadata = json.dumps(dict(document.metadata), ensure_ascii=False) if document.metadata else ""
    show_documents([document_item(document.text, about=[document.id, document.part, metadata])])
    history = history_of(project, document_id)
    if not history:
        st.markdown("Nobody has said anything about it yet.")
        return
    st.subheader("All that was said about it, the newest first", anchor=False)
    show_documents([said_item(document.text, annotation) for annotation in history[:PAGE]])


def said_item(text: str, annotation: Annotation) -> Markup:
    """Return one annotation as an item: who said what, when."""
    said: Markup | str = labels_html(annotation.labels) or (
        f"{len(annotation.spans)} spans" if annotation.spans else "nothing"
    )
    about = [
        Markup("<b>{}</b>").format(annotation.annotator),
        annotation.question,
        said if annotation.counts else annotation.status,
        "settled" if annotation.is_settled else "",
        "flagged" if annotation.flagged else "",
        annotation.comment,
        when(annotation.created_at),
    ]
    if annotation.spans:
        return document_item(text, spans=[s for s in annotation.spans if s.fits(text)], about=about)
    line = Markup(" · ").join(Markup("{}").format(part) for part in about if part)
    return Markup('<li><p class="about">{}</p></li>').format(line)
