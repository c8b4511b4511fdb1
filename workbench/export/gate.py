"""The gate: an exported model is published only when it answers like the model it came from.

Every figure is measured on held-out documents and stands with its limit and its basis in the report,
whether it passed or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from workbench.domain.arrays import AnyArray, Offsets
from workbench.domain.decoding import (
    DEFAULT_THRESHOLD,
    decode_labels,
    decode_spans,
    spans_from_tags,
    tags_from_spans,
)
from workbench.domain.examples import Example
from workbench.domain.f1 import macro_f1, strict_f1
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import NotEnoughDataError

MAX_FP32_DIFFERENCE = 1e-3
MAX_BATCH_DIFFERENCE = 2e-3
MIN_BATCH_AGREEMENT = 0.999
MIN_INT8_AGREEMENT = 0.98
MAX_F1_LOSS = 0.01


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value, the limit it must keep, and what it was measured on."""

    name: str
    value: float
    limit: float
    direction: Literal["at most", "at least"]
    basis: str

    @property
    def passed(self) -> bool:
        """Whether the value keeps its limit; a value that is not a number does not."""
        return self.value <= self.limit if self.direction == "at most" else self.value >= self.limit

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        return f"{self.name}: {self.value:.5f}, {self.direction} {self.limit:g} ({self.basis}): {verdict}"


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate measured on one export; `recipe` names how its int8 weights were made."""

    recipe: str
    figures: tuple[Figure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure keeps its limit."""
        return all(figure.passed for figure in self.figures)

    @property
    def failures(self) -> tuple[Figure, ...]:
        """The figures that do not keep their limits."""
        return tuple(figure for figure in self.figures if not figure.passed)

    def in_words(self) -> str:
        """Return the figures in words, one a line."""
        return "\n".join(str(figure) for figure in self.figures)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        names = ("name", "value", "limit", "direction", "basis", "passed")
        figures = [{name: getattr(figure, name) for name in names} for figure in self.figures]
        return {"recipe": self.recipe, "passed": self.passed, "figures": figures}


@dataclass(frozen=True, slots=True, eq=False)
class GateScores:
    """Scores of the same documents, in the same order, by the same model in its four shapes.

    `torch` is the trained network, `fp32` its ONNX graph, `batched` the int8 graph on batches sorted by
    length, `alone` on one document at a time, `padded` on batches filled up with more padding.
    """

    torch: Scores
    fp32: Scores
    batched: Scores
    alone: Scores
    padded: Scores


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Documents with their right answers that no training has seen.

    `tokens`, when the source has them, are the gold tokens of each document as character offsets.
    `thresholds` belong to the labels of a textcat-multi question.
    """

    examples: Sequence[Example]
    tokens: Sequence[Offsets] | None = None
    thresholds: Mapping[str, float] | None = None

    @property
    def texts(self) -> list[str]:
        """The texts, in order."""
        return [example.text for example in self.examples]


def check(scores: GateScores, held_out: HeldOut, *, recipe: str) -> GateReport:
    """Measure every figure of the gate. Raises NotEnoughDataError when there are no documents.

    A graph of the recipe "float32" stands in the place of int8 and is compared with the network itself.
    """
    n = len(held_out.examples)
    if n == 0:
        raise NotEnoughDataError("The gate needs held-out documents; there are none.")
    basis = f"{n} held-out documents"
    decide = held_out.thresholds
    ours, original = ("float32", "the network") if recipe == "float32" else ("int8", "fp32")
    full = scores.torch if recipe == "float32" else scores.fp32
    figures = [
        Figure(
            "fp32 ONNX against torch: largest difference of a probability",
            largest_difference(scores.torch, scores.fp32),
            MAX_FP32_DIFFERENCE,
            "at most",
            basis,
        )
    ]
    for name, other in (("batches", scores.batched), ("batches with more padding", scores.padded)):
        figures += [
            Figure(
                f"{ours} alone against {name}: largest difference of a probability",
                largest_difference(scores.alone, other),
                MAX_BATCH_DIFFERENCE,
                "at most",
                basis,
            ),
            Figure(
                f"{ours} alone against {name}: share of equal answers",
                agreement(scores.alone, other, decide),
                MIN_BATCH_AGREEMENT,
                "at least",
                basis,
            ),
        ]
    agreed = agreement(full, scores.batched, decide)
    against = f"{ours} against {original}"
    figures.append(
        Figure(f"{against}: share of equal answers", agreed, MIN_INT8_AGREEMENT, "at least", basis)
    )
    return GateReport(recipe, (*figures, *f1_figures(full, scores.batched, held_out, names=(ours, original))))


def f1_figures(
    original: Scores, served: Scores, held_out: HeldOut, *, names: tuple[str, str] = ("int8", "fp32")
) -> list[Figure]:
    """Return how much F1 the served graph loses, in points of 1: macro-F1 or strict span F1.

    `names` are those of the served graph and its original.
    """
    gold = held_out.examples
    basis = f"{len(gold)} held-out documents"
    if isinstance(original, ClassScores) and isinstance(served, ClassScores):
        f1s = [
            macro_f1([e.labels for e in gold], decode_labels(s, thresholds=held_out.thresholds), s.labels)
            for s in (original, served)
        ]
        name = f"{names[0]} against {names[1]}: loss of macro-F1"
        return [Figure(name, f1s[0] - f1s[1], MAX_F1_LOSS, "at most", f"{basis}, {names[1]} {f1s[0]:.4f}")]
    assert isinstance(original, TokenScores)
    assert isinstance(served, TokenScores)
    spans = [example.spans for example in gold]
    full, left = (strict_f1(spans, decode_spans(s, held_out.texts)) for s in (original, served))
    aligned = aligned_f1(original, held_out)
    kind = "gold tokens" if held_out.tokens is not None else "the model's own words"
    return [
        Figure(
            f"{names[0]} against {names[1]}: loss of strict F1",
            full - left,
            MAX_F1_LOSS,
            "at most",
            f"{basis}, {names[1]} {full:.4f}",
        ),
        Figure(
            f"entities served from raw text against the evaluation on {kind}: loss of strict F1",
            aligned - left,
            MAX_F1_LOSS,
            "at most",
            f"{basis}, on {kind} {aligned:.4f}",
        ),
    ]


def aligned_f1(scores: TokenScores, held_out: HeldOut) -> float:
    """Return strict F1 where words are those of the gold answers.

    With gold tokens the network is evaluated on them: a token has the scores of its first piece, and
    spans are decoded token by token. Without, the gold spans grow to the words that the model tags, as
    they did in training.
    """
    texts = held_out.texts
    gold: Sequence[Sequence[Span]] = [example.spans for example in held_out.examples]
    if held_out.tokens is not None:
        return strict_f1(gold, decode_spans(on_tokens(scores, held_out.tokens), texts))
    words = [document.words for document in scores.documents]
    grown_gold = [grown(*triple) for triple in zip(gold, words, texts, strict=True)]
    return strict_f1(grown_gold, decode_spans(scores, texts))


def on_tokens(scores: TokenScores, tokens: Sequence[Offsets]) -> TokenScores:
    """Return the scores of gold tokens: of the first word under each; a token that shows nothing is O.

    Several tokens in one word (`#` and `95520` of a hashtag) count as one: the network says one tag of them.
    """
    documents = []
    for document, own in zip(scores.documents, tokens, strict=True):
        rows = np.zeros((len(own), len(scores.tags)), dtype=np.float32)
        rows[:, 0] = 1.0
        begins = np.ones(len(own), dtype=bool)
        if len(document.words) and len(own):
            first = np.searchsorted(document.words[:, 1], own[:, 0], side="right")
            first = np.minimum(first, len(document.words) - 1)
            found = (document.words[first, 0] < own[:, 1]) & (document.words[first, 1] > own[:, 0])
            rows[found] = document.probabilities[first[found]]
            begins[1:] = ~(found[1:] & found[:-1] & (first[1:] == first[:-1]))
        starts = np.flatnonzero(begins)
        lasts = np.append(starts, len(own))[1:] - 1
        joined = np.stack([own[starts, 0], own[lasts, 1]], axis=1)
        documents.append(DocumentTokenScores(joined, rows[starts]))
    return TokenScores(scores.labels, tuple(documents))


def grown(spans: Sequence[Span], words: Offsets, text: str) -> tuple[Span, ...]:
    """Return the spans with their bounds moved out to the words they touch."""
    return spans_from_tags(words, tags_from_spans(words, spans), text)


def largest_difference(ours: Scores, theirs: Scores) -> float:
    """Return the largest absolute difference of two probabilities; 0.0 when there are none."""
    pairs = zip(rows_of(ours), rows_of(theirs), strict=True)
    # Not the built-in max, which can overlook values that are not numbers.
    return float(np.max([0.0, *(np.abs(a - b).max() for a, b in pairs if a.size)]))


def agreement(ours: Scores, theirs: Scores, thresholds: Mapping[str, float] | None = None) -> float:
    """Return the share of equal answers, 0 to 1: documents, (document, label) pairs, or tagged words."""
    a, b = (
        np.concatenate([np.zeros(0), *(d.ravel() for d in decisions(s, thresholds))]) for s in (ours, theirs)
    )
    return float((a == b).mean()) if a.size else 1.0


def decisions(scores: Scores, thresholds: Mapping[str, float] | None = None) -> list[AnyArray]:
    """Return the answers as numbers: the best column, or whether each column reaches its threshold."""
    if isinstance(scores, TokenScores) or scores.exclusive:
        return [rows.argmax(axis=1) for rows in rows_of(scores)]
    limits = [(thresholds or {}).get(label, DEFAULT_THRESHOLD) for label in scores.labels]
    return [scores.probabilities >= np.array(limits)]


def rows_of(scores: Scores) -> list[AnyArray]:
    """Return the probabilities as one array for class scores, one a document for token scores."""
    if isinstance(scores, ClassScores):
        return [scores.probabilities]
    return [document.probabilities for document in scores.documents]
