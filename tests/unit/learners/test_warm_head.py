"""The head that is fitted again after every few answers."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.domain.arrays import AnyArray, Vectors
from workbench.domain.examples import Example
from workbench.domain.questions import Kind, Question
from workbench.errors import NotEnoughDataError
from workbench.learners import warm_head
from workbench.learners.linear_head import Balance, HeadConfig, LinearHead, fit_head
from workbench.learners.warm_head import (
    AnchoredHead,
    WarmConfig,
    exclusive_loss,
    label_wise_loss,
    score_in_pieces,
)


def made(
    n: int, *, n_labels: int = 12, kind: Kind = "textcat", width: int = 48
) -> tuple[Question, list[Example], Vectors, AnyArray]:
    """Return n answers about unit vectors that lie around the centre of their label, with much noise."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(n_labels, width))
    columns = rng.permutation(np.arange(n) % n_labels)
    vectors = centres[columns] + 1.5 * rng.normal(size=(n, width))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    targets = np.eye(n_labels, dtype=np.bool_)[columns]
    if kind == "textcat-multi":
        targets |= np.roll(targets, 1, axis=1) & (rng.random((n, 1)) < 0.3)
    question = Question("topic", kind, tuple(f"label {k}" for k in range(n_labels)))
    examples = [
        Example(f"d{i}", f"text {i}", tuple(question.labels[k] for k in np.flatnonzero(row)))
        for i, row in enumerate(targets)
    ]
    return question, examples, vectors.astype(np.float32), targets


def loss_of(head: LinearHead, vectors: Vectors, targets: AnyArray) -> float:
    """Return what the fit minimises, computed from its definition in float64."""
    logits = vectors.astype(np.float64) @ head.weights.T.astype(np.float64) + head.bias
    if head.exclusive:
        logits -= logits.max(axis=1, keepdims=True)
        found = -(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))[targets].sum()
    else:
        found = np.logaddexp(0.0, np.where(targets, -logits, logits)).sum()
    return float(found + (head.weights.astype(np.float64) ** 2).sum() / (2 * WarmConfig().c))


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
@pytest.mark.parametrize("n", [101, 199, 240, 399])
def test_a_warm_head_loses_at_most_a_hundredth_to_a_new_fit(kind: Kind, n: int) -> None:
    question, examples, vectors, targets = made(n, kind=kind)
    warm = AnchoredHead().fit(question, examples, vectors, targets)
    cold = fit_head(question, vectors, targets, WarmConfig().cold)
    assert loss_of(warm, vectors, targets) <= 1.01 * loss_of(cold, vectors, targets)
    if n % 100 > 30:
        anchor = fit_head(question, vectors[: n - n % 100], targets[: n - n % 100], WarmConfig().cold)
        assert loss_of(anchor, vectors, targets) > 1.05 * loss_of(cold, vectors, targets), "it says nothing"


def test_two_labels_are_punished_as_by_the_learner() -> None:
    question, examples, vectors, targets = made(190, n_labels=2)
    warm = AnchoredHead(WarmConfig(max_iterations=200, least_gain=0.0)).fit(
        question, examples, vectors, targets
    )
    cold = fit_head(question, vectors, targets, WarmConfig().cold)
    np.testing.assert_allclose(
        warm.score(vectors).probabilities, cold.score(vectors).probabilities, atol=0.02
    )


@pytest.mark.parametrize("balance", ["sqrt", "balanced"])
@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_rare_labels_count_as_much_as_in_the_learner(kind: Kind, balance: Balance) -> None:
    question, examples, vectors, targets = made(180, n_labels=3, kind=kind)
    kept = np.flatnonzero(~targets[:, 2] | (np.arange(180) % 8 == 0))  # the third label is rare
    examples, vectors, targets = [examples[i] for i in kept], vectors[kept], targets[kept]
    config = WarmConfig(balance=balance, max_iterations=200, least_gain=0.0)
    warm = AnchoredHead(config).fit(question, examples, vectors, targets)
    cold = fit_head(question, vectors, targets, HeadConfig(balance=balance))
    plain = fit_head(question, vectors, targets, HeadConfig())
    said, wanted, unbalanced = (head.score(vectors).probabilities for head in (warm, cold, plain))
    np.testing.assert_allclose(said, wanted, atol=0.02)
    assert np.abs(wanted - unbalanced).max() > 0.05, "it says nothing"


def test_the_head_is_the_same_whenever_the_heads_before_it_were_fitted() -> None:
    question, examples, vectors, targets = made(330)
    patient, restarted = AnchoredHead(), AnchoredHead()
    for n in range(5, 331, 5):
        followed = patient.fit(question, examples[:n], vectors[:n], targets[:n])
    at_once = restarted.fit(question, examples, vectors, targets)
    assert np.array_equal(followed.weights, at_once.weights)
    assert np.array_equal(followed.bias, at_once.bias)


def test_an_anchor_is_fitted_once_for_a_hundred_answers_and_again_when_one_of_its_answers_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question, examples, vectors, targets = made(200)
    fitted: list[int] = []

    def noted(question: Question, features: Vectors, targets: AnyArray, config: HeadConfig) -> LinearHead:
        fitted.append(len(features))
        return fit_head(question, features, targets, config)

    monkeypatch.setattr(warm_head, "fit_head", noted)
    heads = AnchoredHead()
    for n in (101, 150, 200):
        heads.fit(question, examples[:n], vectors[:n], targets[:n])
    assert fitted == [100]
    changed = targets.copy()
    changed[3] = np.roll(changed[3], 1)
    other = [*examples]
    other[3] = Example("d3", "text 3", (question.labels[int(changed[3].argmax())],))
    again = heads.fit(question, other, vectors, changed)
    assert fitted == [100, 100]
    assert np.array_equal(again.weights, AnchoredHead().fit(question, other, vectors, changed).weights)


def test_a_label_that_the_anchor_has_not_met_is_learned() -> None:
    question, examples, vectors, targets = made(160, n_labels=4)
    last = np.argsort(targets[:, 3], kind="stable")  # its 40 answers came last
    targets, vectors = targets[last], vectors[last]
    examples = [Example(f"d{i}", "", (question.labels[int(row.argmax())],)) for i, row in enumerate(targets)]
    head = AnchoredHead().fit(question, examples, vectors, targets)
    said = head.score(vectors).probabilities.argmax(axis=1)
    assert (said[-40:] == 3).mean() > 0.9


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_a_label_without_answers_is_never_said(kind: Kind) -> None:
    question, examples, vectors, targets = made(150, kind=kind)
    more = Question("topic", kind, (*question.labels, "unheard"))
    wider = np.concatenate([targets, np.zeros((150, 1), dtype=np.bool_)], axis=1)
    head = AnchoredHead().fit(more, examples, vectors, wider)
    assert score_in_pieces(head, vectors).probabilities[:, -1].max() == 0.0


def test_answers_of_one_label_are_nothing_to_learn_from() -> None:
    question, examples, vectors, targets = made(120, n_labels=3)
    targets[:] = [True, False, False]
    with pytest.raises(NotEnoughDataError, match="two labels"):
        AnchoredHead().fit(question, examples, vectors, targets)


def test_a_beginning_of_one_label_is_no_anchor() -> None:
    question, examples, vectors, targets = made(120, n_labels=2)
    targets[:100] = [True, False]
    targets[100:] = [False, True]
    assert AnchoredHead().fit(question, examples, vectors, targets).labels == question.labels


@pytest.mark.parametrize("balance", ["none", "balanced"])
@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_the_slope_is_that_of_the_loss(kind: Kind, balance: Balance) -> None:
    _, _, vectors, targets = made(30, n_labels=3, kind=kind, width=4)
    loss = (exclusive_loss if kind == "textcat" else label_wise_loss)(
        vectors, targets, WarmConfig(balance=balance)
    )
    at = np.random.default_rng(1).normal(size=15)
    _, slope = loss(at)
    step = 1e-2
    measured = [(loss(at + step * one)[0] - loss(at - step * one)[0]) / (2 * step) for one in np.eye(15)]
    np.testing.assert_allclose(slope, measured, atol=2e-4)


@pytest.mark.parametrize("kind", ["textcat", "textcat-multi"])
def test_scores_in_pieces_are_those_of_the_head(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_head, "ROWS_AT_ONCE", 7)
    question, _, vectors, targets = made(50, kind=kind)
    head = fit_head(question, vectors, targets, HeadConfig())
    np.testing.assert_allclose(
        score_in_pieces(head, vectors).probabilities, head.score(vectors).probabilities, atol=1e-6
    )
