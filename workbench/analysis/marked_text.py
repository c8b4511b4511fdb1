"""Texts as safe HTML, with gold and predicted spans marked; spans may nest and overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from markupsafe import Markup, escape

from workbench.analysis.span_errors import JudgedSpan
from workbench.analysis.wording import UNSHOWN, as_percent, plain
from workbench.domain.spans import Span

EXCERPT = 480  # characters shown at once
LEAD = 120  # characters shown before the first mistake
WHOLE = 20_000  # characters of a text that a page holds at most
LANES = 6  # depths of underlines that the style sheet knows


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text for a page: an excerpt and, when that is not all, the whole (or its first part)."""

    excerpt: Markup
    whole: Markup | None
    n_characters: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One underline. `depth` counts from the text downwards; an empty label gets no chip."""

    start: int
    end: int
    label: str
    side: Literal["gold", "said", "given"]
    wrong: bool
    depth: int = 0
    sure: str = ""


def show_text(
    text: str, judged: Sequence[JudgedSpan] = (), confidences: Mapping[Span, float] | None = None
) -> ShownText:
    """Make a text safe to show; an excerpt of a long one begins shortly before the first mistake.

    `confidences` of predicted spans stand in their chips.
    """
    marks = place_marks(judged, confidences or {})
    first_wrong = min((mark.start for mark in marks if mark.wrong), default=0)
    long = len(text) > EXCERPT
    start = max(0, min(first_wrong - LEAD, len(text) - EXCERPT)) if long else 0
    end = min(len(text), start + EXCERPT)
    dots = Markup('<span class="dots">…</span>')
    excerpt = (
        (dots if start else Markup())
        + mark_text(text, marks, start=start, end=end)
        + (dots if end < len(text) else Markup())
    )
    whole = mark_text(text, marks, start=0, end=min(len(text), WHOLE)) if long else None
    return ShownText(excerpt, whole, len(text), len(text) > WHOLE)


def place_marks(judged: Sequence[JudgedSpan], confidences: Mapping[Span, float]) -> list[Mark]:
    """Return the underlines of one document; no two that overlap have the same depth."""
    return _placed(mark for span in judged for mark in _marks_of(span, confidences))


def mark_answer(text: str, spans: Sequence[Span]) -> Markup:
    """Return a text, or its first part, with the spans of one answer that nobody judged."""
    marks = _placed(Mark(span.start, span.end, span.label, "given", wrong=False) for span in spans)
    return mark_text(text, marks, start=0, end=min(len(text), WHOLE))


def _placed(marks: Iterable[Mark]) -> list[Mark]:
    unplaced = sorted(marks, key=lambda m: (m.start, -m.end, m.side))
    ends: list[int] = []  # where the last mark of each depth ends
    placed = []
    for mark in unplaced:
        depth = next((d for d, end in enumerate(ends) if end <= mark.start), len(ends))
        ends[depth : depth + 1] = [mark.end]
        placed.append(replace(mark, depth=depth))
    return placed


def mark_text(text: str, marks: Sequence[Mark], *, start: int, end: int) -> Markup:
    """Return `text[start:end]` escaped, each mark as underlined pieces and a chip with its label."""
    inside = [mark for mark in marks if mark.start < end and mark.end > start]
    cuts = sorted({start, end, *(c for m in inside for c in (m.start, m.end) if start < c < end)})
    html = Markup()
    pieces = []
    for left, right in pairwise(cuts):
        piece = escape(text[left:right].translate(UNSHOWN))
        for mark in inside:
            if mark.start <= left and right <= mark.end:
                piece = Markup('<span class="m {} d{}">{}</span>').format(_style(mark), _depth(mark), piece)
        pieces.append(piece)
        pieces += [_chip(m) for m in sorted(inside, key=lambda m: -m.start) if m.end == right and m.label]
    return html.join(pieces)


def _marks_of(judged: JudgedSpan, confidences: Mapping[Span, float]) -> Iterator[Mark]:
    gold, said, wrong = judged.gold, judged.predicted, judged.verdict != "correct"
    sure = f" {as_percent(confidences[said])}" if said is not None and said in confidences else ""
    if gold is not None:
        # Of two equal spans one chip is enough.
        yield Mark(gold.start, gold.end, gold.label, "gold", wrong, sure="" if wrong else sure)
    if said is not None:
        yield Mark(said.start, said.end, said.label if wrong else "", "said", wrong, sure=sure)


def _chip(mark: Mark) -> Markup:
    if mark.side == "given":
        return Markup('<span class="chip given"><bdi>{}</bdi></span>').format(plain(mark.label))
    word = "gold" if mark.side == "gold" else "predicted"
    if not mark.wrong:
        word = "right"
    return Markup('<span class="chip {}"><span class="vh">{}: </span><bdi>{}</bdi>{}</span>').format(
        _style(mark), word, plain(mark.label), mark.sure
    )


def _style(mark: Mark) -> str:
    return f"{mark.side} {'wrong' if mark.wrong else 'right'}"


def _depth(mark: Mark) -> int:
    return min(mark.depth, LANES - 1)
