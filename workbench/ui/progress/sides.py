"""One document and what annotators said about it, as safe HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from workbench.analysis.marked_text import mark_answer
from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.usecases.measure_agreement import in_words

NOTHING = "nothing"


def text_html(text: str) -> str:
    """Return a text as a paragraph."""
    return str(
        Markup('<div class="wb-documents"><p class="text" dir="auto">{}</p></div>').format(
            mark_answer(text, ())
        )
    )


def sides_html(document: Document, annotations: Sequence[Annotation], *, is_ner: bool) -> str:
    """Return the document with each annotator's answer below it; of entities the text once an annotator."""
    if is_ner:
        body = Markup().join(marked_html(document.text, a, name=a.annotator) for a in annotations)
        about = Markup("{}").format(document.id)
    else:
        body = Markup('<p class="text" dir="auto">{}</p>').format(mark_answer(document.text, ()))
        said = [Markup("{} <b>{}</b>").format(a.annotator, answer_in_words(a)) for a in annotations]
        about = Markup(" · ").join([*said, Markup("{}").format(document.id)])
    return str(Markup('<li>{}<p class="about">{}</p></li>').format(body, about))


def marked_html(text: str, annotation: Annotation, *, name: str) -> Markup:
    """Return the text with the spans of one annotator, whose name stands above it."""
    return Markup('<p class="about"><b>{}</b></p><p class="text marked" dir="auto">{}</p>').format(
        name, mark_answer(text, annotation.spans)
    )


def answer_in_words(annotation: Annotation) -> str:
    """Return what an annotation says, in a few words."""
    if annotation.status == "skipped":
        return "skipped"
    if annotation.spans:
        return f"{len(annotation.spans)} spans"
    return in_words(annotation.labels) or NOTHING
