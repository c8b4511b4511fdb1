"""The plain baseline: TF-IDF of words and word pairs, and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from workbench.artefacts import read_json, read_tensors, write_json, write_tensors
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Kind, Question
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError, NotEnoughDataError
from workbench.learners.linear_head import (
    Balance,
    HeadConfig,
    LinearHead,
    checked_targets,
    head_facts,
    head_tensors,
    heads_from,
)
from workbench.learners.offsets import Aim
from workbench.learners.options import with_options
from workbench.learners.tuned_head import fit_tuned_head

WORD = r"(?u)\b\w+\b"


@dataclass(frozen=True, slots=True)
class TfidfConfig:
    """Words in up to `longest_run` neighbours are counted; the rest as in `HeadConfig`."""

    longest_run: int = 2
    c: float = 20.0
    balance: Balance = "none"
    max_iterations: int = 1000
    offsets: Aim = "none"
    give_up: float = 0.01

    def __post_init__(self) -> None:
        if not 1 <= self.longest_run <= 5:
            raise InputError(f"The option 'longest_run' goes from 1 to 5, not {self.longest_run}.")
        self.head()

    def head(self) -> HeadConfig:
        """Return the part that is about the head."""
        return HeadConfig(
            c=self.c,
            balance=self.balance,
            max_iterations=self.max_iterations,
            offsets=self.offsets,
            give_up=self.give_up,
        )


class TfidfLearner:
    """Logistic regression on 1 + log counts of word runs, weighed by their rarity, in unit rows.

    The vocabulary is that of all examples of all questions; words are lower-cased. Options: those of
    `TfidfConfig`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"textcat", "textcat-multi"})

    def __init__(self, context: LearnerContext) -> None:
        self._config = with_options("tfidf", TfidfConfig(), context.config)

    @property
    def config(self) -> Mapping[str, Any]:
        """The whole configuration, as JSON values."""
        return asdict(self._config)

    def fit(
        self,
        examples: Mapping[Question, Sequence[Example]],
        *,
        seed: int,
        dev: Mapping[Question, Sequence[Example]] | None = None,
    ) -> TfidfModel:
        """Fit one head a question; nothing is random and there is no checkpoint to choose.

        Raises NotEnoughDataError when a question's examples do not tell two answers apart or no text
        holds a word.
        """
        targets = checked_targets(self.kinds, examples)
        vectoriser = _vectoriser(self._config.longest_run)
        texts = {example.text for answered in examples.values() for example in answered}
        try:
            vectoriser.fit(sorted(texts))
        except ValueError as error:
            raise NotEnoughDataError("No text of the examples holds a word.") from error
        heads = {
            question.name: fit_tuned_head(
                question,
                vectoriser.transform([example.text for example in answered]),
                targets[question],
                self._config.head(),
                [example.text for example in answered],
            )
            for question, answered in examples.items()
        }
        return TfidfModel(vectoriser, heads)

    def load(self, folder: Path) -> TfidfModel:
        """Load a model. Raises ArtefactError when it is damaged."""
        facts = read_json(folder / "tfidf.json")
        tensors = read_tensors(folder / "heads.safetensors")
        rarity = tensors.pop("rarity", np.zeros(0))
        heads = heads_from(facts, tensors, folder)
        runs, longest = facts.get("runs"), facts.get("longest_run")
        if not isinstance(runs, list) or not runs or len(set(map(str, runs))) != len(runs):
            raise ArtefactError("The vocabulary is not a list of different words.", where=str(folder))
        widths = {head.weights.shape[1] for head in heads.values()} | set(rarity.shape)
        if widths != {len(runs)} or type(longest) is not int or not 1 <= longest <= 5:
            raise ArtefactError(f"Weights of width {widths} for {len(runs)} words.", where=str(folder))
        vectoriser = _vectoriser(longest, {run: column for column, run in enumerate(runs)})
        vectoriser.idf_ = rarity
        return TfidfModel(vectoriser, heads)


class TfidfModel:
    """Linear heads on the words of a text."""

    def __init__(self, vectoriser: TfidfVectorizer, heads: Mapping[str, LinearHead]) -> None:
        self.heads = dict(heads)
        self._vectoriser = vectoriser

    def score(self, texts: Sequence[str]) -> Mapping[str, ClassScores]:
        """Return the scores of each question; a text without known words gets what the labels' bias says."""
        n_runs = len(self._vectoriser.vocabulary_)
        features = self._vectoriser.transform(texts) if len(texts) else np.zeros((0, n_runs))
        return {name: head.score(features) for name, head in self.heads.items()}

    def save(self, folder: Path) -> None:
        """Write tfidf.json with the vocabulary in column order, and heads.safetensors."""
        column = self._vectoriser.vocabulary_
        write_tensors(
            folder / "heads.safetensors", {"rarity": self._vectoriser.idf_, **head_tensors(self.heads)}
        )
        write_json(
            folder / "tfidf.json",
            {
                "longest_run": self._vectoriser.ngram_range[1],
                **head_facts(self.heads),
                "runs": sorted(column, key=column.__getitem__),
            },
        )


def _vectoriser(longest_run: int, vocabulary: dict[str, int] | None = None) -> Any:
    return TfidfVectorizer(
        ngram_range=(1, longest_run),
        sublinear_tf=True,
        token_pattern=WORD,
        vocabulary=vocabulary,
        dtype=np.float64,
    )
