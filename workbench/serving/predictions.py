"""What a bundle says about one text, as values that are easy to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.domain.decoding import best_tags, decode_labels, spans_from_tags
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, tags_of
from workbench.domain.spans import Span

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the text and its score: the lowest probability among its words' tags."""

    span: Span
    score: float

    def as_json(self) -> dict[str, Any]:
        """Return the entity as JSON values."""
        return {
            "start": self.span.start,
            "end": self.span.end,
            "label": self.span.label,
            "text": self.span.covered,
            "score": round(self.score, DIGITS),
        }


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one text.

    For textcat and textcat-multi, `labels` are the answer and `probabilities` belong to them; for ner
    (`of_spans`), `entities` stand in text order.
    """

    labels: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    entities: tuple[Entity, ...] = ()
    of_spans: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return `entities` for ner, else `labels`, as JSON values; offsets count code points, `[start, end)`."""
        if self.of_spans:
            return {"entities": [entity.as_json() for entity in self.entities]}
        pairs = zip(self.labels, self.probabilities, strict=True)
        return {"labels": [{"label": label, "probability": round(p, DIGITS)} for label, p in pairs]}


def predictions_of(
    scores: Scores, texts: Sequence[str], *, thresholds: Mapping[str, float] | None = None
) -> list[Prediction]:
    """Read the answers off the scores, one a text, in order."""
    if isinstance(scores, ClassScores):
        answers = decode_labels(scores, thresholds=thresholds)
        columns = {label: place for place, label in enumerate(scores.labels)}
        rows = zip(answers, scores.probabilities, strict=True)
        return [Prediction(answer, tuple(float(row[columns[a]]) for a in answer)) for answer, row in rows]
    documents = zip(scores.documents, texts, strict=True)
    return [
        Prediction(entities=entities_of(document, scores.labels, text), of_spans=True)
        for document, text in documents
    ]


def entities_of(document: DocumentTokenScores, labels: tuple[str, ...], text: str) -> tuple[Entity, ...]:
    """Return the entities of one document with their scores."""
    chosen = best_tags(document.probabilities)
    names = tags_of(labels)
    spans = spans_from_tags(document.words, [names[tag] for tag in chosen], text)
    certainty = document.probabilities[np.arange(len(chosen)), chosen]
    starts, ends = document.words[:, 0], document.words[:, 1]
    return tuple(
        Entity(span, float(certainty[(starts >= span.start) & (ends <= span.end)].min())) for span in spans
    )
