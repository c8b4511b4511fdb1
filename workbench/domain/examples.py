"""Examples: what a learner is fitted on."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.domain.annotations import Scope
from workbench.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Example:
    """One text with its answer to one question: labels for textcat, spans for ner.

    `scope` as in Annotation: None means that the whole text was asked about.
    """

    document_id: str
    text: str
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    scope: Scope | None = None
