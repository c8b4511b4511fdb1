"""The fast learner of spans: a tag for each word from the vectors of a network that is not trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from workbench.artefacts import read_json, read_tensors, write_json, write_tensors
from workbench.domain.arrays import Rows
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Progress, WordEncoder, silent
from workbench.domain.questions import Kind, Question, check_slug
from workbench.domain.scores import TokenScores, tags_of
from workbench.domain.word_vectors import WordVectors
from workbench.errors import ArtefactError, InputError, NewerVersionError, NotEnoughDataError
from workbench.learners.options import with_options
from workbench.learners.tag_chain import count_steps
from workbench.learners.tag_head import N_MARK_FIGURES, TagConfig, TagHead, fit_tags
from workbench.learners.word_targets import check_spans, in_scope, word_tags

TAGS_VERSION = 1
PARTS = ("weights", "bias", "steps")


class TagLearner:
    """Multinomial logistic regression over word vectors, and a chain over the tags of a text.

    Words are those of the word encoder (default: of `context.base_model`, not remembered). Words outside an
    example's scope are unknown, not O. Options: `TagConfig`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset({"ner"})

    def __init__(self, context: LearnerContext) -> None:
        self._config = with_options("tags", TagConfig(), context.config)
        self._words = context.words or _plain_words(context)
        self._progress = context.progress

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
        start: TagModel | None = None,
    ) -> TagModel:
        """Fit one head a question; nothing is random and there is no checkpoint to choose.

        `start` is an earlier model to go on from: far fewer steps, for nearly the same head. Questions it does
        not have with the same labels are fitted anew. Raises NotEnoughDataError when no example has a span or
        a word, UnknownNameError for a label the question does not have, InputError for a span that does not
        fit its text.
        """
        if not examples:
            raise InputError("There is no question to learn.")
        for question, answered in examples.items():
            if question.kind not in self.kinds:
                raise InputError(f"The question '{question.name}' is {question.kind}, not ner.")
            check_spans(question, answered)
        heads: dict[str, TagHead] = {}
        facts: Counter[str] = Counter()
        for question, answered in examples.items():
            earlier = start.heads.get(question.name) if start is not None else None
            heads[question.name], counts = self._fit_one(question, answered, earlier)
            facts.update(counts)
        return TagModel(self._words, heads, dict(facts), self._progress)

    def load(self, folder: Path) -> TagModel:
        """Load a model. Raises ArtefactError when it is damaged or belongs to other word vectors."""
        facts = read_json(folder / "tags.json")
        _check_version(facts, folder)
        if facts.get("words") != self._words.id:
            raise ArtefactError(
                f"The model was fitted on word vectors of {facts.get('words')}, not of {self._words.id}.",
                where=str(folder),
            )
        heads = _heads_from(facts, read_tensors(folder / "heads.safetensors"), folder)
        if any(head.weights.shape[1] != self._words.width + N_MARK_FIGURES for head in heads.values()):
            raise ArtefactError("The weights do not fit the word vectors.", where=str(folder))
        return TagModel(self._words, heads, facts["facts"], self._progress)

    def _fit_one(
        self, question: Question, answered: Sequence[Example], earlier: TagHead | None
    ) -> tuple[TagHead, Counter[str]]:
        words = self._words.encode_words([e.text for e in answered], progress=self._progress)
        targets, counts = _targets(question, answered, words)
        if not (targets >= 0).any():
            raise NotEnoughDataError(f"No example of '{question.name}' has a word to learn from.")
        start = earlier if earlier is not None and earlier.labels == question.labels else None
        steps = count_steps(targets, words.bounds, len(tags_of(question.labels)))
        head = fit_tags(question.labels, words, targets, self._config, steps=steps, start=start)
        return head, Counter(train_examples=len(answered)) + counts


@dataclass(frozen=True, slots=True, eq=False)
class TagModel:
    """Heads of tags on one word encoder; `facts` count what was learned from."""

    words: WordEncoder
    heads: Mapping[str, TagHead]
    facts: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = silent

    def score(self, texts: Sequence[str]) -> Mapping[str, TokenScores]:
        """Return the scores of each question, in the order of the texts."""
        return self.score_words(self.words.encode_words(texts, progress=self.progress))

    def score_words(self, words: WordVectors) -> Mapping[str, TokenScores]:
        """Return the scores of each question for words that somebody keeps at hand."""
        return {name: head.score(words) for name, head in self.heads.items()}

    def save(self, folder: Path) -> None:
        """Write tags.json and heads.safetensors; the word encoder is named, not copied."""
        tensors = {f"{n}.{part}": getattr(head, part) for n, head in self.heads.items() for part in PARTS}
        write_tensors(folder / "heads.safetensors", tensors)
        questions = [
            {"name": name, "labels": list(head.labels), "offset": head.offset}
            for name, head in self.heads.items()
        ]
        facts = {"tags_version": TAGS_VERSION, "words": self.words.id, "facts": dict(self.facts)}
        write_json(folder / "tags.json", {**facts, "questions": questions})


def _plain_words(context: LearnerContext) -> WordEncoder:
    from workbench.networks.word_means import WordMeans  # torch: only who brings no vectors needs it

    return WordMeans(context.base_model, n_threads=context.n_threads)


def _targets(
    question: Question, answered: Sequence[Example], words: WordVectors
) -> tuple[Rows, Counter[str]]:
    """Return the tag number of each word, -1 where it is unknown, and the counts of `word_tags`."""
    number = {tag: place for place, tag in enumerate(tags_of(question.labels))}
    targets = np.full(int(words.bounds[-1]), -1, dtype=np.int64)
    counts: Counter[str] = Counter()
    for row, example in enumerate(answered):
        own = slice(words.bounds[row], words.bounds[row + 1])
        tags, found = word_tags(words.words[own], example.spans)
        counts.update(found)
        known = in_scope(words.words[own], example.scope)
        targets[own] = np.where(known, [number[tag] for tag in tags], -1)
    return targets, counts


def _check_version(facts: Any, folder: Path) -> None:
    version = facts.get("tags_version") if isinstance(facts, dict) else None
    if isinstance(version, int) and version > TAGS_VERSION:
        raise NewerVersionError(
            f"Written by a newer workbench (tags {version}, known {TAGS_VERSION}).",
            where=str(folder),
            hint="Update annotation-workbench.",
        )
    if (
        version != TAGS_VERSION
        or not isinstance(facts.get("questions"), list)
        or not isinstance(facts.get("facts"), dict)
    ):
        raise ArtefactError("It does not describe a model of tags.", where=str(folder))


def _heads_from(facts: Any, tensors: Mapping[str, Any], folder: Path) -> dict[str, TagHead]:
    heads = {}
    for fact in facts["questions"]:
        try:
            name, labels, offset = check_slug("question", fact["name"]), fact["labels"], fact["offset"]
            weights, bias, steps = (tensors[f"{name}.{part}"] for part in PARTS)
        except (KeyError, TypeError, InputError) as error:
            raise ArtefactError(f"The description of a head is none: {error}.", where=str(folder)) from error
        texts = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
        if not texts or len(set(labels)) != len(labels) or type(offset) not in (int, float):
            raise ArtefactError(f"The labels of '{name}' are not a list of names.", where=str(folder))
        n_tags = len(tags_of(labels))
        shapes = (weights.ndim == 2 and len(weights), bias.shape, steps.shape)
        if shapes != (n_tags, (n_tags,), (n_tags + 1, n_tags)):
            raise ArtefactError(f"The weights of '{name}' do not fit its labels.", where=str(folder))
        heads[name] = TagHead(tuple(labels), weights, bias, steps, float(offset))
    if len(tensors) != len(PARTS) * len(heads):
        raise ArtefactError(f"The weights are not those of {sorted(heads)}.", where=str(folder))
    return heads
