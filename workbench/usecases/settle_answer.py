"""Decide what the answer to a document is, whatever annotators or a model said: it stands above theirs."""

from __future__ import annotations

from workbench.domain.annotations import SETTLED, Annotation, new_client_id
from workbench.domain.spans import Span
from workbench.usecases.project import Project
from workbench.usecases.record_annotations import record_annotations


def settle_answer(
    project: Project,
    question_name: str,
    document_id: str,
    *,
    by: str,
    labels: tuple[str, ...] = (),
    spans: tuple[Span, ...] = (),
    comment: str = "",
) -> Annotation:
    """Record a deciding answer in today's labels under the name `by`, and return it.

    It trains and is exported in the place of the others (see `settle`), which stay recorded. To keep an
    answer that was disputed, settle the same one. Raises InputError when it does not fit the question.
    """
    annotation = Annotation(
        new_client_id(),
        document_id,
        question_name,
        by,
        labels,
        spans,
        label_version=project.store.question(question_name).label_version,
        comment=comment,
        raw=dict(SETTLED),
    )
    record_annotations(project, [annotation])
    return annotation
