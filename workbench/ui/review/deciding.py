"""The controls that decide a disputed answer on the spot: keep it, take the model's, or give another."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from workbench.analysis.confusions import NO_LABEL
from workbench.analysis.wording import plain
from workbench.domain.spans import Span
from workbench.errors import WorkbenchError
from workbench.ui.messages import as_markdown, show_error
from workbench.ui.review.filters import shown
from workbench.ui.review.subject import Subject
from workbench.ui.visitors import current_visitor
from workbench.usecases.settle_answer import settle_answer


@dataclass(frozen=True, slots=True)
class Disputed:
    """The answer to a document beside what a model says; `place` tells its controls from those of others."""

    document_id: str
    place: str
    labels: tuple[str, ...]
    spans: tuple[Span, ...]
    suggested_labels: tuple[str, ...]
    suggested_spans: tuple[Span, ...]


def offer_decision(subject: Subject, disputed: Disputed) -> None:
    """Show the controls."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        given = in_words(disputed.labels, disputed.spans)
        suggested = in_words(disputed.suggested_labels, disputed.suggested_spans)
        keep, take = (
            ("Keep the spans", "Take the model's spans")
            if subject.is_ner
            else (f"Keep **{given}**", f"Relabel as **{suggested}**")
        )
        place = disputed.place
        st.button(keep, key=f"keep {place}", on_click=settle, args=(subject, disputed, disputed.labels))
        st.button(
            take,
            key=f"take {place}",
            on_click=settle,
            args=(subject, disputed, disputed.suggested_labels),
            kwargs={"suggested": True},
        )
        if not subject.is_ner:
            choose_other(subject, disputed)


def choose_other(subject: Subject, disputed: Disputed) -> None:
    """Offer any other answer; of a question with several labels, any set of them."""
    key = f"other {disputed.place}"
    labels = list(subject.question.labels)
    if subject.question.kind == "textcat-multi":
        with st.popover("Other labels …"):
            chosen = st.multiselect(
                "Labels", labels, default=list(disputed.labels), key=key, format_func=plain
            )
            answer = tuple(label for label in labels if label in chosen)
            st.button(
                "Relabel", key=f"set {disputed.place}", on_click=settle, args=(subject, disputed, answer)
            )
        return

    def relabel() -> None:
        label = st.session_state.get(key)
        if label is not None:
            settle(subject, disputed, (label,))

    st.selectbox(
        "Other label",
        [label for label in labels if label not in disputed.labels],
        index=None,
        placeholder="Other label …",
        key=key,
        label_visibility="collapsed",
        format_func=plain,
        width=240,
        on_change=relabel,
    )


def settle(subject: Subject, disputed: Disputed, labels: tuple[str, ...], *, suggested: bool = False) -> None:
    """Record the decision under the visitor's name."""
    visitor = current_visitor()
    if not visitor.leads:
        return
    spans = disputed.suggested_spans if suggested else disputed.spans
    try:
        settle_answer(
            subject.project,
            subject.question.name,
            disputed.document_id,
            by=visitor.name,
            labels=labels,
            spans=spans,
        )
    except WorkbenchError as error:
        show_error(error)


def in_words(labels: tuple[str, ...], spans: tuple[Span, ...]) -> str:
    """Return an answer as Markdown."""
    return as_markdown(names_of(labels) if labels or not spans else f"{len(spans)} spans")


def names_of(labels: tuple[str, ...]) -> str:
    """Return labels as a reader sees them."""
    return ", ".join(plain(label) for label in labels) or shown(NO_LABEL)
