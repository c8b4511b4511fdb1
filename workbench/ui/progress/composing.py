"""An answer of a lead's own to a question about spans: of what anybody marked, and of typed words."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.analysis.marked_text import mark_answer
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.ui.messages import as_markdown
from workbench.usecases.find_conflicts import Conflict, find_words, majority_spans, marked_spans

AROUND = 20  # characters shown on either side of words that occur more than once


def compose_spans(question: Question, document: Document, conflict: Conflict) -> tuple[Span, ...]:
    """Ask for spans and return them in text order: at first those of the majority.

    They can be chosen from all that anybody marked, and added by their words.
    """
    of = f"{question.name} {document.id}"
    added: list[Span] = st.session_state.setdefault(f"added spans {of}", [])
    known = sorted({*marked_spans(conflict.annotations), *added})
    key = f"spans {of}"
    if key not in st.session_state:
        st.session_state[key] = list(majority_spans(conflict.answers))
    chosen = st.multiselect(
        "Your own answer (at first what more than half marked)",
        known,
        key=key,
        placeholder="Spans that somebody marked",
        format_func=lambda span: in_words(span, document.text),
    )
    add_by_words(question, document, key=key, added=added)
    spans = tuple(sorted(chosen))
    marked = Markup('<div class="wb-documents wb-side"><p class="text marked" dir="auto">{}</p></div>')
    st.html(str(marked.format(mark_answer(document.text, spans))))
    return spans


def add_by_words(question: Question, document: Document, *, key: str, added: list[Span]) -> None:
    """Ask for words of the text and a label, and add the span; of several places one must be chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = st.text_input("Words of the text", key=f"words {key}", width=260).strip()
        places = find_words(document.text, words)
        place = places[0] if places else None
        if len(places) > 1:
            place = st.selectbox(
                f"Which of the {len(places)}",
                places,
                index=None,
                key=f"place {key} {words}",
                format_func=lambda start: around(document.text, start, start + len(words)),
                width=320,
            )
        label = st.selectbox("Label", question.labels, key=f"label {key}", width=180)
        span = (
            None if place is None or not label else Span.of(document.text, place, place + len(words), label)
        )

        def add() -> None:
            if span is not None:
                added.append(span)
                st.session_state[key] = sorted({*st.session_state[key], span})

        st.button(
            "Add the span", key=f"add {key}", icon=":material/add:", disabled=span is None, on_click=add
        )
    if words and not places:
        st.warning(f"“{as_markdown(words)}” is not in the text, written like this.")


def in_words(span: Span, text: str) -> str:
    """Return a span as its text and label, and which it is when the words occur more than once.

    >>> in_words(Span(7, 9, "PERSON", "Al"), "Al met Al")
    'Al · PERSON (2 of 2)'
    """
    places = find_words(text, span.covered)
    place = f" ({places.index(span.start) + 1} of {len(places)})" if len(places) > 1 else ""
    return f"{span.covered} · {span.label}{place}"


def around(text: str, start: int, end: int) -> str:
    """Return words with what stands around them.

    >>> around("Al met Al", 7, 9)
    'Al met «Al»'
    """
    left, right = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return f"{left}«{text[start:end]}»{right}"
