"""Annotations: one annotator's immutable answer to one question about one document."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from workbench.domain.spans import Span
from workbench.errors import InputError

Status: TypeAlias = Literal["answered", "skipped", "draft", "withdrawn"]
Scope: TypeAlias = tuple[tuple[int, int], ...]
SETTLED: Mapping[str, Any] = MappingProxyType({"settled": True})  # in `raw`: this answer decides
FROM_A_FILE = "import"  # stands as the annotator of answers that came with a file that names none
NAMESPACE = uuid.UUID("5f1f1f3e-6f0c-5d2e-9c53-0e0b8a2f7d11")


@dataclass(frozen=True, slots=True)
class Annotation:
    """An answer. It is never changed: a newer one of the same annotator takes its place.

    `labels` answers a textcat question (exactly one label, or any number for textcat-multi),
    `spans` a ner question. `scope` lists the character ranges that were asked about; None means
    the whole document, and outside a scope the tags are unknown, not O.
    `client_id` is chosen by whoever sends it: sending it again changes nothing.
    `raw` keeps fields of a foreign format that have no place here. `flagged` asks for a second look.
    """

    client_id: str
    document_id: str
    question: str
    annotator: str
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    status: Status = "answered"
    scope: Scope | None = None
    label_version: int = 0
    created_at: str = ""
    seconds: float | None = None
    comment: str = ""
    raw: Mapping[str, Any] | None = None
    flagged: bool = False

    def __post_init__(self) -> None:
        if not self.client_id or not self.document_id or not self.question or not self.annotator:
            raise InputError("An annotation needs a client id, a document, a question and an annotator.")
        if self.labels and self.spans:
            raise InputError("An annotation answers with labels or with spans, not with both.")
        if len(set(self.labels)) != len(self.labels):
            raise InputError("An annotation names a label twice.", where=f"document {self.document_id}")
        if not self.created_at:
            object.__setattr__(self, "created_at", now())

    @property
    def counts(self) -> bool:
        """Whether it is a label to learn from (skips, drafts and withdrawals are not)."""
        return self.status == "answered"

    @property
    def is_settled(self) -> bool:
        """Whether it decides what the answer is, above those of others."""
        return (self.raw or {}).get("settled") is True

    def with_labels(self, labels: tuple[str, ...]) -> Annotation:
        """Return a copy that answers with other labels."""
        return replace(self, labels=labels)


def now() -> str:
    """Return the time in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def new_client_id() -> str:
    """Return a random client id."""
    return str(uuid.uuid4())


def derived_client_id(*parts: str) -> str:
    """Return the client id that belongs to these parts: the same parts always give the same id.

    Imports use it, so that importing a file again records nothing twice.
    """
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))
