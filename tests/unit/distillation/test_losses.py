"""The losses by hand-written numbers."""

from __future__ import annotations

import math

import pytest
import torch

from workbench.distillation.losses import soft_loss, states_loss

pytestmark = pytest.mark.torch
ONE = torch.ones(1)


def test_a_student_that_says_the_same_loses_nothing() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.5]])
    for temperature in (1.0, 2.0, 5.0):
        same = soft_loss(logits, logits.softmax(-1), ONE, temperature=temperature, exclusive=True)
        assert same.item() == pytest.approx(0.0, abs=1e-5)
        several = soft_loss(logits, logits.sigmoid(), ONE, temperature=temperature, exclusive=False)
        assert several.item() == pytest.approx(0.0, abs=1e-5)


def test_divergence_at_temperature_one_by_hand() -> None:
    # Teacher (3/4, 1/4), student (1/2, 1/2): 3/4 ln 3/2 + 1/4 ln 1/2.
    loss = soft_loss(torch.zeros(1, 2), torch.tensor([[0.75, 0.25]]), ONE, temperature=1.0, exclusive=True)
    assert loss.item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5), abs=1e-6)


def test_temperature_softens_the_teacher_and_is_squared() -> None:
    # At T = 2 the teacher (9/10, 1/10) becomes (3/4, 1/4): square roots, brought to sum one.
    loss = soft_loss(torch.zeros(1, 2), torch.tensor([[0.9, 0.1]]), ONE, temperature=2.0, exclusive=True)
    assert loss.item() == pytest.approx(4 * (0.75 * math.log(1.5) + 0.25 * math.log(0.5)), abs=1e-5)


def test_labels_that_do_not_exclude_each_other_add_up() -> None:
    one = soft_loss(torch.zeros(1, 1), torch.tensor([[0.75]]), ONE, temperature=1.0, exclusive=False)
    two = soft_loss(torch.zeros(1, 2), torch.tensor([[0.75, 0.75]]), ONE, temperature=1.0, exclusive=False)
    assert one.item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5), abs=1e-6)
    assert two.item() == pytest.approx(2 * one.item(), abs=1e-6)


def test_pieces_that_are_not_taught_do_not_count() -> None:
    logits = torch.tensor([[[0.0, 0.0], [9.0, -9.0]]])
    soft = torch.tensor([[[0.5, 0.5], [0.0, 0.0]]])
    loss = soft_loss(logits, soft, torch.tensor([[1.0, 0.0]]), temperature=2.0, exclusive=True)
    assert loss.item() == pytest.approx(0.0, abs=1e-6)


def test_states_are_compared_whatever_their_size() -> None:
    states = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    assert states_loss(states, states * 10 + 5, ONE).item() == pytest.approx(0.0, abs=1e-4)
    # Turned round, each of the four normalised values v meets -v: the mean of (2v)² is 4.
    assert states_loss(states, -states, ONE).item() == pytest.approx(4.0, abs=1e-3)
