"""What is wrong with each predicted span, one by one, for the review of errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from workbench.analysis.metrics import check_pairs
from workbench.domain.annotations import Scope
from workbench.domain.spans import Span

SpanVerdict: TypeAlias = Literal["correct", "wrong type", "wrong bounds", "wrong both", "missed", "spurious"]
VERDICTS: tuple[SpanVerdict, ...] = get_args(SpanVerdict)


@dataclass(frozen=True, slots=True)
class JudgedSpan:
    """A gold span, the predicted span it is paired with, and the verdict.

    `gold` is None when the verdict is spurious, `predicted` when it is missed.
    """

    document_id: str
    verdict: SpanVerdict
    gold: Span | None
    predicted: Span | None


def judge_each_span(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]], document_ids: Sequence[str]
) -> list[JudgedSpan]:
    """Pair the spans of each document one to one and say what is wrong with each pair.

    Pairs are made in this order: equal; equal bounds; overlap with the same label; any overlap. Among
    several the longest shared stretch wins, then the leftmost. Spans stay in document order, by start.
    """
    check_pairs(len(gold), len(predicted))
    return [
        judged
        for document_id, g, p in zip(document_ids, gold, predicted, strict=True)
        for judged in _judge_document(document_id, g, p)
    ]


def count_verdicts(judged: Iterable[JudgedSpan]) -> dict[SpanVerdict, int]:
    """Count the verdicts; every verdict has an entry, in the order of VERDICTS."""
    found = Counter(span.verdict for span in judged)
    return {verdict: found[verdict] for verdict in VERDICTS}


def spans_in_scope(spans: Iterable[Span], scope: Scope | None) -> tuple[Span, ...]:
    """Return the spans that share a character with the scope; all when it is None.

    Outside the scope nothing was asked: a span there is neither right nor wrong.
    """
    if scope is None:
        return tuple(spans)
    return tuple(s for s in spans if any(s.start < end and start < s.end for start, end in scope))


def _judge_document(document_id: str, gold: Sequence[Span], predicted: Sequence[Span]) -> list[JudgedSpan]:
    g_left, p_left = sorted(gold), sorted(predicted)
    judged: list[JudgedSpan] = []
    for verdict, g, p in sorted(_candidates(g_left, p_left), key=_preference):
        if g in g_left and p in p_left:
            g_left.remove(g)
            p_left.remove(p)
            judged.append(JudgedSpan(document_id, verdict, g, p))
    judged += [JudgedSpan(document_id, "missed", g, None) for g in g_left]
    judged += [JudgedSpan(document_id, "spurious", None, p) for p in p_left]
    return sorted(judged, key=lambda span: (span.gold or span.predicted, VERDICTS.index(span.verdict)))


def _candidates(gold: list[Span], predicted: list[Span]) -> Iterator[tuple[SpanVerdict, Span, Span]]:
    for g in gold:
        for p in predicted:
            if p.start >= g.end:
                break  # they are sorted by start
            if g.overlaps(p):
                yield _verdict(g, p), g, p


def _verdict(gold: Span, predicted: Span) -> SpanVerdict:
    same_bounds = (gold.start, gold.end) == (predicted.start, predicted.end)
    if gold.label == predicted.label:
        return "correct" if same_bounds else "wrong bounds"
    return "wrong type" if same_bounds else "wrong both"


def _preference(candidate: tuple[SpanVerdict, Span, Span]) -> tuple[int, int, Span, Span]:
    verdict, gold, predicted = candidate
    shared = min(gold.end, predicted.end) - max(gold.start, predicted.start)
    return VERDICTS.index(verdict), -shared, gold, predicted
