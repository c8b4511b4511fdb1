"""A student begins as a part of its teacher and comes nearer to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from workbench.distillation.lessons import Lessons
from workbench.distillation.student import StudentSettings, distil, kept_layers, smaller
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.errors import InputError, NotEnoughDataError
from workbench.networks.network import Network, network_scores
from workbench.networks.training import TrainingSettings

pytestmark = pytest.mark.torch
MakeNetwork = Callable[..., Network]
WORDS = ["good", "bad", "ada", "rome", "so", "is", "in", "very", "and"]
FAST = StudentSettings(batch_size=8, training=TrainingSettings(learning_rate=3e-3, epochs=6))


def texts(n: int = 120) -> list[str]:
    rng = np.random.default_rng(5)
    return [" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(n)]


def distance(a: Scores, b: Scores) -> float:
    if isinstance(a, ClassScores) and isinstance(b, ClassScores):
        return float(np.abs(a.probabilities - b.probabilities).mean())
    assert isinstance(a, TokenScores)
    assert isinstance(b, TokenScores)
    pairs = zip(a.documents, b.documents, strict=True)
    return float(np.mean([np.abs(x.probabilities - y.probabilities).mean() for x, y in pairs]))


def test_half_of_a_classifier_and_two_thirds_of_a_tagger_are_kept_and_the_last_layer_always() -> None:
    assert [kept_layers(n, "textcat") for n in (6, 5, 1)] == [(1, 3, 5), (0, 2, 4), (0,)]
    assert [kept_layers(n, "ner") for n in (6, 4, 2, 1)] == [(0, 1, 3, 5), (0, 1, 3), (1,), (0,)]


def test_a_student_of_all_layers_is_its_teacher(make_network: MakeNetwork) -> None:
    teacher = make_network()
    some = texts(9)
    assert (
        distance(network_scores(smaller(teacher, (0, 1, 2, 3)), some), network_scores(teacher, some)) < 1e-6
    )


def test_a_student_without_the_positions_that_no_row_reaches_answers_the_same(
    make_network: MakeNetwork,
) -> None:
    teacher = make_network("ner")
    student = smaller(teacher, (0, 1, 2, 3))
    assert teacher.module.backbone.config.max_position_embeddings == 32  # type: ignore[union-attr]
    assert student.module.backbone.config.max_position_embeddings == teacher.max_pieces == 16  # type: ignore[union-attr]
    long = [" ".join(WORDS * 4)]
    assert distance(network_scores(student, long), network_scores(teacher, long)) < 1e-6


def test_a_student_shares_no_weights_with_its_teacher(make_network: MakeNetwork) -> None:
    teacher = make_network()
    student = smaller(teacher)
    theirs = {weight.data_ptr() for weight in teacher.module.parameters()}
    assert not theirs & {weight.data_ptr() for weight in student.module.parameters()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["textcat", "textcat-multi", "ner"])
@pytest.mark.parametrize("states_weight", [0.0, 1.0], ids=["labels", "labels-and-states"])
def test_a_student_comes_nearer_to_its_teacher(
    make_network: MakeNetwork, kind: str, states_weight: float
) -> None:
    teacher, some = make_network(kind), texts()
    soft = network_scores(teacher, some)
    settings = StudentSettings(batch_size=8, states_weight=states_weight, training=FAST.training)
    student = distil(teacher, soft, some, settings=settings, seed=1)
    before = distance(network_scores(smaller(teacher), some), soft)
    after = distance(network_scores(student, some), soft)
    assert after < 0.5 * before
    assert len(student.module.backbone.encoder.layer) == len(kept_layers(4, kind))


@pytest.mark.slow
def test_the_teacher_stays_as_it_is(make_network: MakeNetwork) -> None:
    teacher, some = make_network(), texts(30)
    before = {name: weight.clone() for name, weight in teacher.module.state_dict().items()}
    distil(teacher, network_scores(teacher, some), some, settings=FAST)
    assert all(torch.equal(weight, before[name]) for name, weight in teacher.module.state_dict().items())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_student(make_network: MakeNetwork) -> None:
    teacher, some = make_network(), texts(30)
    soft = network_scores(teacher, some)
    one, two = (distil(teacher, soft, some, settings=FAST, seed=3).module.state_dict() for _ in range(2))
    assert all(torch.equal(weight, two[name]) for name, weight in one.items())


def test_every_word_of_a_long_text_is_taught_in_some_window(make_network: MakeNetwork) -> None:
    teacher = make_network("ner")
    text = " ".join(WORDS * 5)
    scores = network_scores(teacher, [text])
    assert isinstance(scores, TokenScores)
    (batch,) = Lessons(teacher, scores, [text], batch_size=32, seed=0).batches(0)
    assert batch["input_ids"].shape[1] <= 16
    taught = {tuple(row) for row in batch["soft"][batch["taught"] == 1].tolist()}
    assert taught == {tuple(row) for row in scores.documents[0].probabilities.tolist()}


def test_soft_labels_stand_at_the_pieces_they_are_about(make_network: MakeNetwork) -> None:
    teacher = make_network("ner")
    scores = network_scores(teacher, ["ada is in rome"])
    (batch,) = Lessons(teacher, scores, ["ada is in rome"], batch_size=4, seed=0).batches(0)
    assert batch["taught"].tolist() == [[0, 1, 1, 1, 1, 0]]


def test_epochs_give_all_texts_in_another_order(make_network: MakeNetwork) -> None:
    teacher, some = make_network(), texts(50)
    lessons = Lessons(teacher, network_scores(teacher, some), some, batch_size=8, seed=0)
    epochs = [[row.tolist() for batch in lessons.batches(n) for row in batch["soft"]] for n in (0, 1, 0)]
    assert epochs[0] != epochs[1]
    assert epochs[0] == epochs[2]
    assert sorted(epochs[0]) == sorted(epochs[1])


def test_scores_that_do_not_fit_are_refused(make_network: MakeNetwork) -> None:
    teacher, tagger, some = make_network(), make_network("ner"), texts(3)
    soft = network_scores(teacher, some)
    with pytest.raises(InputError, match="3 soft scores do not fit 2 texts"):
        distil(teacher, soft, some[:2], settings=FAST)
    with pytest.raises(InputError, match="labels of the teacher"):
        distil(tagger, soft, some, settings=FAST)
    with pytest.raises(InputError, match="other words"):
        distil(tagger, network_scores(tagger, some), ["and", "and so", "so"], settings=FAST)
    with pytest.raises(NotEnoughDataError):
        distil(teacher, network_scores(teacher, []), [], settings=FAST)


@pytest.mark.parametrize(
    "wrong", [{"temperature": 0.0}, {"temperature": float("nan")}, {"states_weight": -1.0}, {"batch_size": 0}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        StudentSettings(**wrong)  # type: ignore[arg-type]
