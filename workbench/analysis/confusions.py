"""Which labels are taken for which, down to the documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from workbench.analysis.metrics import check_pairs
from workbench.analysis.span_errors import JudgedSpan
from workbench.domain.arrays import AnyArray
from workbench.domain.spans import Span
from workbench.errors import InputError, UnknownNameError

NO_LABEL = ""  # stands in a pair for an answer that has no counterpart


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """A bucket: `n` times `gold` was taken for `predicted`, in these documents.

    One of the two is NO_LABEL when a label (or span) was missed, or predicted where none is.
    """

    gold: str
    predicted: str
    n: int
    document_ids: tuple[str, ...]


def confused_pairs(
    gold: Sequence[tuple[str, ...]], predicted: Sequence[tuple[str, ...]], document_ids: Sequence[str]
) -> list[ConfusedPair]:
    """Return the wrong (gold, predicted) pairs, most frequent first, ties by name.

    Of a document with several labels, each label that lacks is paired with each that is too much,
    or with NO_LABEL when the other side has none. Documents keep their order.
    """
    check_pairs(len(gold), len(predicted))
    rows = zip(document_ids, gold, predicted, strict=True)
    return _rank((pair, name) for name, g, p in rows for pair in wrong_pairs(g, p))


def confused_spans(judged: Iterable[JudgedSpan]) -> list[ConfusedPair]:
    """Return the pairs of labels that spans confuse, with those missed and spurious; order as above.

    Spans whose bounds alone are wrong have the right label and are left to `count_verdicts`.
    """
    return _rank(
        ((_label(span.gold), _label(span.predicted)), span.document_id)
        for span in judged
        if _label(span.gold) != _label(span.predicted)
    )


def confusion_matrix(
    gold: Sequence[tuple[str, ...]], predicted: Sequence[tuple[str, ...]], labels: Sequence[str]
) -> AnyArray:
    """Return counts (l, l): row = gold, column = predicted, in the order of `labels`.

    Raises InputError unless every answer is exactly one of the labels.
    """
    check_pairs(len(gold), len(predicted))
    place = {label: k for k, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for pair in zip(gold, predicted, strict=True):
        for answer in pair:
            if len(answer) != 1:
                raise InputError(f"A confusion matrix needs one label an answer, not {list(answer)}.")
            if answer[0] not in place:
                raise UnknownNameError("label", answer[0], labels)
        matrix[place[pair[0][0]], place[pair[1][0]]] += 1
    return matrix


def labels_around(pairs: Sequence[ConfusedPair], label: str, *, n: int = 8) -> tuple[str, ...]:
    """Return a label and those that it is most often confused with, in either direction: n at most.

    The label is first, then the most confused, ties by name. NO_LABEL is no label.
    """
    times: defaultdict[str, int] = defaultdict(int)
    for pair in pairs:
        if label in (pair.gold, pair.predicted):
            times[pair.predicted if pair.gold == label else pair.gold] += pair.n
    others = sorted(
        (other for other in times if other not in (label, NO_LABEL)), key=lambda o: (-times[o], o)
    )
    return (label, *others[: n - 1])


def wrong_pairs(gold: tuple[str, ...], predicted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Give the (gold, predicted) pairs of one document's mistakes; see `confused_pairs`."""
    lacking = [label for label in gold if label not in predicted]
    extra = [label for label in predicted if label not in gold]
    if lacking or extra:
        yield from product(lacking or [NO_LABEL], extra or [NO_LABEL])


def _rank(found: Iterable[tuple[tuple[str, str], str]]) -> list[ConfusedPair]:
    buckets: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for pair, document_id in found:
        buckets[pair].append(document_id)
    pairs = [ConfusedPair(*pair, len(ids), tuple(dict.fromkeys(ids))) for pair, ids in buckets.items()]
    return sorted(pairs, key=lambda pair: (-pair.n, pair.gold, pair.predicted))


def _label(span: Span | None) -> str:
    return span.label if span is not None else NO_LABEL
