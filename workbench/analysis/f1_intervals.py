"""How far a measured F1 may lie from the true one."""

from __future__ import annotations

from workbench.analysis.intervals import Interval, MaybeInterval, wilson_interval


def f1_interval(support: int, predicted: int, correct: int, *, confidence: float = 0.95) -> MaybeInterval:
    """Return an interval of F1 from its counts, or None when there is nothing to count.

    F1 = 2 J / (1 + J) of the Jaccard share J = correct / (support + predicted - correct), which it rises
    with: so the ends are those of the Wilson interval of J. What is in the union counts as drawn
    independently, so the interval is approximate. Raises InputError for impossible counts.

    >>> found = f1_interval(10, 10, 5)
    >>> round(found.low, 3), round(found.high, 3)
    (0.264, 0.736)
    """
    jaccard = wilson_interval(correct, support + predicted - correct, confidence=confidence)
    if jaccard is None:
        return None
    low, high = (2 * share / (1 + share) for share in (jaccard.low, jaccard.high))
    return Interval(low, high)


def apart(one: MaybeInterval, other: MaybeInterval) -> bool:
    """Tell whether two intervals do not overlap; what has no interval is never apart.

    >>> apart(Interval(0.1, 0.2), Interval(0.3, 0.4)), apart(Interval(0.1, 0.3), Interval(0.3, 0.4))
    (True, False)
    """
    return one is not None and other is not None and (one.high < other.low or other.high < one.low)
