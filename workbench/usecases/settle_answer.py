"""Decide what the answer to a document is, whatever annotators or a model said: it stands above theirs."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.annotations import SETTLED, Annotation, Scope, new_client_id
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
    answer that was disputed, settle the same one. Where annotators were asked about a part of the text only,
    it is about that part (`settled_scope`). Raises InputError when it does not fit the question.
    """
    given = [a for a in project.store.current(question_name, [document_id]) if a.counts]
    annotation = Annotation(
        new_client_id(),
        document_id,
        question_name,
        by,
        labels,
        spans,
        scope=settled_scope(given, labels, spans),
        label_version=project.store.question(question_name).label_version,
        comment=comment,
        raw=dict(SETTLED),
    )
    record_annotations(project, [annotation])
    return annotation


def settled_scope(
    given: Sequence[Annotation], labels: tuple[str, ...], spans: tuple[Span, ...]
) -> Scope | None:
    """Return the part of a text that a deciding answer is about, given what it decides between.

    Whoever decides as somebody answered decides what that one was asked. Else it is about all parts that anybody
    was asked, and about the spans that it adds; None, the whole text, as soon as somebody answered the whole.
    """
    said = (set(labels), set(spans))
    same = [one for one in given if (set(one.labels), set(one.spans)) == said]
    scopes = [one.scope for one in same or given]
    parts = [part for scope in scopes if scope is not None for part in scope]
    if not parts or None in scopes:
        return None
    joined: list[tuple[int, int]] = []
    for start, end in sorted([*parts, *((span.start, span.end) for span in spans)]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
