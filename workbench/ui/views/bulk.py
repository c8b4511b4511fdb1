"""The page on which many documents get one answer: those of a filter, or those like one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import uuid4

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import Question
from workbench.errors import WorkbenchError
from workbench.ui.choices import choose_annotator, choose_project, choose_question
from workbench.ui.messages import as_markdown, show_error
from workbench.ui.similar import linked_document, similar_documents
from workbench.usecases.answer_many import answer_many, count_last_bulk, take_back_bulk
from workbench.usecases.filter_pool import (
    Filter,
    FoundDocument,
    find_documents,
    metadata_values,
    read_found,
    suggestion_counts,
)
from workbench.usecases.project import Project

ROWS = 40
MOST_BUTTONS = 20
ROW_PIXELS, HEADER_PIXELS = 36, 38  # one line of text: the selected ones are shown whole
SHOWN_ROWS = 12
READ_WHOLE = 3  # selected texts below the table
ALL = ""
NO_COUNTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Desk:
    """Who answers which question of which project."""

    project: Project
    question: Question
    annotator: str


def show() -> None:
    """Show the page."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        annotator = choose_annotator()
    if question.kind == "ner":
        st.info("Spans are marked one document at a time: go to Annotate.", icon=":material/edit_note:")
        return
    desk = Desk(project, question, annotator)
    say_what_happened()
    like = linked_document(project)
    found = (
        filtered_documents(desk) if like is None else similar_documents(project, question, annotator, like)
    )
    if found is None:
        return
    if not found:
        st.info(nothing_found(desk), icon=":material/search_off:")
    else:
        answers = st.container()  # above the table: nobody has to scroll for the labels
        selected = choose_rows(desk, found)
        with answers:
            offer_answers(desk, selected)
        show_whole(selected)
    offer_undo(desk)


def nothing_found(desk: Desk) -> str:
    """Say why no document is listed, and what lists some."""
    if not st.session_state.get("unanswered", True):
        return "No document is like this. Ask for less."
    if find_documents(desk.project, desk.question.name, Filter(annotator=desk.annotator)):
        return "No document without an answer is like this. Ask for less, or turn *Only unanswered* off."
    return "No document waits for your answer. Turn *Only unanswered* off to see the answered ones."


def filtered_documents(desk: Desk) -> list[FoundDocument]:
    """Ask for a filter and return one page of what it finds."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        wanted = choose_filter(desk)
        ids = find_documents(desk.project, desk.question.name, wanted)
        pages = max(1, -(-len(ids) // ROWS))
        if pages > 1:
            number = st.number_input(
                f"Page of {pages:,}", min_value=1, max_value=pages, value=_page(pages), width=130
            )
            st.query_params["page"] = str(number)
        else:
            number = 1
            st.query_params.pop("page", None)
        found = Markup('<p class="wb-quiet wb-found" data-found="{}">{:,} documents</p>')
        st.html(str(found.format(len(ids), len(ids))), width="content")
    shown = ids[(number - 1) * ROWS : number * ROWS]
    return read_found(desk.project, desk.question.name, shown, annotator=desk.annotator)


def choose_filter(desk: Desk) -> Filter:
    """Ask what the documents must be; the URL keeps it."""
    counts = suggestion_counts(desk.project, desk.question.name)
    values = metadata_values(desk.project)
    contains = st.text_input("Text contains", key="contains", bind="query-params", width=200)
    labels = [ALL, *sorted((label for label in counts if label), key=lambda label: -counts[label])]
    of = f"{desk.project.name} {desk.question.name}"
    has_any = len(labels) > 1
    suggested = _select("Suggested label", "suggested", labels, counts=counts, of=of) if has_any else ""
    key = _select("Metadata", "key", [ALL, *values], of=of)
    value = _select("Value", "value", values[key], of=f"{of} {key}") if key else ""
    unanswered = st.toggle("Only unanswered", value=True, key="unanswered", bind="query-params")
    return Filter(contains.strip(), suggested, key, value, unanswered, desk.annotator)


def _select(
    title: str, name: str, options: Sequence[str], *, of: str, counts: Mapping[str, int] = NO_COUNTS
) -> str:
    """Ask for one of several; the URL keeps it, and what it names wrongly counts as no choice.

    `of` says what the options belong to: others begin without a choice.
    """
    named = st.query_params.get(name, ALL)
    place = options.index(named) if named in options else 0
    chosen = st.selectbox(
        title,
        options,
        index=place,
        key=f"bulk {name} of {of}",
        format_func=lambda option: f"{option} ({counts[option]:,})" if option in counts else option or "any",
        width=190,
    )
    if chosen:
        st.query_params[name] = chosen
    else:
        st.query_params.pop(name, None)
    return chosen


def _page(pages: int) -> int:
    named = st.query_params.get("page", "1")
    return min(max(1, int(named)), pages) if named.isdecimal() and len(named) < 9 else 1


def choose_rows(desk: Desk, found: Sequence[FoundDocument]) -> list[FoundDocument]:
    """Show the documents and return the selected ones."""
    columns: dict[str, list[object]] = {"text": [document.text for document in found]}
    with_suggestion = any(document.run for document in found)
    if with_suggestion:
        columns["suggested"] = [document.suggested for document in found]
        columns["sure"] = [None if d.likelihood is None else 100 * d.likelihood for d in found]
    columns["document"] = [document.id for document in found]
    shown = (
        "Documents with the label that the model suggests and how sure it is"
        if with_suggestion
        else "Documents"
    )
    # A new table after each answer: the selection belongs to the rows that are gone.
    table = st.session_state.setdefault("bulk table", uuid4().hex)
    state = st.dataframe(
        columns,
        key=f"bulk {table} {hash(tuple(document.id for document in found))}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        row_height=ROW_PIXELS,
        height=HEADER_PIXELS + ROW_PIXELS * min(SHOWN_ROWS, len(found)),
        column_config={
            "text": st.column_config.TextColumn(width=640 if "suggested" in columns else 960),
            "suggested": st.column_config.TextColumn(width=150),
            "sure": st.column_config.NumberColumn(format="%d %%", width=60),
            "document": st.column_config.TextColumn(width="small"),
        },
        alt=f"{shown}; select rows to answer them",
    )
    return [found[row] for row in state.selection.rows if row < len(found)]


def show_whole(selected: Sequence[FoundDocument]) -> None:
    """Show the texts of the selected rows, which the table cuts off."""
    if not selected:
        st.html('<p class="wb-quiet">Select a row to read its text whole here.</p>')
        return
    shown = Markup().join(
        Markup('<li><p class="text" dir="auto">{}</p><p class="about">{}</p></li>').format(
            document.text, document.id
        )
        for document in selected[-READ_WHOLE:]
    )
    st.html(str(Markup('<ul class="wb-documents">{}</ul>').format(shown)))
    if len(selected) > READ_WHOLE:
        st.html(f'<p class="wb-quiet">The last {READ_WHOLE} of {len(selected)} selected.</p>')


def offer_answers(desk: Desk, selected: Sequence[FoundDocument]) -> None:
    """Offer every label as one answer to all selected documents."""
    labels = desk.question.labels
    n = len(selected)
    n_others = sum(document.by_others for document in selected)
    others = f", {n_others} of them answered by others already" if n_others else ""
    st.html(f'<p class="wb-quiet" data-selected="{n}">{n} selected{others}. Answer all of them with:</p>')
    # One name for what is on screen: a second click on the same button records nothing new.
    bulk = st.session_state["bulk table"]
    if desk.question.exclusive and len(labels) <= MOST_BUTTONS:
        with st.container(horizontal=True, gap="xsmall"):
            for only in labels:
                answer_button(desk, selected, (only,), text=only, bulk=bulk)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if desk.question.exclusive:
            name = desk.question.name
            label = st.selectbox("Label", labels, index=None, key=f"label of {name}", width=320)
            chosen: tuple[str, ...] = () if label is None else (label,)
        else:
            chosen = tuple(
                st.multiselect(
                    "Labels (none: nothing applies)", labels, key=f"labels of {desk.question.name}", width=420
                )
            )
        is_ready = bool(chosen) or not desk.question.exclusive
        answer_button(desk, selected if is_ready else (), chosen, text=f"Answer {n}", bulk=bulk)


def answer_button(
    desk: Desk, selected: Sequence[FoundDocument], labels: tuple[str, ...], *, text: str, bulk: str
) -> None:
    """Show the button that records one answer to the selected documents."""
    st.button(
        as_markdown(text),
        key=f"answer {text}",
        disabled=not selected,
        on_click=answer,
        args=(desk, tuple(selected), labels, bulk),
    )


def answer(desk: Desk, selected: Sequence[FoundDocument], labels: tuple[str, ...], bulk: str) -> None:
    """Record the answers and begin a new table."""
    try:
        n = answer_many(
            desk.project,
            desk.question.name,
            [document.id for document in selected],
            labels=labels,
            by=desk.annotator,
            bulk=bulk,
            shown={document.id: document.run for document in selected if document.run},
        )
    except WorkbenchError as error:
        st.session_state["bulk said"] = error
        return
    st.session_state["bulk said"] = f"{n:,} answered: {' + '.join(labels) or 'nothing applies'}"
    st.session_state["bulk table"] = uuid4().hex


def offer_undo(desk: Desk) -> None:
    """Offer to take the annotator's newest bulk answer back, whenever it was given."""
    n = count_last_bulk(desk.project, desk.question.name, desk.annotator)
    if n:
        st.button(
            f"Undo the last bulk answer ({n:,} documents)",
            icon=":material/undo:",
            on_click=undo,
            args=(desk,),
        )


def undo(desk: Desk) -> None:
    """Withdraw the newest bulk answer."""
    try:
        n = take_back_bulk(desk.project, desk.question.name, desk.annotator)
    except WorkbenchError as error:
        st.session_state["bulk said"] = error
        return
    st.session_state["bulk said"] = f"{n:,} answers were taken back."
    st.session_state["bulk table"] = uuid4().hex


def say_what_happened() -> None:
    """Show what the last click did."""
    said: WorkbenchError | str | None = st.session_state.pop("bulk said", None)
    if isinstance(said, WorkbenchError):
        show_error(said)
    elif said:
        st.success(as_markdown(said), icon=":material/check:")
