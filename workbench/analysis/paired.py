"""Two runs on the same documents: what the newer one fixed and what it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import TypeAlias

from workbench.analysis.figures import LabelFigures
from workbench.analysis.judged import JudgedDocument
from workbench.domain.questions import LabelChange, label_now
from workbench.domain.spans import Span
from workbench.errors import InputError

Pair: TypeAlias = tuple[JudgedDocument, JudgedDocument]
GONE = " (split or retired)"  # after a prediction that no label of today stands for


@dataclass(frozen=True, slots=True)
class LabelDifference:
    """One label in both runs, counted on the shared documents."""

    before: LabelFigures
    after: LabelFigures

    @property
    def label(self) -> str:
        """The label."""
        return self.after.label

    @property
    def change(self) -> float:
        """How far F1 rose; an undefined F1 counts as 0."""
        return (self.after.f1 or 0.0) - (self.before.f1 or 0.0)


@dataclass(frozen=True, slots=True)
class PairedRuns:
    """The documents that both runs judged by the same gold answer, as (before, after).

    `fixed` are those that only the run after gets right, `broken` those that only the run before does.
    `n_other_gold` more are in both runs with another gold answer in each.
    """

    shared: tuple[Pair, ...]
    fixed: tuple[Pair, ...]
    broken: tuple[Pair, ...]
    by_label: tuple[LabelDifference, ...]
    n_other_gold: int

    @property
    def p_value(self) -> float:
        """How often chance alone would differ so much: see `exact_mcnemar`."""
        return exact_mcnemar(len(self.fixed), len(self.broken))


def exact_mcnemar(n_fixed: int, n_broken: int) -> float:
    """Return the two-sided exact p-value of a paired comparison of right and wrong.

    Only the documents that one run gets right and the other wrong say anything. If the runs were
    equally good, each of the n would fall to either side like a coin: twice the binomial tail
    P(X <= min), at most 1. McNemar 1947, https://doi.org/10.1007/BF02295996; exact as in
    Fagerland, Lydersen, Laake 2013, https://doi.org/10.1186/1471-2288-13-91
    """
    if n_fixed < 0 or n_broken < 0:
        raise InputError(f"{n_fixed} fixed and {n_broken} broken are no counts.")
    n = n_fixed + n_broken
    tail = sum(comb(n, k) for k in range(min(n_fixed, n_broken) + 1))
    return min(1.0, float(2 * tail / 2**n))


def pair_runs(before: Sequence[JudgedDocument], after: Sequence[JudgedDocument]) -> PairedRuns:
    """Put the documents together that both lists hold, in the order of `after`.

    `by_label` has each label that occurs, the one that lost most first, ties by name.
    """
    earlier = {document.example.document_id: document for document in before}
    both = [
        (earlier[document.example.document_id], document)
        for document in after
        if document.example.document_id in earlier
    ]
    shared = tuple(pair for pair in both if _gold(pair[0]) == _gold(pair[1]))
    right = [(pair[0].right, pair[1].right) for pair in shared]
    return PairedRuns(
        shared,
        fixed=tuple(pair for pair, sides in zip(shared, right, strict=True) if sides == (False, True)),
        broken=tuple(pair for pair, sides in zip(shared, right, strict=True) if sides == (True, False)),
        by_label=_differences(shared),
        n_other_gold=len(both) - len(shared),
    )


def with_labels_of_today(
    documents: Iterable[JudgedDocument], changes: Sequence[LabelChange]
) -> list[JudgedDocument]:
    """Return judged documents under the names that their labels got by the changes since, in their order.

    Left out are those whose right answer has a label that was split or retired: it must be given anew.
    A prediction of such a label stays, marked as gone: it is as wrong as it was. Of predictions that
    become one, the higher confidence is kept.
    """
    now = {label: label_now(label, changes) for change in changes for label in change.before}
    return [found for document in documents if (found := _today(document, now)) is not None]


def _today(document: JudgedDocument, now: Mapping[str, str | None]) -> JudgedDocument | None:
    example = document.example
    if any(now.get(label, label) is None for label in (*example.labels, *(s.label for s in example.spans))):
        return None

    def renamed(label: str) -> str:
        return now.get(label, label) or label + GONE

    labels = [renamed(label) for label in document.predicted_labels]
    spans = [replace(span, label=renamed(span.label)) for span in document.predicted_spans]
    answers: Sequence[str | Span] = labels or spans
    sure: dict[str | Span, float] = {}
    for answer, confidence in zip(answers, document.confidences, strict=False):
        sure[answer] = max(confidence, sure.get(answer, 0.0))
    return JudgedDocument(
        replace(
            example,
            labels=tuple(dict.fromkeys(map(renamed, example.labels))),
            spans=tuple(dict.fromkeys(replace(s, label=renamed(s.label)) for s in example.spans)),
        ),
        tuple(dict.fromkeys(labels)),
        tuple(dict.fromkeys(spans)),
        tuple(sure.values()),
    )


def _differences(shared: Sequence[Pair]) -> tuple[LabelDifference, ...]:
    before, after = _figures(pair[0] for pair in shared), _figures(pair[1] for pair in shared)
    none = {label: LabelFigures(label, 0, 0, 0) for label in {*before, *after}}
    differences = [LabelDifference(before.get(x, none[x]), after.get(x, none[x])) for x in none]
    return tuple(sorted(differences, key=lambda d: (d.change, d.label)))


def _gold(document: JudgedDocument) -> tuple[str, frozenset[str], tuple[Span, ...]]:
    example = document.example
    return example.text, frozenset(example.labels), tuple(sorted(example.spans))


def _figures(documents: Iterable[JudgedDocument]) -> dict[str, LabelFigures]:
    support: Counter[str] = Counter()
    said: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for document in documents:
        gold: Counter[str | Span] = Counter([*document.example.labels, *document.example.spans])
        answered: Counter[str | Span] = Counter([*document.predicted_labels, *document.predicted_spans])
        for counts, found in ((support, gold), (said, answered), (correct, gold & answered)):
            for answer, n in found.items():
                counts[answer if isinstance(answer, str) else answer.label] += n
    return {x: LabelFigures(x, support[x], said[x], correct[x]) for x in {*support, *said}}
