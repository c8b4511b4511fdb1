"""The mistakes of a model as a list that can be filtered: by pair, by label, by kind of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.analysis.confusions import (
    NO_LABEL,
    ConfusedPair,
    confused_pairs,
    confused_spans,
    wrong_pairs,
)
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.span_errors import VERDICTS, SpanVerdict, judge_each_span

KINDS: tuple[SpanVerdict, ...] = tuple(verdict for verdict in VERDICTS if verdict != "correct")


@dataclass(frozen=True, slots=True)
class Mistake:
    """In document `row` (its place in the list) `gold` was answered as `predicted`.

    One of the two is NO_LABEL when a label or span was missed or is spurious.
    """

    row: int
    gold: str
    predicted: str
    kind: SpanVerdict


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mistakes to look at; None asks for all. `label` is one of the two sides of a mistake."""

    gold: str | None = None
    predicted: str | None = None
    label: str | None = None
    kind: str | None = None

    def matches(self, mistake: Mistake) -> bool:
        """Whether a mistake is asked for."""
        return (
            self.gold in (None, mistake.gold)
            and self.predicted in (None, mistake.predicted)
            and (self.label is None or self.label in (mistake.gold, mistake.predicted))
            and self.kind in (None, mistake.kind)
        )


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Judged documents with what is wrong in them.

    `pairs` are most frequent first; `mistakes` stand document by document.
    """

    documents: tuple[JudgedDocument, ...]
    pairs: tuple[ConfusedPair, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def n_wrong(self) -> int:
        """How many documents have a mistake."""
        return len({mistake.row for mistake in self.mistakes})

    def find(self, wanted: Wanted) -> list[JudgedDocument]:
        """Return the documents with such a mistake: where the model is surest of it first, ties by place."""
        rows = dict.fromkeys(mistake.row for mistake in self.mistakes if wanted.matches(mistake))
        return [self.documents[row] for row in sorted(rows, key=lambda row: (-self._surest(row), row))]

    def count_kinds(self, wanted: Wanted) -> dict[SpanVerdict, int]:
        """Count the mistakes of each kind, in the order of KINDS; every kind has an entry."""
        found = Counter(mistake.kind for mistake in self.mistakes if wanted.matches(mistake))
        return {kind: found[kind] for kind in KINDS}

    def _surest(self, row: int) -> float:
        return max((sure for sure, right in self.documents[row].outcomes() if not right), default=0.0)


def find_mistakes(documents: Sequence[JudgedDocument], *, is_ner: bool) -> Mistakes:
    """Return the mistakes of judged documents."""
    ids = [document.example.document_id for document in documents]
    if is_ner:
        gold_spans, said = [d.example.spans for d in documents], [d.predicted_spans for d in documents]
        judged = judge_each_span(gold_spans, said, [str(row) for row in range(len(ids))])
        mistakes = tuple(
            Mistake(
                int(span.document_id),
                span.gold.label if span.gold else NO_LABEL,
                span.predicted.label if span.predicted else NO_LABEL,
                span.verdict,
            )
            for span in judged
            if span.verdict != "correct"
        )
        return Mistakes(
            tuple(documents), tuple(confused_spans(judge_each_span(gold_spans, said, ids))), mistakes
        )
    gold, answered = [d.example.labels for d in documents], [d.predicted_labels for d in documents]
    pairs = tuple(confused_pairs(gold, answered, ids))
    return Mistakes(tuple(documents), pairs, tuple(_of_labels(gold, answered)))


def _of_labels(gold: Sequence[tuple[str, ...]], said: Sequence[tuple[str, ...]]) -> Iterable[Mistake]:
    for row, (g, p) in enumerate(zip(gold, said, strict=True)):
        for right, wrong in wrong_pairs(g, p):
            kind: SpanVerdict = (
                "missed" if wrong == NO_LABEL else "spurious" if right == NO_LABEL else "wrong type"
            )
            yield Mistake(row, right, wrong, kind)
