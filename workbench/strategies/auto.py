"""The default: cover the pool, then ask where the model is unsure and where rare labels hide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import Probabilities, Rows, Targets, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import ClassScores
from workbench.strategies.coverage import Field, Kernel, Worth, alike, cover, in_words, lay_out
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, no_choice, vectors_for
from workbench.strategies.distances import blocks
from workbench.strategies.exchange import exchange
from workbench.strategies.first_batch import first_field, parting
from workbench.strategies.guesses import Guesses, guesses_of
from workbench.strategies.measures import doubts, share_without
from workbench.strategies.near_copies import Families, NearCopies
from workbench.strategies.reasons import wavering, wavering_of

LATER = Kernel(0.3, 2)
OWN_DOUBT = 0.5  # how far a document that stands for doubtful ones should be doubtful itself
AT_ONCE = 1 << 22
Probable: TypeAlias = Callable[[Rows], Probabilities]
UNHEARD = 0.25  # below it no label is near to being said
LEAST = 1e-9  # a document that the model is sure of may still be asked when nothing else is left


@dataclass(frozen=True, slots=True)
class Auto:
    """Weighted coverage that shifts from covering to doubt as the model becomes sure.

    Greedy facility location (see `coverage`), where each document of the pool weighs what asking about it may
    teach: doubt ** (1 + `sharpness` * s). Doubt is the margin utility, of labels of their own another
    one (see `measures.doubts`), and s is measured: the mean certainty of
    the model over the pool, near 0 after the first batch (all documents weigh alike: coverage) and near 1 late
    (only doubtful ones weigh: uncertainty). What a document adds counts the more, the more doubtful it is
    itself and the fewer answers the labels have that it may have, those expected from the batch among them.
    Without a model the weights are equal but for crowds, and documents are exchanged until none would cover
    more; where the names of labels are known (see `guesses`), documents then cover only those of the same guessed
    label, and with a model it is the guesses that say which labels a document may have. No two near-copies
    come in one batch, nor one of a text that is asked beside it, unless nothing else is left; so a batch may be
    shorter than asked. Documents cover their nearest neighbours; where nobody kept those, of more than
    `MOST_LOOKED_AT` documents a sample drawn by weight is looked at.
    """

    sharpness: float = 3.0

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"vectors"})
    uses: ClassVar[frozenset[str]] = frozenset(
        {
            "scores",
            "labelled_vectors",
            "labelled_targets",
            "texts",
            "neighbours",
            "nearness",
            "beside",
            "label_names",
        }
    )

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Choose at most n documents. Raises InputError without vectors, or for ones that are not finite."""
        n = check_inputs(inputs, n)
        vectors = vectors_for("auto", inputs)
        if n == 0:
            return no_choice()
        doubt = None
        if inputs.scores is not None:
            doubt = np.maximum(doubts(inputs.scores, inputs.labelled_targets), LEAST)
        guesses = guesses_of(inputs)
        guessed = parting(inputs, guesses) if doubt is None else None
        field = self._field(inputs, doubt, guessed, n, rng)
        families = Families(NearCopies(vectors, inputs.texts, inputs.beside), field)
        places, gains = cover(field, n, families.may_join, _worth(inputs, doubt, field, guesses))
        if not places and inputs.beside:
            # All is nearly a copy of what is asked beside it, but a batch must teach, too.
            return self(replace(inputs, beside=None), n, rng)
        if doubt is None:
            places, gains = exchange(field, places, families.may_join)
        rows = field.rows[places]
        utility = np.asarray(gains) / max(gains[0], LEAST) if gains else np.zeros(0)
        return choice(rows, utility, _reasons(inputs, field, places, guessed))

    def _field(
        self,
        inputs: StrategyInputs,
        doubt: Utilities | None,
        guessed: Rows | None,
        n: int,
        rng: np.random.Generator,
    ) -> Field:
        """Return the field in which each document weighs what is to be learned of it."""
        if doubt is None:
            return first_field(inputs, guessed, n, rng)
        weights = np.maximum(doubt ** (1.0 + self.sharpness * float(1.0 - doubt.mean())), LEAST)
        return lay_out(inputs, weights, LATER, n, rng)


class RareLabels:
    """How much an answer about each document is worth to its labels, while a batch fills.

    An answer for a label with c answers is worth 1 / c, or 1 with none; a document has the mean by the
    probabilities of its labels, in (0, 1]. What is chosen counts as its probabilities say: a batch full of one rare
    label would not help the others. `probable` gives those of some places, `(n, l)`; `targets` `(m, l)` are those of
    the answered documents.
    """

    def __init__(self, probable: Probable, targets: Targets) -> None:
        self._probable = probable
        self._counts = targets.sum(axis=0).astype(np.float64)
        self._n_chosen = 0

    def __call__(self, places: Rows, chosen: Sequence[int]) -> Utilities:
        """Return the worth of some places, `(n,)`; the chosen ones only grow from call to call."""
        for place in chosen[self._n_chosen :]:
            self._counts += self._probable(np.array([place]))[0]
        self._n_chosen = len(chosen)
        worth = 1.0 / np.maximum(self._counts, 1.0)
        found = np.zeros(len(places))
        # All of a large pool would fill the memory.
        for some in blocks(len(places), len(worth), most=AT_ONCE):
            probable = self._probable(places[some]).astype(np.float64)
            found[some] = (probable @ worth) / np.maximum(probable.sum(axis=1), LEAST)
        return found


def _worth(inputs: StrategyInputs, doubt: Utilities | None, field: Field, guesses: Guesses | None) -> Worth:
    """Return what asking about a document itself is worth: nothing else is known without a model."""
    if doubt is None:
        return alike
    rare: Worth = alike
    if isinstance(inputs.scores, ClassScores) and inputs.labelled_targets is not None:
        rare = RareLabels(_probable(inputs, inputs.scores, field.rows, guesses), inputs.labelled_targets)
    own = doubt**OWN_DOUBT
    return lambda places, chosen: own[field.rows[places]] * rare(places, chosen)


def _probable(inputs: StrategyInputs, scores: ClassScores, rows: Rows, guesses: Guesses | None) -> Probable:
    """Return who says which labels a document may have: the guesses, where the names of labels tell them apart.

    The model says it by what it was taught, and of labels with few answers it was taught little.
    """
    vectors = inputs.vectors
    if guesses is None or vectors is None:
        return lambda places: scores.probabilities[rows[places]]
    return lambda places: guesses.probabilities(np.asarray(vectors[rows[places]], dtype=np.float32))


def _reasons(inputs: StrategyInputs, field: Field, places: Sequence[int], guessed: Rows | None) -> list[str]:
    if inputs.scores is None:
        return [_first_reason(inputs, field, place, guessed) for place in places]
    if isinstance(inputs.scores, ClassScores):
        return [_doubt_of_labels(inputs.scores, inputs.labelled_targets, field, place) for place in places]
    said = wavering_of(inputs.scores, field.rows[places].tolist(), inputs)
    return [f"{why}; {in_words(field, place)}" for why, place in zip(said, places, strict=True)]


def _first_reason(inputs: StrategyInputs, field: Field, place: int, guessed: Rows | None) -> str:
    label = int(guessed[field.rows[place]]) if guessed is not None else -1
    if inputs.label_names is not None and label >= 0:
        name = inputs.label_names.labels[label]
        return f"going by what the labels are called it may be '{name}'; {in_words(field, place)}"
    how_much = "little" if field.covered[place] > 0.0 else "nothing"
    return f"{how_much} like it was asked yet; {in_words(field, place)}"


def _doubt_of_labels(scores: ClassScores, targets: Targets | None, field: Field, place: int) -> str:
    row: npt.NDArray[np.float32] = scores.probabilities[field.rows[place]]
    if not len(row):
        return in_words(field, place)
    counts = targets.sum(axis=0) if targets is not None else np.full(len(row), np.inf)
    best = np.argsort(-row, kind="stable")[:2]
    rare = min(best, key=lambda label: (counts[label], -row[label]))
    if counts[rare] < np.median(counts) / 2 and row[rare] > 1.0 / len(row):
        n = int(counts[rare])
        return f"it may be '{scores.labels[rare]}', which has {n} answer{'' if n == 1 else 's'} so far"
    if not scores.exclusive and row[best[0]] < UNHEARD and share_without(targets) < 0.5:
        return f"the model knows no label for it; {in_words(field, place)}"
    return f"{wavering(scores, int(field.rows[place]))}; {in_words(field, place)}"
