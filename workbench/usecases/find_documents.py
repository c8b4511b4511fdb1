"""Find documents by text, answer and metadata, page by page, and read what was said about one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document, Part
from workbench.store.search import Wanted, find_ids, metadata_values, standing_answers
from workbench.usecases.collect_examples import disagree, settle
from workbench.usecases.project import Project

Standing: TypeAlias = Literal["unanswered", "answered", "skipped", "disagreed", "flagged"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
PAGE = 50
MOST_VALUES = 60  # of one field of the metadata; a field with more cannot be chosen from a list


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents: all fields that are given must fit. `label` is that of the settled answer."""

    text: str = ""
    part: Part | None = None
    label: str = ""
    standing: Standing | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document with the answer that settles it (None without one) and where it stands."""

    document: Document
    answer: Annotation | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found, and how many there are in all."""

    rows: tuple[FoundDocument, ...]
    n_found: int
    number: int

    @property
    def n_pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.n_found // PAGE))


def find_documents(project: Project, question: str, wanted: Filter, *, page: int = 0) -> Page:
    """Return a page of the documents that fit, in import order. A page beyond the last is the last."""
    ids = find_ids(project.store, Wanted(wanted.text, wanted.part, wanted.metadata))
    if wanted.standing is not None or wanted.label:
        said = by_document(project.store.current(question))
        ids = [id for id in ids if _fits(said.get(id, ()), wanted)]
    number = min(max(0, page), max(0, (len(ids) - 1) // PAGE))
    shown = project.store.documents(ids=ids[number * PAGE : (number + 1) * PAGE])
    said = by_document(standing_answers(project.store, question, [document.id for document in shown]))
    rows = tuple(_found(document, said.get(document.id, ())) for document in shown)
    return Page(rows, len(ids), number)


def by_document(annotations: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    """Return annotations by their document, in their order."""
    found: dict[str, list[Annotation]] = {}
    for annotation in annotations:
        found.setdefault(annotation.document_id, []).append(annotation)
    return found


def settled_of(project: Project, question: str, ids: Sequence[str]) -> dict[str, Annotation]:
    """Return the settled answers of some documents."""
    said = by_document(standing_answers(project.store, question, ids))
    settled = {id: settle(annotations) for id, annotations in said.items()}
    return {id: answer for id, answer in settled.items() if answer is not None}


def labels_of(annotation: Annotation | None) -> set[str]:
    """Return the labels of an answer, or of its spans."""
    if annotation is None:
        return set()
    return {*annotation.labels, *(span.label for span in annotation.spans)}


def history_of(project: Project, document_id: str) -> list[Annotation]:
    """Return everything that anybody ever said about a document, the newest first."""
    return project.store.annotations(document_id=document_id)[::-1]


def choices_of_metadata(project: Project) -> dict[str, list[str]]:
    """Return those fields of the metadata that documents can be chosen by, with their values."""
    found = metadata_values(project.store, most=MOST_VALUES)
    return {name: values for name, values in found.items() if values}


def _fits(said: Sequence[Annotation], wanted: Filter) -> bool:
    has_standing = wanted.standing is None or _stands(said, wanted.standing)
    return has_standing and (not wanted.label or wanted.label in labels_of(settle(said)))


def _stands(said: Sequence[Annotation], standing: Standing) -> bool:
    if standing == "flagged":
        return any(annotation.flagged for annotation in said)
    if standing == "disagreed":
        return disagree(said)
    has_answer = any(annotation.counts for annotation in said)
    if standing == "answered":
        return has_answer
    is_skipped = not has_answer and any(annotation.status == "skipped" for annotation in said)
    return is_skipped if standing == "skipped" else not has_answer and not is_skipped


def _found(document: Document, said: Sequence[Annotation]) -> FoundDocument:
    kinds: tuple[Standing, ...] = ("disagreed", "answered", "skipped", "unanswered")
    return FoundDocument(document, settle(said), next(kind for kind in kinds if _stands(said, kind)))
