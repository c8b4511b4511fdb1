"""Scores to answers: the best label, labels over their thresholds, and spans from IOB2 tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from workbench.domain.arrays import AnyArray, Offsets, Probabilities
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores, tags_of
from workbench.domain.spans import Span

DEFAULT_THRESHOLD = 0.5


def decode_labels(
    scores: ClassScores, *, thresholds: Mapping[str, float] | None = None
) -> list[tuple[str, ...]]:
    """Return the answer of each document.

    Exclusive scores give the most probable label (ties: the first in label order); others give
    every label whose probability reaches its threshold (default 0.5), in label order.
    """
    if scores.exclusive:
        return [(scores.labels[column],) for column in scores.probabilities.argmax(axis=1)]
    limits = np.array([(thresholds or {}).get(label, DEFAULT_THRESHOLD) for label in scores.labels])
    return [
        tuple(label for label, hit in zip(scores.labels, row >= limits, strict=True) if hit)
        for row in scores.probabilities
    ]


def decode_spans(scores: TokenScores, texts: Sequence[str]) -> list[tuple[Span, ...]]:
    """Return the spans of each document by the most probable valid IOB2 sequence (Viterbi)."""
    return [
        spans_of_document(document, scores.labels, text)
        for document, text in zip(scores.documents, texts, strict=True)
    ]


def spans_of_document(document: DocumentTokenScores, labels: tuple[str, ...], text: str) -> tuple[Span, ...]:
    """Return the spans of one document."""
    names = tags_of(labels)
    tags = [names[t] for t in best_tags(document.probabilities)]
    return spans_from_tags(document.words, tags, text)


@lru_cache(maxsize=64)
def forbidden_steps(n_tags: int) -> AnyArray:
    """Return `(t + 1, t)` costs: -inf where IOB2 forbids a tag after another; row t is the start.

    I-X may follow B-X or I-X only.
    """
    steps = np.zeros((n_tags + 1, n_tags), dtype=np.float64)
    for inside in range(2, n_tags, 2):
        steps[:, inside] = -np.inf
        steps[inside - 1, inside] = steps[inside, inside] = 0.0
    steps.flags.writeable = False
    return steps


def best_tags(probabilities: Probabilities) -> list[int]:
    """Return the tag numbers of the most probable valid IOB2 sequence of one document.

    `probabilities` is (k, t), t odd, with the columns of `tags_of`. Ties go to the lower number.
    """
    n_words, n_tags = probabilities.shape
    if n_words == 0:
        return []
    scores = np.log(np.maximum(probabilities.astype(np.float64), 1e-30))
    steps = forbidden_steps(n_tags)
    best = scores[0] + steps[n_tags]
    came_from = np.zeros((n_words, n_tags), dtype=np.int64)
    for word in range(1, n_words):
        paths = best[:, None] + steps[:n_tags]
        came_from[word] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[word]
    tags = [int(best.argmax())]
    for word in range(n_words - 1, 0, -1):
        tags.append(int(came_from[word, tags[-1]]))
    return tags[::-1]


def spans_from_tags(words: Offsets, tags: Sequence[str], text: str) -> tuple[Span, ...]:
    """Join IOB2 tags of words to spans of the text.

    An I- that continues nothing begins a span, so that no tag is lost.
    """
    spans: list[Span] = []
    start, end, label = 0, 0, ""
    for (word_start, word_end), tag in zip(words.tolist(), tags, strict=True):
        mark, _, name = tag.partition("-")
        if mark == "I" and name == label:
            end = word_end
            continue
        if label:
            spans.append(Span.of(text, start, end, label))
        start, end, label = word_start, word_end, name
    if label:
        spans.append(Span.of(text, start, end, label))
    return tuple(spans)


def tags_from_spans(words: Offsets, spans: Sequence[Span]) -> list[str]:
    """Return the IOB2 tag of each word; a word belongs to a span when they share a character.

    Spans must not overlap. A span that shares no word with the text leaves no tag: callers that
    must not lose it compare with `unaligned_spans`.
    """
    tags = ["O"] * len(words)
    for span in sorted(spans):
        covered = words_under(words, span)
        for place, word in enumerate(covered):
            tags[word] = f"{'I' if place else 'B'}-{span.label}"
    return tags


def words_under(words: Offsets, span: Span) -> list[int]:
    """Return the numbers of the words that share a character with the span, in order."""
    return [int(w) for w in np.flatnonzero((words[:, 0] < span.end) & (words[:, 1] > span.start))]


def unaligned_spans(words: Offsets, spans: Sequence[Span]) -> list[Span]:
    """Return the spans whose bounds are not word bounds: tags cannot say them exactly."""
    starts, ends = set(words[:, 0].tolist()), set(words[:, 1].tolist())
    return [span for span in spans if span.start not in starts or span.end not in ends]
