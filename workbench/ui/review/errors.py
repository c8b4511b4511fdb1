"""The part Errors: confused pairs and labels, and the documents behind them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.confusions import ConfusedPair, labels_around
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.mistakes import Mistakes, Wanted
from workbench.ui.charts import show_chart
from workbench.ui.documents import documents_html
from workbench.ui.messages import as_markdown
from workbench.ui.review.charts import kinds_spec, matrix_spec
from workbench.ui.review.filters import ask_for, ask_for_pair, show_chips, shown, turns, wanted
from workbench.ui.review.labels import label_table
from workbench.ui.review.relabelling import show_cards, wants_to_relabel
from workbench.ui.review.subject import Subject

MOST_PAIRS = 25
PAIRS_HEIGHT, FEW_PAIRS = 400, 8  # few pairs take no more room than they need
KINDS_HEIGHT = 165
LABELS_SHOWN, BESIDE_KINDS = 12, 6  # rows of the table of labels: alone, and below the chart of kinds
AT_ONCE = 20
MATRIX_SIZE = 8


def show(subject: Subject) -> None:
    """Show the part."""
    mistakes = subject.mistakes()
    if not mistakes.mistakes:
        st.success(f"No mistake in {subject.basis_in_words()}.", icon=":material/check:")
        return
    left, right = st.columns([10, 11], gap="large")
    with left:
        show_pairs(mistakes.pairs)
    with right:
        if subject.is_ner:
            show_kinds(mistakes)
        st.subheader("Labels, worst first", anchor=False)
        label_table(subject, most=BESIDE_KINDS if subject.is_ner else LABELS_SHOWN, key="errors")
    show_found(subject, mistakes)


def show_pairs(pairs: Sequence[ConfusedPair]) -> None:
    """Show the most frequent pairs as buttons, each with a bar of its frequency."""
    st.subheader("Confused pairs", anchor=False)
    if not pairs:
        st.write("No label is taken for another.")
        return
    top = pairs[:MOST_PAIRS]
    if len(top) < len(pairs):
        words = f"The {len(top)} most frequent of {len(pairs):,} pairs. For the others, choose a label."
        st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))
    asked = wanted()
    st.html(bars_style([pair.n / top[0].n for pair in top]))
    many = len(top) > FEW_PAIRS
    with st.container(height=PAIRS_HEIGHT if many else "content", border=True, gap=None, key="wb-pairs"):
        for place, pair in enumerate(top):
            chosen = (asked.gold, asked.predicted) == (pair.gold, pair.predicted)
            st.button(
                f"{pair.n:,} × {as_markdown(shown(pair.gold))} → **{as_markdown(shown(pair.predicted))}**",
                key=f"wb-pair-{place}",
                type="primary" if chosen else "secondary",
                width="stretch",  # the bars are shares of it
                on_click=ask_for_pair,
                args=(pair.gold, pair.predicted),
            )


def bars_style(shares: Sequence[float]) -> Markup:
    """Return the style that draws behind each button a bar of its share, from 0 to 1."""
    rules = Markup("").join(
        Markup(".st-key-wb-pair-{} button {{ --wb-share: {}%; }}\n").format(place, round(100 * share))
        for place, share in enumerate(shares)
    )
    return Markup("<style>{}</style>").format(rules)


def show_kinds(mistakes: Mistakes) -> None:
    """Show the kinds of error as bars; a click filters."""
    asked = wanted()
    without_kind = Wanted(asked.gold, asked.predicted, asked.label)
    counts = mistakes.count_kinds(without_kind)
    key = f"kinds {turns()}"

    def choose() -> None:
        points = st.session_state[key].selection.get("kind", [])
        ask_for(kind=str(points[0]["kind"]) if points else None)

    st.subheader("Kinds of error", anchor=False)
    described = ", ".join(f"{kind} {n}" for kind, n in counts.items())
    show_chart(
        kinds_spec(counts, asked.kind),
        key=key,
        height=KINDS_HEIGHT,
        on_select=choose,
        alt=f"Spans by kind of error: {described}",
    )


def show_found(subject: Subject, mistakes: Mistakes) -> None:
    """Show the documents of the filter, and beside them which labels its labels are confused with."""
    asked = wanted()
    found = mistakes.find(asked)
    st.html(Markup('<h3 class="wb-found">{}</h3>').format(title_of(asked)))
    show_chips()
    around = [name for name in (asked.label, asked.gold, asked.predicted) if name]
    near = (labels_around(mistakes.pairs, name, n=MATRIX_SIZE // len(around)) for name in around)
    labels = list(dict.fromkeys(label for found_near in near for label in found_near))
    if len(labels) < 3:
        show_documents(subject, found)
        return
    wide, narrow = st.columns([5, 3], gap="large")
    with wide:
        show_documents(subject, found)
    with narrow:
        show_matrix(mistakes.pairs, labels, around)


def title_of(asked: Wanted) -> Markup:
    """Return what the documents have in common."""
    if asked.gold is not None and asked.predicted is not None:
        return Markup('{} <span class="wb-quiet">answered as</span> {}').format(
            shown(asked.gold), shown(asked.predicted)
        )
    if asked.label is not None:
        return Markup('Mistakes with <span dir="auto">{}</span>').format(shown(asked.label))
    narrowed = any(value is not None for value in (asked.gold, asked.predicted, asked.kind))
    return Markup("Mistakes of this kind") if narrowed else Markup("All mistakes")


def show_documents(subject: Subject, found: Sequence[JudgedDocument]) -> None:
    """Show the documents, a page at a time, those first where the model is surest."""
    asked = wanted()
    order = " · the surest mistake first" if len(found) > 1 else ""
    about = f"{len(found):,} of {subject.basis_in_words()}{order}"
    none = "" if found else "No document has such a mistake. Take a filter away."
    st.html(Markup('<p class="wb-quiet">{}</p>').format(none or about))
    n_pages = -(-len(found) // AT_ONCE)
    page = st.pagination(n_pages, key=f"page of {subject.run.id} {asked}") if n_pages > 1 else 1
    shown_now = found[(page - 1) * AT_ONCE : page * AT_ONCE]
    relabels = wants_to_relabel(subject, found)
    st.html(
        Markup('<div data-documents="{}" data-filter="{}">{}</div>').format(
            len(found),
            "|".join(value or "" for value in (asked.gold, asked.predicted)),
            Markup("" if relabels else documents_html(shown_now)),  # safe: it escapes every text itself
        )
    )
    if relabels:
        show_cards(subject, shown_now)


def show_matrix(pairs: Sequence[ConfusedPair], labels: Sequence[str], around: Sequence[str]) -> None:
    """Show how often these labels are taken for each other, without the diagonal; a click filters."""
    key = f"matrix {list(labels)} {turns()}"

    def choose() -> None:
        points = st.session_state[key].selection.get("cell", [])
        if points:
            ask_for_pair(str(points[0]["gold"]), str(points[0]["predicted"]))

    names = " or ".join(as_markdown(shown(name)) for name in around)
    st.subheader(f"Confused with {names}", anchor=False)
    show_chart(
        matrix_spec(pairs, labels),
        key=key,
        on_select=choose,
        alt=f"Counts of confusions among {', '.join(labels)}; rows are right answers",
    )
