"""Which documents still want an answer."""

from __future__ import annotations

from workbench.store.control import ControlPart
from workbench.usecases.project import Project


def unanswered(project: Project, question: str) -> list[str]:
    """Return the ids of the pool's documents that nobody answered or skipped, in import order.

    Those whose text is held out or control too are never asked: their answers would teach nothing.
    """
    done = set(project.store.answered_ids(question)) | set(project.store.skipped_ids(question))
    done |= project.store.held_out_twins()
    return [document_id for document_id in project.store.document_ids(part="pool") if document_id not in done]


def unanswered_control(project: Project, question: str) -> list[str]:
    """Return the ids of the control documents that nobody answered or skipped, in the order of asking."""
    done = set(project.store.answered_ids(question)) | set(project.store.skipped_ids(question))
    return [id for id in ControlPart(project.store.database).ids() if id not in done]
