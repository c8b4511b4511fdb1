"""The held-out documents that an exported model answers otherwise than the network that it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.project import Project

Place: TypeAlias = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """Labels, or the places of spans as start, end and label."""

    labels: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    def spans_in(self, text: str) -> tuple[Span, ...]:
        """Return the spans of this text."""
        return tuple(Span.of(text, *place) for place in self.places)


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """What a document was answered before the export and after it."""

    document_id: str
    before: GivenAnswer
    after: GivenAnswer


@dataclass(frozen=True, slots=True)
class Changes:
    """How many answers the export changed; the manifest names the documents of the first of them."""

    n: int
    answers: tuple[ChangedAnswer, ...]


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A changed answer with its document and the right answer of today, None without one."""

    change: ChangedAnswer
    document: Document
    gold: Annotation | None


def read_changes(manifest: Mapping[str, Any]) -> Changes | None:
    """Return what a manifest says, None for one from before it was noted. Raises ValueError or the like."""
    found = manifest.get("changed_answers")
    if found is None:
        return None
    return Changes(int(found["n"]), tuple(_change(record) for record in found["documents"]))


def _change(record: Mapping[str, Any]) -> ChangedAnswer:
    return ChangedAnswer(str(record["document"]), _answer(record["before"]), _answer(record["after"]))


def _answer(parts: Sequence[Any]) -> GivenAnswer:
    places = [part for part in parts if not isinstance(part, str)]
    return GivenAnswer(
        tuple(part for part in parts if isinstance(part, str)),
        tuple((int(start), int(end), str(label)) for start, end, label in places),
    )


def changed_documents(
    project: Project, question: str, changes: Sequence[ChangedAnswer]
) -> list[ChangedDocument]:
    """Return the documents of these changes that the project has; texts come from it, not from the bundle."""
    known = set(project.store.document_ids("held-out"))
    there = [change for change in changes if change.document_id in known]
    ids = [change.document_id for change in there]
    gold = settled_answers(project, question, ids)
    documents = project.store.documents(ids=ids)
    return [
        ChangedDocument(change, document, gold.get(document.id))
        for change, document in zip(there, documents, strict=True)
    ]
