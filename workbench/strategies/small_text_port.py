"""What all strategies of small-text share: one query over the inputs, checked before and after."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from workbench.domain.arrays import AnyArray, Rows, Utilities
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.errors import InputError
from workbench.strategies.demands import OF_LABELS, check_inputs, choice, needed, scores_for, vectors_for
from workbench.strategies.small_text_parts import (
    CachedClassifier,
    answers_of,
    class_scores,
    of_documents,
    row_dataset,
    small_text_seeded,
    some_answers,
)


class SmallText:
    """One strategy of small-text; the subclasses say which, and what it is given.

    The rows are put in order where small-text tells its
    scores (`scores_`); else they have none, and all utilities are 0.
    """

    name: ClassVar[str]
    theirs: ClassVar[str]
    needs: ClassVar[frozenset[str]]
    uses: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[Kind]] = OF_LABELS
    reason: ClassVar[str]

    def options(self, inputs: StrategyInputs, n: int) -> dict[str, Any]:
        """Return the settings of small-text's strategy for this choice, where they are not its own defaults."""
        return {}

    def made(self, inputs: StrategyInputs, n: int) -> Any:
        """Return small-text's strategy for this choice; this is what imports small-text."""
        return getattr(import_module("small_text"), self.theirs)(**self.options(inputs, n))

    def check(self, inputs: StrategyInputs) -> None:
        """Raise an error when the inputs are there and cannot serve; nothing heavy is loaded for it."""

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Return n rows as small-text chooses them. Raises InputError for inputs that cannot serve."""
        n = check_inputs(inputs, n)
        self._check_needs(inputs)
        if n == 0:
            return choice(np.zeros(0, dtype=np.int64), np.zeros(0), self.reason)
        self.check(inputs)
        with small_text_seeded(rng):
            strategy = self.made(inputs, n)
            rows = self.asked(strategy, inputs, n)
            utilities = self.utilities(strategy, rows)
        order = np.argsort(-utilities, kind="stable")
        return choice(rows[order], utilities[order], self.reason)

    def _check_needs(self, inputs: StrategyInputs) -> None:
        for what in sorted(self.needs):
            value = vectors_for(self.name, inputs) if what == "vectors" else needed(self.name, inputs, what)
            if what in ("labelled_vectors", "labelled_targets") and inputs.n_candidates:
                some_answers(self.name, value)
        if "scores" in self.needs:
            class_scores(self.name, scores_for(self.name, inputs))
        elif inputs.scores is not None and "ner" not in self.kinds:
            of_documents(self.name, inputs.scores)

    def asked(self, strategy: Any, inputs: StrategyInputs, n: int) -> Rows:
        """Let small-text choose n rows of the candidates."""
        rows = strategy.query(*self.terms(inputs), n=n)
        return checked(self.name, np.asarray(rows, dtype=np.int64), inputs.n_candidates, n)

    def utilities(self, strategy: Any, rows: Rows) -> Utilities:
        """Return the utilities of rows by the scores that small-text kept for all candidates; else zeros."""
        ranked = getattr(strategy, "base_query_strategy", strategy)
        kept = getattr(ranked, "scores_", None)
        if kept is None:
            return np.zeros(len(rows))
        values = np.nan_to_num(np.asarray(kept, dtype=np.float64)[rows])
        return 1.0 - values if ranked.lower_is_better else values

    def terms(self, inputs: StrategyInputs) -> tuple[Any, ...]:
        """Return classifier, data set, rows of candidates, rows of answered documents and their answers."""
        n, m = inputs.n_candidates, self.n_labelled(inputs)
        answers = answers_of(
            inputs.labelled_targets if m else None, exclusive=self.kinds != {"textcat-multi"}
        )
        return self.classifier(inputs), row_dataset(n + m), np.arange(n), np.arange(n, n + m), answers

    def n_labelled(self, inputs: StrategyInputs) -> int:
        """Return how many answered documents small-text sees: those whose facts the strategy asks for."""
        wanted = self.needs | self.uses
        if "labelled_vectors" in wanted and inputs.labelled_vectors is not None:
            return len(inputs.labelled_vectors)
        if "labelled_targets" in self.needs and inputs.labelled_targets is not None:
            return len(inputs.labelled_targets)
        return 0

    def classifier(self, inputs: StrategyInputs) -> CachedClassifier:
        """Return a classifier that knows what the strategy asks for, and nothing else."""
        m = self.n_labelled(inputs)
        vectors = inputs.features if "features" in self.needs else inputs.vectors
        if m and vectors is not None and inputs.labelled_vectors is not None:
            vectors = np.concatenate([vectors, inputs.labelled_vectors])
        scores = class_scores(self.name, scores_for(self.name, inputs)) if "scores" in self.needs else None
        probabilities = None if scores is None else with_answers(scores.probabilities, inputs, m)
        return CachedClassifier(
            num_classes=0 if probabilities is None else probabilities.shape[1],
            probabilities=probabilities,
            vectors=vectors,
            samples=inputs.samples if "samples" in self.needs else None,
            multi_label=scores is not None and not scores.exclusive,
        )


def with_answers(probabilities: AnyArray, inputs: StrategyInputs, m: int) -> AnyArray:
    """Add m rows for the answered documents: their answers, or equal probabilities when they are not given."""
    targets, n_labels = inputs.labelled_targets, probabilities.shape[1]
    known = np.full((m, n_labels), 1 / n_labels) if targets is None else targets[:m].astype(np.float64)
    return np.concatenate([probabilities.astype(np.float64), known])


def checked(name: str, rows: Rows, n_candidates: int, n: int) -> Rows:
    """Return the rows, or raise InputError when small-text chose others than n different candidates."""
    if len(np.unique(rows)) != n or len(rows) != n or rows.min() < 0 or rows.max() >= n_candidates:
        raise InputError(f"'{name}' of small-text gave rows that are not {n} different candidates.")
    return rows
