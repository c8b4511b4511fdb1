"""The head that the light learners share."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.errors import (
    ArtefactError,
    InputError,
    NewerVersionError,
    NotEnoughDataError,
    UnknownNameError,
)
from workbench.learners.linear_head import (
    HeadConfig,
    checked_targets,
    fit_head,
    head_facts,
    head_tensors,
    heads_from,
    sample_weights,
    sigmoid,
    softmax,
    targets_of,
)

TOPIC = Question("topic", "textcat", ("billing", "delivery", "other"))
TAGS = Question("tags", "textcat-multi", ("urgent", "polite", "long"))
KINDS = frozenset({"textcat", "textcat-multi"})


def answers(*labels):
    return [
        Example(str(i), f"text {i}", (own,) if isinstance(own, str) else own) for i, own in enumerate(labels)
    ]


def points(n_each, n_classes, seed=0, width=6):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_classes, width))
    classes = np.repeat(np.arange(n_classes), n_each)
    x = centres[classes] + rng.normal(scale=0.8, size=(len(classes), width))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), classes


def one_hot(classes, n):
    return np.eye(n, dtype=bool)[classes]


def test_softmax_and_sigmoid_stand_extreme_logits():
    assert softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])).tolist() == [[1, 0], [0.5, 0.5]]
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_head_says_what_logistic_regression_says(n_classes):
    x, classes = points(20, n_classes)
    question = Question("q", "textcat", tuple("abc"[:n_classes]))
    head = fit_head(question, x, one_hot(classes, n_classes), HeadConfig())
    reference = LogisticRegression(C=20, max_iter=1000).fit(x, classes)
    assert head.score(x).probabilities == pytest.approx(reference.predict_proba(x), abs=1e-5)


def test_a_label_without_examples_stays_in_the_scores_with_probability_zero():
    x, classes = points(10, 2)
    targets = one_hot(classes * 2, 3)  # 'delivery', the middle one, is never the answer
    scores = fit_head(TOPIC, x, targets, HeadConfig()).score(x)
    assert scores.labels == TOPIC.labels
    assert (scores.probabilities[:, 1] == 0).all()
    assert scores.probabilities.sum(axis=1) == pytest.approx(np.ones(20))


def test_labels_of_their_own_are_learned_one_against_the_rest():
    x, classes = points(20, 2)
    targets = np.stack([classes == 0, np.ones(40, dtype=bool), np.zeros(40, dtype=bool)], axis=1)
    head = fit_head(TAGS, x, targets, HeadConfig())
    p = head.score(x).probabilities
    reference = LogisticRegression(C=20, max_iter=1000).fit(x, classes == 0)
    assert p[:, 0] == pytest.approx(reference.predict_proba(x)[:, 1], abs=1e-5)
    assert p[:, 1] == pytest.approx(np.full(40, 41 / 42))  # always seen: the rule of succession
    assert (p[:, 2] == 0).all()  # never seen


def test_one_example_a_label_is_no_reason_to_warn(recwarn):
    x, classes = points(1, 3)
    fit_head(TOPIC, x, one_hot(classes, 3), HeadConfig())
    assert not recwarn.list


def test_sample_weights_have_mean_one_and_grow_with_rarity():
    classes = np.array([0, 0, 0, 0, 1])
    assert sample_weights(classes, "none").tolist() == [1] * 5
    assert sample_weights(classes, "balanced") == pytest.approx([5 / 8] * 4 + [5 / 2])
    assert sample_weights(classes, "sqrt") == pytest.approx(np.array([1, 1, 1, 1, 2]) * 5 / 6)


def test_balancing_raises_the_probability_of_the_rare_label():
    x, classes = points(30, 2)
    few = np.concatenate([np.flatnonzero(classes == 0), np.flatnonzero(classes == 1)[:3]])
    question = Question("q", "textcat", ("common", "rare"))
    means = [
        fit_head(question, x[few], one_hot(classes[few], 2), HeadConfig(balance=balance))
        .score(x)
        .probabilities[:, 1]
        .mean()
        for balance in ("none", "sqrt", "balanced")
    ]
    assert means[0] < means[1] < means[2]


def test_no_answers_are_too_few():
    with pytest.raises(NotEnoughDataError, match="'topic' has no answers"):
        targets_of(TOPIC, [])


def test_answers_of_one_label_only_are_refused_with_the_missing_ones():
    with pytest.raises(NotEnoughDataError, match="billing: 2") as caught:
        checked_targets(KINDS, {TOPIC: answers("billing", "billing")})
    assert "delivery, other" in caught.value.hint


def test_labels_of_their_own_need_one_that_differs():
    with pytest.raises(NotEnoughDataError, match="urgent: 2"):
        checked_targets(KINDS, {TAGS: answers(("urgent",), ("urgent",))})
    checked_targets(KINDS, {TAGS: answers(("urgent",), ())})


def test_an_exclusive_question_takes_one_label():
    for labels in ((), ("billing", "other")):
        with pytest.raises(InputError, match="document 1"):
            targets_of(TOPIC, answers("billing", labels))


def test_an_unknown_label_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'billing'"):
        targets_of(TOPIC, answers("biling"))


def test_a_question_of_another_kind_is_refused():
    with pytest.raises(InputError, match="is ner, not textcat or textcat-multi"):
        checked_targets(KINDS, {Question("names", "ner", ("PER",)): answers("PER")})
    with pytest.raises(InputError, match="no question"):
        checked_targets(KINDS, {})


@pytest.mark.parametrize("options", [{"c": 0.0}, {"c": float("nan")}, {"c": -1.0}, {"max_iterations": 0}])
def test_senseless_options_are_refused(options):
    with pytest.raises(InputError):
        HeadConfig(**options)


def test_an_unknown_balance_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'balanced'"):
        HeadConfig(balance="balance")


def saved():
    x, classes = points(5, 3)
    heads = {"topic": fit_head(TOPIC, x, one_hot(classes, 3), HeadConfig())}
    return head_facts(heads), head_tensors(heads)


def test_facts_and_tensors_give_the_heads_back(tmp_path):
    facts, tensors = saved()
    head = heads_from(facts, tensors, tmp_path)["topic"]
    assert (head.labels, head.exclusive) == (TOPIC.labels, True)
    assert head.weights is tensors["topic.weights"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda facts, tensors: facts.pop("questions"),
        lambda facts, tensors: facts.update(heads_version="1"),
        lambda facts, tensors: facts["questions"][0].pop("labels"),
        lambda facts, tensors: facts["questions"][0].update(labels=["a", "b"]),
        lambda facts, tensors: facts["questions"][0].update(labels=["a", "a", "b"]),
        lambda facts, tensors: facts["questions"][0].update(labels=[1, 2, 3]),
        lambda facts, tensors: facts["questions"][0].update(exclusive="yes"),
        lambda facts, tensors: tensors.pop("topic.bias"),
        lambda facts, tensors: tensors.update(other=np.zeros(1)),
        lambda facts, tensors: tensors.update({"topic.bias": np.zeros(2)}),
    ],
)
def test_damaged_heads_are_refused(tmp_path, damage):
    facts, tensors = saved()
    damage(facts, tensors)
    with pytest.raises(ArtefactError):
        heads_from(facts, tensors, tmp_path)


def test_heads_of_a_newer_workbench_are_refused_as_such(tmp_path):
    facts, tensors = saved()
    with pytest.raises(NewerVersionError):
        heads_from({**facts, "heads_version": 2}, tensors, tmp_path)
