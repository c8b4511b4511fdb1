"""What the fine-tuned learners make of focal_gamma, on logits that are given."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from workbench.domain.questions import Question
from workbench.errors import InputError
from workbench.learners.bert_ner import BertNerConfig
from workbench.learners.bert_ner import _loss as ner_loss
from workbench.learners.bert_textcat import BertTextcatConfig
from workbench.learners.bert_textcat import _loss as textcat_loss
from workbench.learners.fine_tuning import UNKNOWN_TAG

pytestmark = pytest.mark.torch


class Says(nn.Module):
    """Gives the same logits whatever it is asked."""

    def __init__(self, logits: list[object]) -> None:
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.logits


def batch(targets: Tensor, n: int) -> dict[str, Tensor]:
    nothing = torch.zeros(n, 1, dtype=torch.int64)
    return {"input_ids": nothing, "attention_mask": nothing, "targets": targets, "weights": torch.ones(n)}


def test_exclusive_labels_count_by_what_is_missing_to_certainty() -> None:
    question = Question("topic", "textcat", ("a", "b"))
    loss = textcat_loss(question, np.eye(2, dtype=bool), "none", 2.0)
    # p of the right answers: 3/4 and 1/4.
    value = loss(Says([[math.log(3.0), 0.0], [math.log(3.0), 0.0]]), batch(torch.eye(2), 2))
    by_hand = (0.25**2 * -math.log(0.75) + 0.75**2 * -math.log(0.25)) / 2
    assert float(value) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(("gamma", "right", "wrong"), [(0.0, 1.0, 1.0), (2.0, 0.25**2, 0.75**2)])
def test_other_labels_keep_the_weight_of_their_positives(gamma: float, right: float, wrong: float) -> None:
    question = Question("tags", "textcat-multi", ("a", "b"))
    targets = np.array([[1, 1], [0, 0], [0, 0], [0, 1]], dtype=bool)  # positives count 3 and 1 times
    loss = textcat_loss(question, targets, "balanced", gamma)
    value = loss(Says([[math.log(3.0), math.log(3.0)]]), batch(torch.tensor([[1.0, 0.0]]), 1))
    by_hand = (3 * right * -math.log(0.75) + wrong * -math.log(0.25)) / 2
    assert float(value) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(("gamma", "sure", "unsure"), [(0.0, 1.0, 1.0), (2.0, 0.25**2, 0.75**2)])
def test_tags_that_nobody_was_asked_about_count_nothing(gamma: float, sure: float, unsure: float) -> None:
    logits = [[[math.log(3.0), 0.0], [math.log(3.0), 0.0], [9.0, 0.0]]]
    tags = torch.tensor([[0, 1, UNKNOWN_TAG]])
    value = ner_loss(4.0, gamma)(Says(logits), batch(tags, 1))  # a word of a span counts 4 times
    by_hand = (sure * -math.log(0.75) + 4 * unsure * -math.log(0.25)) / 5
    assert float(value) == pytest.approx(by_hand, rel=1e-5)


def test_both_refuse_an_exponent_without_sense() -> None:
    for config in (BertTextcatConfig, BertNerConfig):
        with pytest.raises(InputError, match="focal_gamma"):
            config(focal_gamma=0.5)
