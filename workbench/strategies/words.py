"""Uncertainty of taggers, so that a sentence is not asked for its length alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import Rows, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.scores import DocumentTokenScores, TokenScores
from workbench.errors import InputError
from workbench.strategies.demands import OF_WORDS, check_inputs, choice, token_scores_for
from workbench.strategies.measures import best_first, best_probability, utilities, word_entropy

UNBROKEN = 4  # scored words for one between spaces: the script has no spaces


@dataclass(frozen=True, slots=True)
class Mnlp:
    """The lowest log-probability of the best tags, divided by the number of words.

    Shen, Yun, Lipton, Kronrod and Anandkumar 2017, "Deep Active Learning for Named Entity Recognition"
    (arXiv:1707.05928), MNLP: maximum normalised log-probability. Utility: 1 less the geometric mean
    of the best tags' probabilities, which has the same order.
    """

    kinds: ClassVar[frozenset[Kind]] = OF_WORDS
    needs: ClassVar[frozenset[str]] = frozenset({"scores"})
    uses: ClassVar[frozenset[str]] = frozenset({"texts"})

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows; nothing is random. Raises InputError when there are no scores of words."""
        n = check_inputs(inputs, n)
        scores = token_scores_for("mnlp", inputs)
        values = utilities(scores, "least-confidence")
        rows = best_first(values)[:n]
        return choice(rows, values[rows], least_sure_of(scores, rows, inputs))


@dataclass(frozen=True, slots=True)
class TokenEntropy:
    """The entropy of the tags of all words, for what it costs to annotate them.

    Settles and Craven 2008, "An Analysis of Active Learning Strategies for Sequence Labeling Tasks"
    (EMNLP): token entropy is the mean over the words, total token entropy the sum. Annotators read every
    word, so the sum is divided by `cost_per_document` + `cost_per_word` · words: with 0 and 1, as here, it is the
    utility of each annotated word. Words are those between spaces when they are known; in a script
    without spaces, and else, those that the model scored.
    """

    cost_per_word: float = 1.0
    cost_per_document: float = 0.0

    name: ClassVar[str] = "token-entropy"
    kinds: ClassVar[frozenset[Kind]] = OF_WORDS
    needs: ClassVar[frozenset[str]] = frozenset({"scores"})
    uses: ClassVar[frozenset[str]] = frozenset({"n_words", "texts"})

    def __post_init__(self) -> None:
        costs = (self.cost_per_word, self.cost_per_document)
        if not all(np.isfinite(cost) and cost >= 0 for cost in costs) or sum(costs) <= 0:
            raise InputError("A word and a document cannot both cost nothing, and neither less than that.")

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows; nothing is random. Raises InputError when there are no scores of words."""
        n = check_inputs(inputs, n)
        scores = token_scores_for(self.name, inputs)
        values = self._values(scores, inputs.n_words)
        rows = best_first(values)[:n]
        return choice(rows, values[rows], least_sure_of(scores, rows, inputs))

    def _values(self, scores: TokenScores, n_words: Rows | None) -> Utilities:
        scored = np.array([len(document.words) for document in scores.documents], dtype=np.int64)
        counted = scored if n_words is None else np.where(scored > UNBROKEN * n_words, scored, n_words)
        cost = self.cost_per_document + self.cost_per_word * np.maximum(counted, 1)
        return np.asarray(word_entropy(scores) * scored / cost)


@dataclass(frozen=True, slots=True)
class TotalTokenEntropy(TokenEntropy):
    """The sum of the entropies of all words, for a fixed price a document: long texts come first.

    For annotators whose time goes into opening documents and not into reading them, and to compare.
    """

    cost_per_word: float = 0.0
    cost_per_document: float = 1.0

    name: ClassVar[str] = "total-token-entropy"


def least_sure_of(scores: TokenScores, rows: Rows, inputs: StrategyInputs) -> list[str]:
    """Return `least_sure` of some candidates, with the words where their texts are there."""
    texts = inputs.texts
    return [least_sure(scores, row, texts[row] if texts is not None else None) for row in rows.tolist()]


def least_sure(scores: TokenScores, row: int, text: str | None = None) -> str:
    """Say between which tags the model wavers at the least sure word, which is named where the text is given."""
    document: DocumentTokenScores = scores.documents[row]
    if not len(document.probabilities):
        return "no word of it has a score"
    p = document.probabilities
    word = int(best_probability(p.astype(np.float64)).argmin())
    first, second = (scores.tags[tag] for tag in np.argsort(-p[word], kind="stable")[:2])
    start, end = document.words[word].tolist()
    where = f"at word {word + 1:,}" if text is None else f"of '{text[start:end]}'"
    return f"of {len(p):,} words the model is least sure {where}: {_said(first)} or {_said(second)}"


def _said(tag: str) -> str:
    """Say a tag in words.

    >>> _said("B-PER"), _said("I-PER"), _said("O")
    ("the start of 'PER'", "inside 'PER'", 'nothing')
    """
    if tag == "O":
        return "nothing"
    return f"the start of '{tag[2:]}'" if tag[0] == "B" else f"inside '{tag[2:]}'"
