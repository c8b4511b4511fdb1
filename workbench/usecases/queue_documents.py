"""The next documents for an annotator: the best of the newest batch, then the others in import order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from workbench.usecases.project import Project
from workbench.usecases.unanswered import unanswered

IN_IMPORT_ORDER = "next in import order"


@dataclass(frozen=True, slots=True)
class QueuedDocument:
    """A document to ask about, and why it is asked now."""

    id: str
    text: str
    reason: str


def queue_documents(
    project: Project,
    question: str,
    annotator: str,
    *,
    n: int = 20,
    showing: Collection[str] = (),
) -> list[QueuedDocument]:
    """Lease and return the next n documents, best first.

    Leases on documents that are no longer among them end, but for those that the annotator sees
    just now (`showing`). Documents outside of the newest batch are not leased.
    """
    proposals = project.store.claim(question, annotator, n)
    reasons = {proposal.document_id: proposal.reason for proposal in proposals}
    project.store.release(annotator, question=question, keep={*reasons, *showing})
    if len(reasons) < n:
        batch = project.store.latest_batch(question)
        # What is left of the batch is answered, or leased to somebody else.
        batched = {proposal.document_id for proposal in batch.proposals} if batch else set()
        others = (id for id in unanswered(project, question) if id not in batched)
        reasons.update(dict.fromkeys(islice(others, n - len(reasons)), IN_IMPORT_ORDER))
    documents = project.store.documents(ids=list(reasons))
    return [QueuedDocument(document.id, document.text, reasons[document.id]) for document in documents]
