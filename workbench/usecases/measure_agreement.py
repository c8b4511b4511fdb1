"""How far annotators agree on a question, and where they do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

from workbench.analysis.agreement import cohen_kappa, krippendorff_alpha, span_agreement
from workbench.analysis.span_errors import SpanVerdict, judge_each_span, spans_in_scope
from workbench.domain.annotations import Annotation
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.store.teamwork import Teamwork
from workbench.usecases.project import Project

FEW = 20  # documents below which a figure is hardly more than chance

# Neither annotator is gold: what is wrong with a prediction only differs here.
DIFFERENCES: Mapping[SpanVerdict, str] = MappingProxyType(
    {
        "wrong type": "label",
        "wrong bounds": "bounds",
        "wrong both": "label and bounds",
        "missed": "one marked nothing",
        "spurious": "one marked nothing",
    }
)

Answers = Mapping[str, Mapping[str, Annotation]]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two annotators agree on the documents that both answered.

    `value` is Cohen's kappa, for entities strict F1; None where it is undefined.
    """

    first: str
    second: str
    n_documents: int
    n_equal: int
    value: float | None

    @property
    def is_thin(self) -> bool:
        """Whether too few documents stand behind the figure."""
        return self.n_documents < FEW


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two answers that stood against each other, in either order; '' is nothing. Documents without repeats."""

    one: str
    other: str
    kind: str
    document_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """All pairs of annotators who share documents, by name; `overall` is alpha, for entities F1 over all pairs."""

    pairs: tuple[PairAgreement, ...]
    overall: float | None
    n_documents: int
    disputes: tuple[Dispute, ...]

    @property
    def is_thin(self) -> bool:
        """Whether too few documents stand behind the overall figure."""
        return self.n_documents < FEW


def measure_agreement(project: Project, question: Question) -> Agreement:
    """Compare the answers to documents that several annotators answered.

    Several labels are one value. Skips, answers that came with a file and deciding answers are left out.
    Of spans those count that lie where both were asked.
    """
    answers = answers_by_document(Teamwork(project.store).shared(question.name))
    shared = {id: given for id, given in answers.items() if len(given) > 1}
    names = sorted({name for given in shared.values() for name in given})
    is_ner = question.kind == "ner"
    compare = _compare_spans if is_ner else _compare_labels
    pairs = [
        compare(first, second, both)
        for first, second in combinations(names, 2)
        if (both := _both(shared, first, second))
    ]
    overall = _spans_overall(shared, names) if is_ner else _alpha(shared, names)
    return Agreement(tuple(pairs), overall, len(shared), tuple(_disputes(shared, is_ner=is_ner)))


def answers_by_document(annotations: Sequence[Annotation]) -> dict[str, dict[str, Annotation]]:
    """Return the answers by document and annotator; skips are left out."""
    found: dict[str, dict[str, Annotation]] = {}
    for annotation in annotations:
        if annotation.counts:
            found.setdefault(annotation.document_id, {})[annotation.annotator] = annotation
    return found


def value_of(annotation: Annotation) -> Hashable:
    """Return an answer in labels as one value."""
    return frozenset(annotation.labels)


def _both(shared: Answers, first: str, second: str) -> list[tuple[Annotation, Annotation]]:
    return [(given[first], given[second]) for given in shared.values() if first in given and second in given]


def _compare_labels(first: str, second: str, both: Sequence[tuple[Annotation, Annotation]]) -> PairAgreement:
    left, right = [value_of(a) for a, _ in both], [value_of(b) for _, b in both]
    n_equal = sum(a == b for a, b in zip(left, right, strict=True))
    return PairAgreement(first, second, len(both), n_equal, cohen_kappa(left, right))


def _compare_spans(first: str, second: str, both: Sequence[tuple[Annotation, Annotation]]) -> PairAgreement:
    pairs = [_comparable(a, b) for a, b in both]
    n_equal = sum(set(a) == set(b) for a, b in pairs)
    value = span_agreement([a for a, _ in pairs], [b for _, b in pairs])
    return PairAgreement(first, second, len(both), n_equal, value)


def _comparable(a: Annotation, b: Annotation) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans of both that lie where both were asked."""
    spans = (spans_in_scope(spans_in_scope(one.spans, a.scope), b.scope) for one in (a, b))
    return next(spans), next(spans)


def _alpha(shared: Answers, names: Sequence[str]) -> float | None:
    rows = [[value_of(given[name]) if name in given else None for name in names] for given in shared.values()]
    return krippendorff_alpha(rows)


def _spans_overall(shared: Answers, names: Sequence[str]) -> float | None:
    pairs = [
        _comparable(a, b) for first, second in combinations(names, 2) for a, b in _both(shared, first, second)
    ]
    return span_agreement([a for a, _ in pairs], [b for _, b in pairs])


def _disputes(shared: Answers, *, is_ner: bool) -> list[Dispute]:
    """Return which answers stood against each other, those on the most documents first."""
    places: defaultdict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for document_id, given in shared.items():
        for a, b in combinations([given[name] for name in sorted(given)], 2):
            for one, other, kind in _span_disputes(a, b) if is_ner else _label_disputes(a, b):
                places[min(one, other), max(one, other), kind][document_id] = None
    ordered = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Dispute(one, other, kind, tuple(ids)) for (one, other, kind), ids in ordered]


def _label_disputes(a: Annotation, b: Annotation) -> Iterator[tuple[str, str, str]]:
    if value_of(a) != value_of(b):
        yield in_words(a.labels), in_words(b.labels), "label"


def _span_disputes(a: Annotation, b: Annotation) -> Iterator[tuple[str, str, str]]:
    left, right = _comparable(a, b)
    for judged in judge_each_span([left], [right], [a.document_id]):
        if judged.verdict != "correct":
            one = judged.gold.label if judged.gold else ""
            other = judged.predicted.label if judged.predicted else ""
            yield one, other, DIFFERENCES[judged.verdict]


def in_words(labels: Sequence[str]) -> str:
    """Return several labels as one answer.

    >>> in_words(("service", "price"))
    'price + service'
    """
    return " + ".join(sorted(labels))
