"""Judged documents as safe HTML: the text, the right answer, and what the model said."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.marked_text import show_text
from workbench.analysis.span_errors import judge_each_span
from workbench.analysis.wording import as_percent


def documents_html(documents: Sequence[JudgedDocument]) -> str:
    """Return a list of the documents; every foreign text in it is escaped."""
    items = Markup().join(_item(document) for document in documents)
    return str(Markup('<ul class="wb-documents">{}</ul>').format(items))


def _item(document: JudgedDocument) -> Markup:
    example = document.example
    spans = judge_each_span([example.spans], [document.predicted_spans], [example.document_id])
    shown = show_text(example.text, spans)
    style = "text marked" if spans else "text"
    text = Markup('<p class="{}" dir="auto">{}</p>').format(style, shown.excerpt)
    return Markup("<li>{}{}</li>").format(text, _about(document))


def _about(document: JudgedDocument) -> Markup:
    example = document.example
    id_part = Markup("{}").format(example.document_id)
    if example.spans or document.predicted_spans:
        return Markup('<p class="about">{} · line: right answer · dashed: model</p>').format(id_part)
    said = Markup(", ").join(
        Markup("<b>{}</b>{}").format(label, _confidence(document, place))
        for place, label in enumerate(document.predicted_labels)
    )
    right = Markup(", ").join(Markup("<b>{}</b>").format(label) for label in example.labels)
    return Markup('<p class="about">right answer {} · model says {} · {}</p>').format(
        right or "nothing", said or "nothing", id_part
    )


def _confidence(document: JudgedDocument, place: int) -> str:
    return f" ({as_percent(document.confidences[place])})" if document.confidences else ""
