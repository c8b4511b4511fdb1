"""Record answers: acknowledged means that they are on disk."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.annotations import Annotation
from workbench.store.project_store import RecordCounts
from workbench.usecases.project import Project


def record_annotations(project: Project, annotations: Sequence[Annotation]) -> RecordCounts:
    """Append annotations; those whose client id is known already change nothing.

    Raises InputError, and records none, when one names an unknown document, question or label, or a
    span does not fit its text.
    """
    return project.store.record(annotations)
