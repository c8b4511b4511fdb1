"""Answers that a model which never saw them disputes, by confident learning; runs in jobs, needs cleanlab.

Northcutt, Jiang, Chuang 2021, https://doi.org/10.1613/jair.1.12125; for tokens Wang, Mueller 2022,
https://arxiv.org/abs/2210.03920; for several labels Thyagarajan et al. 2022, https://arxiv.org/abs/2211.13895.
All take arrays and return rows, worst first: of what to look at, never what to change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_label_issues as find_multilabel_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores as multilabel_quality
from cleanlab.token_classification.filter import find_label_issues as find_token_issues

from workbench.analysis.metrics import check_pairs
from workbench.domain.arrays import AnyArray

TINY = 1e-12  # a tag that the model never believes divides nothing by zero


@dataclass(frozen=True, slots=True)
class RankedIssue:
    """A document whose answer is disputed; `quality` in [0, 1] is how far the model believes it.

    Issues are ranked by `order`, the smallest first.
    """

    row: int
    quality: float
    order: float


def rank_labels(given: Sequence[int] | AnyArray, probabilities: AnyArray) -> list[RankedIssue]:
    """Rank disputed labels: `given` (n,) are columns of the `probabilities` (n, l), rows sum to one."""
    labels, sure = np.asarray(given, dtype=np.int64), _clean(probabilities)
    check_pairs(len(labels), len(sure))
    # Too few classes or documents to estimate how answers are mixed up.
    if len(np.unique(labels)) < 2:
        return []
    rows = find_label_issues(labels, sure, return_indices_ranked_by="self_confidence", n_jobs=1)
    return [_by_quality(int(row), float(sure[row, labels[row]])) for row in rows]


def rank_label_sets(given: Sequence[Sequence[int]], probabilities: AnyArray) -> list[RankedIssue]:
    """Rank disputed sets of labels by their most disputed label, given or left out.

    Each column of the probabilities (n, l) stands by itself. A mean over the labels, as cleanlab offers,
    hides one wrong label among many that nobody doubts.
    """
    sure = _clean(probabilities)
    check_pairs(len(given), len(sure))
    if not len(given):
        return []
    sets = [sorted(columns) for columns in given]
    rows = find_multilabel_issues(sets, sure, return_indices_ranked_by="self_confidence", n_jobs=1)
    quality = multilabel_quality(sets, sure, aggregator_kwargs={"method": np.min})
    ranked = [_by_quality(int(row), float(quality[row])) for row in rows]
    return sorted(ranked, key=lambda issue: (issue.quality, issue.row))


def rank_tags(given: Sequence[Sequence[int]], probabilities: Sequence[AnyArray]) -> list[RankedIssue]:
    """Rank documents by their most disputed word: tags (k,) and probabilities (k, t) of its k words.

    A word counts as disputed as far as the model believes its tag less than it believes that tag
    elsewhere: a kind of span that the model hardly knows would else stand above all planted mistakes.
    """
    check_pairs(len(given), len(probabilities))
    # Documents without words have nothing to dispute, and cleanlab refuses them.
    rows = [row for row, tags in enumerate(given) if len(tags)]
    if len({tag for row in rows for tag in given[row]}) < 2:
        return []
    sure = [_clean(probabilities[row]) for row in rows]
    tags = [np.asarray(given[row], dtype=np.int64) for row in rows]
    believed = [table[np.arange(len(own)), own] for table, own in zip(sure, tags, strict=True)]
    usual = _mean_by_tag(np.concatenate(tags), np.concatenate(believed), sure[0].shape[1])
    worst: dict[int, RankedIssue] = {}
    for place, word in find_token_issues([own.tolist() for own in tags], sure, n_jobs=1):
        quality = float(believed[place][word])
        issue = RankedIssue(rows[place], quality, quality / float(usual[tags[place][word]]))
        worst[place] = min(worst.get(place, issue), issue, key=lambda issue: issue.order)
    return sorted(worst.values(), key=lambda issue: (issue.order, issue.row))


def _mean_by_tag(tags: AnyArray, believed: AnyArray, n_tags: int) -> AnyArray:
    """Return how far the model believes each tag on average, where it is the given one."""
    sums = np.bincount(tags, weights=believed, minlength=n_tags)
    means: AnyArray = np.maximum(sums / np.maximum(np.bincount(tags, minlength=n_tags), 1), TINY)
    return means


def _by_quality(row: int, quality: float) -> RankedIssue:
    return RankedIssue(row, quality, quality)


def _clean(probabilities: AnyArray) -> AnyArray:
    # Float32 probabilities may end a hair above one, which cleanlab refuses.
    return np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
