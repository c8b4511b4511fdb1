"""What annotators do at the server, and how answers look here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.store.project_store import ProjectStore
from workbench.usecases.project import Project

TOPIC = Question("topic", "textcat", ("delivery", "billing", "fault"))
ENTITIES = Question("entities", "ner", ("PERSON", "PLACE"))


@dataclass(frozen=True)
class Desk:
    """What annotators do, through the server's own interface."""

    ana: httpx.Client
    ben: httpx.Client
    project: int

    def all_tasks(self) -> list[dict[str, Any]]:
        """Return the tasks, whole."""
        params: dict[str, Any] = {"project": self.project, "fields": "all", "page_size": 100_000}
        found: list[dict[str, Any]] = said(self.ana.get("/api/tasks/", params=params))["tasks"]
        return found

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Return the tasks by document id, whole."""
        return {task["data"]["ext_id"]: task for task in self.all_tasks()}

    def import_again(self, body: bytes) -> None:
        """Send the body of an import once more."""
        path, headers = f"/api/projects/{self.project}/import", {"content-type": "application/json"}
        said(self.ana.post(path, content=body, headers=headers))

    def answer(self, task: int, result: Sequence[Any], *, who: str = "ana", **fields: Any) -> dict[str, Any]:
        """Submit an annotation, and return it."""
        body = {"result": list(result), "lead_time": 2.5, **fields}
        made: dict[str, Any] = said(self.client(who).post(f"/api/tasks/{task}/annotations/", json=body))
        return made

    def client(self, who: str) -> httpx.Client:
        return {"ana": self.ana, "ben": self.ben}[who]

    def next_task(self, who: str = "ana") -> dict[str, Any]:
        """Return the task that the labelling page shows next."""
        found: dict[str, Any] = said(self.client(who).get(f"/api/projects/{self.project}/next/"))
        return found


def said(answer: httpx.Response) -> Any:
    """Return the JSON of an answer that went well."""
    assert answer.status_code < 300, (answer.status_code, answer.text[:500])
    return answer.json() if answer.content else None


def choice(label: str, name: str = "topic") -> dict[str, Any]:
    """Return the region of a choice."""
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}


def marked(text: str, words: str, label: str, name: str = "entities") -> dict[str, Any]:
    """Return the region of the first place where the words stand; offsets are code points."""
    start = text.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    return {"from_name": name, "to_name": "text", "type": "labels", "value": value}


def add_documents(store: ProjectStore, documents: Sequence[Document]) -> None:
    """Put documents into the pool."""
    labelled = tuple(map(LabelledDocument, documents))
    imported = Imported((), labelled, ConversionReport(kept=len(labelled)))
    store.import_documents(imported, file_name="invented", file_sha256="0" * 64, format="csv")


def tickets(n: int) -> list[Document]:
    """Return documents that differ."""
    return [
        Document(f"ticket-{number}", f"Ticket number {number}: where is my parcel?") for number in range(n)
    ]


def answers_here(project: Project, question: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what the store holds today: (document, annotator) to status and answer."""
    return {(a.document_id, a.annotator): _content(a) for a in project.store.current(question)}


def _content(annotation: Annotation) -> tuple[Any, ...]:
    spans = [(span.start, span.end, span.label) for span in annotation.spans]
    return (annotation.status, *annotation.labels, *spans)
