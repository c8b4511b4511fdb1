"""The two figures that answers are compared by: macro-F1 of labels and strict F1 of spans.

The review (`analysis`) counts more; what chooses a checkpoint or lets a bundle pass needs only these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Sequence


def macro_f1(
    gold: Sequence[Collection[str]], predicted: Sequence[Collection[str]], labels: Sequence[str]
) -> float:
    """Return the mean F1 of the labels that occur in gold or predicted answers, 0 to 1; 1 when none does.

    >>> macro_f1([{"a"}, {"a"}, {"b"}], [{"a"}, {"b"}, {"b"}], ["a", "b", "c"])
    0.6666666666666666
    """
    hits, either = Counter[str](), Counter[str]()
    for right, said in zip(gold, predicted, strict=True):
        hits.update(label for label in said if label in right)
        either.update(right)
        either.update(said)
    f1s = [2 * hits[label] / either[label] for label in labels if either[label]]
    return sum(f1s) / len(f1s) if f1s else 1.0


def strict_f1(gold: Sequence[Collection[Hashable]], predicted: Sequence[Collection[Hashable]]) -> float:
    """Return the F1 of spans over all documents, 0 to 1: bounds and label must match; 1 without any.

    >>> strict_f1([{(0, 3, "PER")}], [{(0, 3, "PER"), (5, 8, "LOC")}])
    0.6666666666666666
    """
    hits = either = 0
    for right, said in zip(gold, predicted, strict=True):
        hits += len(set(right) & set(said))
        either += len(set(right)) + len(set(said))
    return 2 * hits / either if either else 1.0
