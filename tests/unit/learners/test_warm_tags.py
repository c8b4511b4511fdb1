"""The head of words that is fitted again after every few answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.usecases.live_desk import ids, text_of
from tests.unit.usecases.ner_desk import NAMES, PEOPLE, PLACES, MadeWords, spans_of
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.errors import NotEnoughDataError
from workbench.learners import tags
from workbench.learners.tag_head import TagConfig, TagHead, features_of
from workbench.learners.tags import TagLearner, TagModel
from workbench.learners.warm_tags import AnchoredTags

WORDS = MadeWords()


def answers(n: int) -> list[Example]:
    return [Example(id, text_of(id), spans=spans_of(id)) for id in ids(0, n)]


def fit(examples: Sequence[Example], heads: AnchoredTags | None = None) -> TagHead:
    return (heads or AnchoredTags()).fit(NAMES, examples, WORDS).heads["topic"]


def new_fit(examples: Sequence[Example]) -> TagHead:
    return TagLearner(LearnerContext(words=WORDS)).fit({NAMES: examples}, seed=0).heads["topic"]


def loss_of(head: TagHead, examples: Sequence[Example]) -> float:
    """Return what the fit minimises, computed from its definition in float64."""
    words = WORDS.encode_words([example.text for example in examples])
    letters = [letter for example in examples for letter in example.text if letter != " "]
    tag = np.array([1 if letter in PEOPLE else 3 if letter in PLACES else 0 for letter in letters])
    features = features_of(words, np.arange(len(letters))).astype(np.float64)
    logits = features @ head.weights.T.astype(np.float64) + head.bias
    logits -= logits.max(axis=1, keepdims=True)
    said = logits[np.arange(len(tag)), tag] - np.log(np.exp(logits).sum(axis=1))
    return float(-said.sum() + (head.weights.astype(np.float64) ** 2).sum() / (2 * TagConfig().c))


@pytest.mark.parametrize("n", [201, 250, 300, 399])
def test_a_warm_head_loses_at_most_a_twentieth_to_a_new_fit(n: int) -> None:
    examples = answers(n)
    assert loss_of(fit(examples), examples) <= 1.05 * loss_of(new_fit(examples), examples)


def test_up_to_two_hundred_answers_it_is_a_new_fit() -> None:
    np.testing.assert_array_equal(fit(answers(200)).weights, new_fit(answers(200)).weights)
    assert not np.array_equal(fit(answers(201)).weights, new_fit(answers(201)).weights)


def test_an_anchor_that_was_prepared_is_at_hand_a_hundred_answers_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heads, examples = AnchoredTags(), answers(310)
    for n in (50, 105, 150, 200):
        heads.prepare(NAMES, examples[:n], WORDS)
    fit(examples[:200], heads)
    monkeypatch.setattr(AnchoredTags, "prepare", None)
    fitted: list[int] = []
    learn = TagLearner.fit

    def counted(learner: TagLearner, given: dict[object, list[Example]], **options: object) -> TagModel:
        fitted.append(len(next(iter(given.values()))))
        return learn(learner, given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(TagLearner, "fit", counted)
    at_hand = [fit(examples[:n], heads).weights for n in (205, 300, 310)]
    assert fitted == [205, 300, 310], "no anchor is fitted"
    for n, weights in zip((205, 300, 310), at_hand, strict=True):
        np.testing.assert_array_equal(weights, fit(examples[:n]).weights)


def test_a_head_depends_on_the_answers_alone_and_its_anchor_is_fitted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from_nothing: list[int] = []
    fit_one = TagLearner.fit

    def counted(learner: TagLearner, examples: dict[object, list[Example]], **options: object) -> TagModel:
        if options.get("start") is None:
            from_nothing.append(len(next(iter(examples.values()))))
        return fit_one(learner, examples, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(tags.TagLearner, "fit", counted)
    heads, examples = AnchoredTags(), answers(230)
    for n in (205, 210, 230):
        followed = fit(examples[:n], heads)
    assert from_nothing == [100]
    np.testing.assert_array_equal(followed.weights, fit(examples).weights)
    changed = [replace(examples[0], spans=()), *examples[1:]]
    after = fit(changed, heads)
    assert from_nothing == [100, 100, 100], "one for the second ranker, one for the changed answer"
    np.testing.assert_array_equal(after.weights, fit(changed).weights)


def test_a_label_that_the_anchor_has_not_met_is_learned() -> None:
    examples = answers(260)
    people = [
        replace(example, spans=tuple(span for span in example.spans if span.label == "PER"))
        for example in examples[:100]
    ]
    head = fit([*people, *examples[100:]])
    said = head.score(WORDS.encode_words([text_of("d300")])).documents[0].probabilities[:, 3]
    assert said.max() > 0.2


def test_a_beginning_without_spans_is_no_anchor() -> None:
    examples = answers(210)
    without = [replace(example, spans=()) for example in examples[:100]]
    given = [*without, *examples[100:]]
    np.testing.assert_array_equal(fit(given).weights, new_fit(given).weights)
    with pytest.raises(NotEnoughDataError, match="no span"):
        fit(without)


def test_it_is_fitted_with_the_options_of_the_learner() -> None:
    examples = answers(120)
    found, plain = fit(examples, AnchoredTags({"c": 0.5, "offset": 0.0})), fit(examples)
    assert (found.offset, plain.offset) == (0.0, TagConfig().offset)
    assert np.abs(found.weights).sum() < np.abs(plain.weights).sum(), "a stronger penalty"


def test_its_settings_name_the_words_and_the_anchors() -> None:
    config = AnchoredTags().config(WORDS)
    assert (config["words"], config["anchor_every"], config["c"]) == ("made-words", 100, TagConfig().c)
