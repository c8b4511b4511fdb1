"""Offsets: what is added to each label's logit, chosen on scores of documents the head has not seen.

Logit adjustment (Menon et al., Long-tail learning via logit adjustment, ICLR 2021): a label's logit is
lowered by its log share of the answers, times a strength. A head that was fitted for accuracy gives rare
labels too little; how much to give back is chosen, never assumed. Offsets become part of the head's bias,
so that suggestions, judging, ranking and bundles agree; the scores are no longer those of the pool's mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from workbench.domain.arrays import AnyArray
from workbench.errors import InputError, UnknownNameError

Aim: TypeAlias = Literal["none", "macro-f1", "recall"]
AIMS: tuple[Aim, ...] = get_args(Aim)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
FEWEST_POSITIVES = 5  # a threshold that is chosen on fewer answers is chosen by chance
EVEN = 1e-9


@dataclass(frozen=True, slots=True)
class Unseen:
    """How a head with one strength does on documents it has not seen."""

    strength: float
    accuracy: float
    recall: float
    macro_f1: float


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The place of the chosen candidate, and the offset of each label `(l,)`."""

    candidate: int
    offsets: AnyArray


def check_aim(offsets: Aim, give_up: float) -> None:
    """Raise for an aim that does not exist, or for points to give up outside 0 to 1."""
    if offsets not in AIMS:
        raise UnknownNameError("offsets", offsets, AIMS)
    if not 0.0 <= give_up <= 1.0:
        raise InputError(f"The option 'give_up' is a share of the answers from 0 to 1, not {give_up}.")


def choose_for_all(
    candidates: Sequence[AnyArray], columns: AnyArray, aim: Aim, give_up: float = 0.0
) -> Chosen:
    """Return the candidate and offsets that serve the aim of an exclusive question.

    A candidate is the logits `(n, l)` of documents by a head that has not seen them; `columns` (n,) are
    their answers. Aim "macro-f1": the highest one. "recall": the highest mean recall of the labels among
    what loses at most `give_up` of the accuracy that the best candidate without offsets has. "none":
    the most accurate candidate, no offsets. Ties: the weaker strength, then the earlier candidate.
    """
    n_labels = candidates[0].shape[1]
    shares = log_shares(columns, n_labels)
    strengths = STRENGTHS if aim != "none" else (0.0,)
    tried = [
        (unseen_figures(logits, columns, shares, strength), place)
        for strength in strengths
        for place, logits in enumerate(candidates)
    ]
    least = max(found.accuracy for found, _ in tried if not found.strength) - give_up - EVEN
    if aim == "recall":
        tried = [(found, place) for found, place in tried if found.accuracy >= least]
    best, place = max(tried, key=lambda one: round(worth(one[0], aim), 9))  # max keeps the first of equals
    return Chosen(place, -best.strength * shares)


def worth(found: Unseen, aim: Aim) -> float:
    """Return what the aim wants to be high."""
    return {"none": found.accuracy, "macro-f1": found.macro_f1, "recall": found.recall}[aim]


def log_shares(columns: AnyArray, n_labels: int) -> AnyArray:
    """Return the log share of each label `(l,)` among the answers; 0 for a label without any.

    >>> log_shares(np.array([0, 0, 0, 2]), 3).round(3).tolist()
    [-0.288, 0.0, -1.386]
    """
    counts = np.bincount(columns, minlength=n_labels).astype(np.float64)
    return np.where(counts > 0, np.log(np.maximum(counts, 1.0) / len(columns)), 0.0)


def unseen_figures(logits: AnyArray, columns: AnyArray, shares: AnyArray, strength: float) -> Unseen:
    """Return accuracy, mean recall and macro-F1 with offsets of one strength.

    Recall is the mean over the labels that have answers, F1 over those that have answers or are said.
    """
    n_labels = logits.shape[1]
    said = (logits - strength * shares).argmax(axis=1)
    right = np.bincount(columns[said == columns], minlength=n_labels)
    gold = np.bincount(columns, minlength=n_labels)
    either = gold + np.bincount(said, minlength=n_labels)
    return Unseen(
        strength,
        accuracy=float((said == columns).mean()),
        recall=float((right[gold > 0] / gold[gold > 0]).mean()),
        macro_f1=float((2.0 * right[either > 0] / either[either > 0]).mean()),
    )


def choose_for_each(candidates: Sequence[AnyArray], targets: AnyArray, aim: Aim) -> Chosen:
    """Return the candidate and offsets with the highest mean F1 of labels that do not exclude each other.

    A candidate is the logits `(n, l)` of documents by a head that has not seen them; `targets` (n, l) say
    which labels answer them. Whatever the aim is, but for "none", a label's threshold is the one with its
    highest F1: recall alone would be highest with every label said.
    """
    chosen = []
    for logits in candidates:
        pairs = [
            best_threshold(column, answers) if aim != "none" else (0.0, f1_above(column, answers, 0.0))
            for column, answers in zip(logits.T, targets.T, strict=True)
        ]
        chosen.append((np.array([-limit for limit, _ in pairs]), float(np.mean([f1 for _, f1 in pairs]))))
    place = max(range(len(chosen)), key=lambda k: (round(chosen[k][1], 9), -k))
    return Chosen(place, chosen[place][0] + 0.0)


def best_threshold(logits: AnyArray, answers: AnyArray) -> tuple[float, float]:
    """Return the threshold of one label's logits `(n,)` with its highest F1, and that F1.

    Thresholds lie half-way between neighbouring logits. It stays 0 unless another is better; of equals
    the one nearest to 0 counts, and with fewer than five positives or negatives 0.
    """
    at_zero = f1_above(logits, answers, 0.0)
    if not FEWEST_POSITIVES <= answers.sum() <= len(answers) - FEWEST_POSITIVES:
        return 0.0, at_zero
    order = np.argsort(-logits, kind="stable")
    hits = np.cumsum(answers[order])
    values = 2.0 * hits / (np.arange(1, len(order) + 1) + answers.sum())
    falling = logits[order]
    parted = np.flatnonzero(falling[:-1] > falling[1:])
    if not len(parted):
        return 0.0, at_zero
    limits = (falling[parted] + falling[parted + 1]) / 2.0
    best = min(range(len(parted)), key=lambda k: (-round(float(values[parted[k]]), 9), abs(limits[k])))
    if values[parted[best]] <= at_zero + EVEN:
        return 0.0, at_zero
    return float(limits[best]), float(values[parted[best]])


def f1_above(logits: AnyArray, answers: AnyArray, limit: float) -> float:
    """Return the F1 of saying a label where its logit reaches a limit; 0 when nothing is said or right."""
    said = logits >= limit
    either = int(said.sum() + answers.sum())
    return 2.0 * float((said & answers).sum()) / either if either else 0.0
