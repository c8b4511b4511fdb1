"""Which pairs SetFit is trained on, and that its network says what it says."""

import numpy as np
import pytest

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.errors import InputError, UnknownNameError

pytestmark = [pytest.mark.torch, pytest.mark.slow]

TOPIC = Question("topic", "textcat", ("billing", "delivery", "other"))
TEXTS = (
    ("the invoice is wrong", "billing"),
    ("refund the invoice", "billing"),
    ("my parcel is late", "delivery"),
    ("where is the parcel", "delivery"),
)


def one_hot(*columns, n=3):
    return np.eye(n, dtype=bool)[list(columns)]


@pytest.fixture(scope="module")
def fitted():
    """Return the model of one step from the MiniLM weights, and the progress that was reported."""
    from workbench.learners.setfit_textcat import SetFitLearner

    seen = []
    context = LearnerContext(
        config={"max_steps": 2, "batch_size": 2, "max_pieces": 16},
        n_threads=2,
        progress=lambda done, total, what: seen.append((done, total)),
    )
    examples = {TOPIC: [Example(text, text, (label,)) for text, label in TEXTS]}
    return SetFitLearner(context).fit(examples, seed=0), seen


def test_the_network_gives_the_same_scores(fitted):
    from workbench.networks.network import network_scores

    model, _ = fitted
    texts = ["the parcel", "refund me now", "", "a long story about an invoice " * 20]
    assert (
        network_scores(model.network("topic"), texts).probabilities
        == model.score(texts)["topic"].probabilities
    ).all()


def test_each_step_is_reported(fitted):
    assert fitted[1] == [(1, 2), (2, 2)]


def test_training_moves_the_weights(fitted):
    from workbench.networks.backbone import default_base, load_backbone

    before = load_backbone(default_base()).state_dict()
    after = fitted[0].network("topic").module.backbone.state_dict()
    assert before.keys() == after.keys()
    assert any(not before[name].equal(after[name]) for name in before)


def test_a_network_is_asked_for_by_its_question(fitted):
    with pytest.raises(UnknownNameError, match="Did you mean 'topic'"):
        fitted[0].network("topics")


def test_a_common_label_does_not_fill_the_pairs():
    from workbench.learners.setfit_body import texts_for_pairs

    targets = one_hot(*[0] * 50, *[1] * 3, *[2] * 10)
    rows = texts_for_pairs(targets, 8, np.random.default_rng(0))
    assert targets[rows].sum(axis=0).tolist() == [8, 3, 8]
    assert (np.diff(rows) > 0).all()


def test_texts_with_several_labels_count_for_each_and_those_without_are_a_group():
    from workbench.learners.setfit_body import texts_for_pairs

    targets = np.array([[1, 1], [1, 1], [1, 0], [1, 0], [0, 0], [0, 0], [0, 0]], dtype=bool)
    rows = texts_for_pairs(targets, 2, np.random.default_rng(0))
    assert rows[:2].tolist() == [0, 1]
    assert len(rows) == 4
    assert not targets[rows[2:]].any()


def test_very_many_labels_keep_two_texts_each():
    from workbench.learners.setfit_body import texts_for_pairs

    targets = np.repeat(np.eye(1500, dtype=bool), 3, axis=0)
    rows = texts_for_pairs(targets, 64, np.random.default_rng(0))
    assert targets[rows].sum(axis=0).tolist() == [2] * 1500


def test_steps_are_those_of_the_pairs_within_the_limits():
    from workbench.learners.setfit_body import BodyConfig, n_steps

    targets = one_hot(0, 0, 0, 1, 1)  # 15 pairs with themselves: 6 + 3 of one label, 6 of two
    assert n_steps(targets, BodyConfig(batch_size=4)) == 3  # 12 pairs
    assert n_steps(targets, BodyConfig(batch_size=4, sampling="oversampling")) == 5  # 18 pairs
    assert n_steps(targets, BodyConfig(batch_size=4, sampling="unique")) == 4  # 15 pairs
    assert n_steps(targets, BodyConfig(batch_size=4, num_epochs=2)) == 6
    assert n_steps(targets, BodyConfig(batch_size=4, num_epochs=2, max_steps=5)) == 5


@pytest.mark.parametrize(
    "options",
    [
        {"num_epochs": 0},
        {"max_steps": -1},
        {"batch_size": 0},
        {"max_pieces": 3},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"sampling": "all"},
    ],
)
def test_senseless_options_are_refused(options):
    from workbench.learners.setfit_body import BodyConfig

    with pytest.raises(InputError):
        BodyConfig(**options)
