"""How much annotators agree beyond chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import permutations

from workbench.analysis.figures import ratio
from workbench.analysis.metrics import check_pairs
from workbench.domain.spans import Span


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Return kappa of two annotators who answered the same documents, in the same order.

    1 is full agreement, 0 what chance gives. None without documents, and when both gave one and the
    same answer throughout: agreement that chance alone explains cannot be judged. An answer with
    several labels is one value, a frozenset. Cohen 1960, https://doi.org/10.1177/001316446002000104
    """
    check_pairs(len(first), len(second))
    n = len(first)
    if n == 0:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    counts = Counter(first), Counter(second)
    expected = sum(counts[0][value] * counts[1][value] for value in counts[0]) / n**2
    return ratio(observed - expected, 1 - expected)


def krippendorff_alpha(answers: Sequence[Sequence[Hashable | None]]) -> float | None:
    """Return the nominal alpha of any number of annotators; one row a document, None = no answer.

    1 is full agreement, 0 what chance gives. Rows with fewer than two answers say nothing. None when
    no row has two, or all answers are the same. Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability", https://repository.upenn.edu/asc_papers/43
    """
    coincidences: defaultdict[tuple[Hashable, Hashable], float] = defaultdict(float)
    weights: Counter[Hashable] = Counter()
    for row in answers:
        given = [value for value in row if value is not None]
        if len(given) < 2:
            continue
        share = 1 / (len(given) - 1)
        for pair in permutations(given, 2):
            coincidences[pair] += share
        weights.update(given)
    n = weights.total()
    differ = sum(count for (a, b), count in coincidences.items() if a != b)
    by_chance = n * n - sum(count * count for count in weights.values())
    disagreement = ratio(differ * (n - 1), by_chance)
    return None if disagreement is None else 1 - disagreement


def span_agreement(first: Sequence[Sequence[Span]], second: Sequence[Sequence[Span]]) -> float | None:
    """Return the strict F1 between two annotators' spans; the same whoever is called gold.

    Kappa needs a number of negatives, which spans do not have. None when neither marked anything.
    Hripcsak & Rothschild 2005, https://doi.org/10.1197/jamia.M1733
    """
    check_pairs(len(first), len(second))
    shared = sum(len(set(a) & set(b)) for a, b in zip(first, second, strict=True))
    total = sum(len(set(a)) + len(set(b)) for a, b in zip(first, second, strict=True))
    return ratio(2 * shared, total)
