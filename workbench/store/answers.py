"""What an annotation must be to be recorded as the answer to a question."""

from __future__ import annotations

import math
from typing import get_args

from workbench.domain.annotations import Annotation, Status
from workbench.errors import InputError
from workbench.store.questions import AskedQuestion

STATUSES = get_args(Status)
MAX_ANNOTATOR_LENGTH = 200


def check_answer(annotation: Annotation, asked: AskedQuestion, text: str) -> None:
    """Raise InputError unless the annotation answers the question about this text.

    Its labels must exist in its label version, and its spans and scope must lie in the text.
    """
    where = f"document {annotation.document_id}, question {annotation.question}"
    _check_form(annotation, where)
    used = {*annotation.labels, *(span.label for span in annotation.spans)}
    unknown = used - asked.labels_at(annotation.label_version)
    if unknown:
        raise InputError(
            f"{_quoted(unknown)} is no label of the question '{asked.first.name}'{_former(unknown, asked)}.",
            where=where,
            hint=f"Its labels: {', '.join(asked.today.labels) or 'none'}.",
        )
    _check_kind(annotation, asked, where)
    _check_places(annotation, text, where)


def _quoted(labels: set[str]) -> str:
    return ", ".join(f"'{label}'" for label in sorted(labels)[:5])


def _former(labels: set[str], asked: AskedQuestion) -> str:
    return " any more: it was renamed, merged, split or retired" if labels & asked.labels_ever else ""


def _check_form(annotation: Annotation, where: str) -> None:
    if annotation.status not in STATUSES:
        raise InputError(f"An annotation cannot be '{annotation.status}'.", where=where)
    name = annotation.annotator
    if len(name) > MAX_ANNOTATOR_LENGTH or not name.isprintable() or name != name.strip():
        raise InputError(
            f"{name[:80]!r} cannot name an annotator.",
            where=where,
            hint=f"Names have up to {MAX_ANNOTATOR_LENGTH} visible characters and no space at either end.",
        )
    seconds = annotation.seconds
    if seconds is not None and not (math.isfinite(seconds) and seconds >= 0):
        raise InputError(f"An annotation cannot take {seconds} seconds.", where=where)


def _check_kind(annotation: Annotation, asked: AskedQuestion, where: str) -> None:
    kind, name = asked.first.kind, asked.first.name
    if kind == "ner" and annotation.labels:
        raise InputError(f"The question '{name}' is answered with spans, not with labels.", where=where)
    if kind != "ner" and annotation.spans:
        raise InputError(f"The question '{name}' is answered with labels, not with spans.", where=where)
    if kind == "textcat" and annotation.counts and len(annotation.labels) != 1:
        raise InputError(
            f"The question '{name}' is answered with exactly one label, not {len(annotation.labels)}.",
            where=where,
        )


def _check_places(annotation: Annotation, text: str, where: str) -> None:
    for span in annotation.spans:
        if not span.fits(text):
            raise InputError(
                f"The span [{span.start}, {span.end}) says {span.covered!r}, "
                f"but the text has {text[span.start : span.end]!r} there.",
                where=where,
                hint="Offsets count Unicode characters from 0 in the text as it was imported.",
            )
    for start, end in annotation.scope or ():
        if not 0 <= start < end <= len(text):
            raise InputError(
                f"The scope [{start}, {end}) does not lie in the text ({len(text)} characters).", where=where
            )
