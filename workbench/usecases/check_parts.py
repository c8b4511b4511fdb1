"""An answer about a part of a text is one about the part that was asked."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.annotations import Annotation
from workbench.errors import InputError
from workbench.store.scopes import scopes_asked
from workbench.usecases.project import Project


def check_parts(project: Project, annotations: Sequence[Annotation]) -> None:
    """Raise InputError when the scope of an annotation was never asked, or one of its spans lies outside it.

    Without a scope the whole text was answered, whatever was asked of it.
    """
    for annotation in annotations:
        if annotation.scope is None:
            continue
        where = f"document {annotation.document_id}"
        if annotation.scope not in scopes_asked(project.store, annotation.question, annotation.document_id):
            raise InputError(
                f"The part {list(annotation.scope)} of the text was not asked about for '{annotation.question}'.",
                where=where,
                hint="Load the page again; an answer without a scope is about the whole text.",
            )
        for span in annotation.spans:
            if not any(start <= span.start and span.end <= end for start, end in annotation.scope):
                raise InputError(
                    f"The span [{span.start}, {span.end}) lies outside of the part that was asked.",
                    where=where,
                    hint="Mark all of the text to say more than was asked.",
                )
