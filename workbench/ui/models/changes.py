"""The documents whose answer an export changed, each with both answers and a link to it."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from workbench.analysis.marked_text import show_text
from workbench.analysis.span_errors import judge_each_span
from workbench.analysis.wording import plain
from workbench.ui.addresses import base_path
from workbench.usecases.project import Project
from workbench.usecases.show_bundle import ShownBundle
from workbench.usecases.show_changes import ChangedDocument, changed_documents

AT_ONCE = 10


def show_changes(project: Project, bundle: ShownBundle) -> None:
    """Show how many held-out answers changed, and the documents, a page at a time."""
    changes, name = bundle.changes, bundle.facts.name
    if changes is None:
        note("This bundle does not say: export the model again.")
        return
    if not changes.n:
        note("None: the exported model answers every held-out document as the float32 network does.")
        return
    n_named = len(changes.answers)
    only = f", the first {n_named:,} of them named" if n_named < changes.n else ""
    note(f"{changes.n:,} held-out documents{only}. The first answer is that of the float32 network.")
    n_pages = -(-n_named // AT_ONCE)
    page = st.pagination(n_pages, key=f"changes of {name}") if n_pages > 1 else 1
    shown = changes.answers[(page - 1) * AT_ONCE : page * AT_ONCE]
    found = changed_documents(project, bundle.facts.question, shown)
    items = Markup("").join(item_html(project, bundle.facts.question, changed) for changed in found)
    st.html(Markup('<ul class="wb-documents" data-changed="{}">{}</ul>').format(changes.n, items))
    if len(found) < len(shown):
        note(f"{len(shown) - len(found)} of these documents are not held out any more.")


def note(words: str) -> None:
    """Show a quiet line."""
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))


def item_html(project: Project, question: str, changed: ChangedDocument) -> Markup:
    """Return one document: its text, before → after, the right answer, and its id as a link."""
    change, document = changed.change, changed.document
    sides = [change.before.spans_in(document.text)], [change.after.spans_in(document.text)]
    spans = judge_each_span(*sides, [document.id])
    text = show_text(document.text, spans)
    address = {"project": project.name, "tab": "documents", "question": question, "document": document.id}
    link = Markup('<a href="{}">{}</a>').format(f"{base_path()}/data?{urlencode(address)}", document.id)
    said = (
        Markup("line: before the export · dashed: after it")
        if spans
        else Markup("<b>{}</b> → <b>{}</b>{}").format(
            in_words(change.before.labels), in_words(change.after.labels), _right(changed)
        )
    )
    return Markup('<li><p class="{}" dir="auto">{}</p><p class="about">{} · {}</p></li>').format(
        "text marked" if spans else "text", text.excerpt, said, link
    )


def _right(changed: ChangedDocument) -> Markup:
    if changed.gold is None:
        return Markup("")
    return Markup(" · right answer <b>{}</b>").format(in_words(changed.gold.labels))


def in_words(labels: tuple[str, ...]) -> str:
    """Return an answer in words.

    >>> in_words(("a", "b")), in_words(())
    ('a, b', 'nothing')
    """
    return ", ".join(plain(label) for label in labels) or "nothing"
