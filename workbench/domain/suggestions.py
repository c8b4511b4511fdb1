"""What a model would answer: shown to annotators to accept, mend or reject, never recorded as an answer."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model's answer to a question about one document, with probabilities in [0, 1].

    `labels` is the answer; `likely` are the most probable labels, best first, also those that are no
    answer. `spans` stand in text order, `sureness` has one value a span.
    """

    document_id: str
    run: str
    label_version: int
    labels: tuple[str, ...] = ()
    likely: tuple[tuple[str, float], ...] = ()
    spans: tuple[Span, ...] = ()
    sureness: tuple[float, ...] = ()
