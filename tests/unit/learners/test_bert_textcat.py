"""Fine-tuning for labels: what it learns from, what it refuses, and that it learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.questions import Question
from workbench.errors import ArtefactError, InputError, NotEnoughDataError, UnknownNameError

pytestmark = [pytest.mark.torch]

TOPIC = Question("topic", "textcat", ("praise", "blame", "other"))
TAGS = Question("tags", "textcat-multi", ("praise", "place"))
QUICK: dict[str, Any] = {
    "learning_rate": 1e-2,
    "head_learning_rate": 1e-2,
    "epochs": 3,
    "min_steps": 0,
    "dropout": 0.0,
}
ENDS = ("good", "bad", "good and big", "bad and big")
TEXTS = [f"{place} is {end}" for place in ("rome", "nyc") for end in ENDS]


def topics(n: int = 1) -> list[Example]:
    return [
        Example(f"{copy}-{text}", text, ("praise",) if "good" in text else ("blame",))
        for copy in range(n)
        for text in TEXTS
    ]


@pytest.fixture
def make(tiny_bert: Path) -> Callable[..., Any]:
    """Return a function that makes the learner, quick but for what the options say."""

    def made(progress: Any = lambda done, total, what: None, **options: Any) -> Any:
        from workbench.learners.bert_textcat import BertTextcatLearner

        return BertTextcatLearner(
            LearnerContext(base_model=tiny_bert, config={**QUICK, **options}, progress=progress)
        )

    return made


@pytest.mark.slow
def test_it_learns_what_two_words_tell(make: Callable[..., Any]) -> None:
    model = make(epochs=10).fit({TOPIC: topics()}, seed=0)
    scores = model.score(["ada is good", "ada is bad", ""])["topic"]
    assert isinstance(model, Model)
    assert scores.probabilities[:2].argmax(axis=1).tolist() == [0, 1]
    assert scores.probabilities.shape == (3, 3)


def test_a_label_without_examples_has_probability_zero(make: Callable[..., Any]) -> None:
    scores = make().fit({TOPIC: topics()}, seed=0).score(TEXTS)["topic"]
    assert (scores.probabilities[:, 2] == 0.0).all()


def test_several_labels_or_none_can_answer(make: Callable[..., Any]) -> None:
    examples = [
        Example(text, text, (*(["praise"] if "good" in text else []), *(["place"] if "rome" in text else [])))
        for text in TEXTS
    ]
    scores = (
        make(epochs=12)
        .fit({TAGS: examples}, seed=0)
        .score(["rome is good", "rome is bad", "nyc is bad"])["tags"]
    )
    assert not scores.exclusive
    assert (scores.probabilities > 0.5).tolist() == [[True, True], [False, True], [False, False]]


def test_a_long_text_is_learnt_to_its_end(make: Callable[..., Any]) -> None:
    from workbench.learners.bert_textcat import _rows

    model = make(max_pieces=8).fit({TOPIC: topics()}, seed=0)
    targets = np.array([[True, False, False]])
    rows = _rows(model.network("topic"), ["is " * 20 + "good"], targets, "none")
    assert {len(row.ids) for row in rows} == {6}
    assert sum(row.weight for row in rows) == pytest.approx(1.0)
    assert rows[-1].ids[-1] == model.network("topic").tokenizer.token_to_id("good")


def test_the_same_seed_gives_the_same_scores(make: Callable[..., Any]) -> None:
    first, again, other = (
        make(dropout=0.2).fit({TOPIC: topics()}, seed=seed).score(TEXTS)["topic"].probabilities
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_model_comes_back_from_its_folder(make: Callable[..., Any], tmp_path: Path) -> None:
    model = make().fit({TOPIC: topics()}, seed=0)
    model.save(tmp_path)
    again = make().load(tmp_path)
    assert np.array_equal(
        again.score(TEXTS)["topic"].probabilities, model.score(TEXTS)["topic"].probabilities
    )
    assert again.facts == model.facts
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}


def test_a_tagger_is_not_loaded_as_a_classifier(make: Callable[..., Any], tmp_path: Path) -> None:
    from workbench.learners.bert_ner import BertNerLearner

    make().fit({TOPIC: topics()}, seed=0).save(tmp_path)
    with pytest.raises(ArtefactError, match="is for textcat"):
        BertNerLearner(LearnerContext()).load(tmp_path)


def test_the_network_is_asked_for_by_its_question(make: Callable[..., Any]) -> None:
    model = make().fit({TOPIC: topics()}, seed=0)
    assert model.network("topic").labels == TOPIC.labels
    with pytest.raises(UnknownNameError, match="Did you mean 'topic'"):
        model.network("topics")


def test_dev_examples_choose_the_checkpoint_and_are_not_learnt(make: Callable[..., Any]) -> None:
    model = make().fit({TOPIC: topics()}, seed=0, dev={TOPIC: topics()[:2]})
    assert (model.facts["train_examples"], model.facts["dev_examples"]) == (8, 2)
    assert len(model.facts["dev_figures"]) == 3
    assert model.facts["best_epoch"] == 1 + int(np.argmax(model.facts["dev_figures"]))


def test_training_ends_three_epochs_after_the_best_unless_told_otherwise(make: Callable[..., Any]) -> None:
    stuck: dict[str, Any] = {"epochs": 9, "learning_rate": 1e-9, "head_learning_rate": 1e-9}
    dev = {TOPIC: topics()[:2]}
    facts = make(**stuck).fit({TOPIC: topics()}, seed=0, dev=dev).facts
    assert (facts["best_epoch"], facts["epochs"]) == (1, 4)
    assert make(**stuck, patience=0).fit({TOPIC: topics()}, seed=0, dev=dev).facts["epochs"] == 9


def test_enough_examples_are_split_and_few_are_not(make: Callable[..., Any]) -> None:
    model = make(epochs=1, dev_share=0.25, min_dev=4).fit({TOPIC: topics(2)}, seed=0)
    assert (model.facts["train_examples"], model.facts["dev_examples"]) == (12, 4)
    model = make(epochs=1, dev_share=0.25, min_dev=5).fit({TOPIC: topics(2)}, seed=0)
    assert (model.facts["train_examples"], model.facts["dev_examples"]) == (16, 0)
    assert model.facts["dev_figures"] == []


def test_few_examples_are_seen_more_often(make: Callable[..., Any]) -> None:
    seen: list[tuple[int, int]] = []
    learner = make(lambda done, total, what: seen.append((done, total)), batch_size=4, min_steps=10)
    assert learner.fit({TOPIC: topics()}, seed=0).facts["steps"] == 10
    assert (seen[0], seen[9]) == ((1, 10), (10, 10))
    assert make(batch_size=4, min_steps=10, max_epochs=4).fit({TOPIC: topics()}, seed=0).facts["epochs"] == 4


def test_rare_labels_weigh_more() -> None:
    from workbench.learners.bert_textcat import label_weights, positive_weights

    targets = np.array([[1, 0, 0]] * 8 + [[0, 1, 0]] * 2, dtype=bool)
    assert label_weights(targets, "none").tolist() == [1.0, 1.0, 0.0]
    assert label_weights(targets, "balanced").tolist() == [0.625, 2.5, 0.0]
    sqrt = label_weights(targets, "sqrt")
    assert sqrt[1] / sqrt[0] == pytest.approx(2.0)
    assert (targets @ sqrt).mean() == pytest.approx(1.0)
    assert positive_weights(targets, "balanced").tolist() == [1.0, 4.0, 10.0]
    assert positive_weights(targets, "sqrt")[1] == 2.0
    assert positive_weights(targets, "none").tolist() == [1.0, 1.0, 1.0]


@pytest.mark.slow
def test_balancing_finds_the_rare_label(make: Callable[..., Any]) -> None:
    # Nothing in the text tells the labels apart: only their weights decide.
    examples = [Example(str(n), "ada is so", ("blame",) if n < 2 else ("praise",)) for n in range(20)]
    plain, balanced = (
        make(epochs=20, balance=balance)
        .fit({TOPIC: examples}, seed=0)
        .score(["ada is so"])["topic"]
        .probabilities[0, 1]
        for balance in ("none", "balanced")
    )
    assert plain == pytest.approx(0.1, abs=0.1)
    assert balanced == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("examples", "error", "message"),
    [
        ({}, InputError, "one question, not 0"),
        ({TOPIC: [], TAGS: []}, InputError, "one question, not 2"),
        ({Question("names", "ner", ("PER",)): []}, InputError, "is ner"),
        ({TOPIC: []}, NotEnoughDataError, "'topic'"),
        ({TOPIC: [Example("1", "a", ("praise",))]}, NotEnoughDataError, "'topic'"),
        (
            {TOPIC: [Example("1", "a", ("prase",)), Example("2", "b", ("blame",))]},
            UnknownNameError,
            "'praise'",
        ),
        ({TOPIC: [Example("1", "a", ("praise", "blame"))]}, InputError, "document 1"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    make: Callable[..., Any], examples: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make().fit(examples, seed=0)


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": "fast"},
        {"epochs": 0},
        {"epochs": 1_000_000},
        {"batch_size": 0},
        {"max_pieces": 3},
        {"dev_share": 1.0},
        {"dropout": 1.0},
        {"patience": -1},
        {"balance": "fair"},
        {"precision": "int4"},
        {"rate": 1.0},
    ],
)
def test_senseless_options_are_refused(make: Callable[..., Any], options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        make(**options)
