"""Give many documents one answer, and take the last such answer back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from workbench.domain.annotations import Annotation, derived_client_id, new_client_id, now
from workbench.store.bulk import BULK, last_bulk
from workbench.usecases.project import Project
from workbench.usecases.record_annotations import record_annotations

NONE_SHOWN: Mapping[str, str] = MappingProxyType({})


def answer_many(
    project: Project,
    question_name: str,
    document_ids: Sequence[str],
    *,
    labels: tuple[str, ...],
    by: str,
    bulk: str,
    shown: Mapping[str, str] = NONE_SHOWN,
) -> int:
    """Record the same labels for each document under the name `by` and return how many answers are new.

    `bulk` names the whole: the same one sent again records nothing twice. `shown` has the run whose
    suggestion was on the screen, by document: a primed answer can be told from others. Raises InputError,
    and records none, when an answer does not fit its question.
    """
    version = project.store.question(question_name).label_version
    annotations = [
        Annotation(
            derived_client_id("bulk", bulk, question_name, by, *labels, "\n", document_id),
            document_id,
            question_name,
            by,
            labels,
            label_version=version,
            raw={BULK: bulk, **({"suggested_by": shown[document_id]} if document_id in shown else {})},
        )
        for document_id in document_ids
    ]
    return record_annotations(project, annotations).new


def count_last_bulk(project: Project, question_name: str, by: str) -> int:
    """Return how many answers `take_back_bulk` would take back."""
    return len(last_bulk(project.store, question_name, by))


def take_back_bulk(project: Project, question_name: str, by: str) -> int:
    """Withdraw the newest bulk answer of an annotator and return how many documents it was.

    Where the annotator had answered before, that answer stands again, as of its time. Documents that they answered anew
    since are left alone.
    """
    undone = [
        _withdrawn(answer) if before is None else replace(before, client_id=new_client_id())
        for answer, before in last_bulk(project.store, question_name, by)
    ]
    record_annotations(project, undone)
    return len(undone)


def _withdrawn(answer: Annotation) -> Annotation:
    return replace(
        answer, client_id=new_client_id(), created_at=now(), status="withdrawn", labels=(), raw=None
    )
