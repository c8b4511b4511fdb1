"""Documents that a label with few answers may fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Rows, Targets
from workbench.domain.ports import Choice, Strategy, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import Scores, TokenScores
from workbench.errors import InputError
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, needed, no_choice, scores_for
from workbench.strategies.measures import utilities
from workbench.strategies.uncertainty import Margin

NAME = "rare-first"
LEAST_PROBABILITY = 0.05
Doubles: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RareFirst:
    """Where a rare label is likely; what is left of the batch is chosen by another strategy.

    The idea is that of guided search for rare classes, as Attenberg and Provost 2010, "Why Label When
    You Can Search?" (KDD), with the model's own belief as the searcher. A label is rare when it has at most half
    of a label's mean number of answers; without such a label the ones with the fewest are. The rare labels choose
    in turns, the rarest first, each the document with the highest probability · rarity · (1 + margin utility) / 2,
    so that of two likely ones the less sure comes first. A label below 5 % everywhere chooses none: where nothing
    is known about a label, guessing is left to the strategy for the `rest`.
    """

    rest: Strategy = field(default_factory=Margin)

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"scores", "labelled_targets"})
    uses: ClassVar[frozenset[str]] = frozenset({"texts"})

    def __post_init__(self) -> None:
        if not self.rest.needs <= self.needs:
            raise InputError(f"The rest of the batch must be chosen by {' and '.join(sorted(self.needs))}.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows. Raises InputError when there are no scores or no answers."""
        n = check_inputs(inputs, n)
        scores = scores_for(NAME, inputs)
        targets: Targets = needed(NAME, inputs, "labelled_targets")
        if targets.shape[1] != len(scores.labels):
            raise InputError(f"The answers know {targets.shape[1]} labels, the scores {len(scores.labels)}.")
        if n == 0:
            return no_choice()
        counts = targets.sum(axis=0).astype(np.int64)
        p = label_probabilities(scores)
        unsure = (1.0 + utilities(scores, "margin")) / 2.0
        taken = labels_in_turns(p, unsure, rare_labels(counts), n)
        rows = [row for row, _ in taken]
        values = [float(p[row, label] * unsure[row]) / (1 + int(counts[label])) for row, label in taken]
        reasons = [_reason(scores.labels, counts, label) for _, label in taken]
        return self._filled(choice(np.array(rows), np.array(values), reasons), inputs, n, rng)

    def _filled(self, found: Choice, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows: those found, then the best of the rest."""
        rest = self.rest(inputs, n, rng)
        taken = set(found.rows.tolist())
        places = [place for place, row in enumerate(rest.rows) if row not in taken][: n - len(taken)]
        return choice(
            np.concatenate([found.rows, rest.rows[places]]),
            np.concatenate([found.utilities, np.zeros(len(places))]),
            [*found.reasons, *(f"no rare label is likely here; {rest.reasons[place]}" for place in places)],
        )


def label_probabilities(scores: Scores) -> Doubles:
    """Return how likely each label answers each document, `(n, l)`; of words the likeliest one counts."""
    if not isinstance(scores, TokenScores):
        return scores.probabilities.astype(np.float64)
    p = np.zeros((len(scores), len(scores.labels)))
    for row, document in enumerate(scores.documents):
        tags = document.probabilities.astype(np.float64)
        if len(tags):
            p[row] = (tags[:, 1::2] + tags[:, 2::2]).max(axis=0)
    return p


def rare_labels(counts: Rows) -> list[int]:
    """Return the labels with few answers, the rarest first; equal ones in their order."""
    if not len(counts):
        return []
    limit = max(float(counts.mean()) / 2.0, float(counts.min()))
    return [int(label) for label in np.argsort(counts, kind="stable") if counts[label] <= limit]


def labels_in_turns(p: Doubles, unsure: Doubles, labels: list[int], n: int) -> list[tuple[int, int]]:
    """Return up to n pairs of a row and the label that it is asked for, each row once."""
    waiting = {label: _wanted(p[:, label], unsure, n) for label in labels}
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    while len(pairs) < n and any(waiting.values()):
        for label in labels:
            while waiting[label] and waiting[label][-1] in taken:
                waiting[label].pop()
            if waiting[label] and len(pairs) < n:
                row = waiting[label].pop()
                taken.add(row)
                pairs.append((row, label))
    return pairs


def _wanted(p: Doubles, unsure: Doubles, n: int) -> list[int]:
    """Return the n rows where a label is likeliest, the best one last."""
    likely = np.flatnonzero(p >= LEAST_PROBABILITY)
    order = np.argsort(-(p * unsure)[likely], kind="stable")[:n]
    wanted: list[int] = likely[order][::-1].tolist()
    return wanted


def _reason(labels: Sequence[str], counts: Rows, label: int) -> str:
    count = int(counts[label])
    said = {0: "no answers", 1: "only one answer"}.get(count, f"only {count:,} answers")
    if count > counts.mean() / 2.0:  # no label is rare: it is asked since it has the fewest
        said = f"the fewest answers of all, {count:,},"
    return f"it may be '{labels[label]}', which has {said} so far"
