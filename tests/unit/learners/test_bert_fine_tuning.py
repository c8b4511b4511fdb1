"""The split, the figures and the schedule that the fine-tuned learners share."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = [pytest.mark.torch]


def test_a_split_keeps_the_shares_and_leaves_rare_labels_to_training() -> None:
    from workbench.learners.fine_tuning import stratified_split

    strata = ["a"] * 40 + ["b"] * 20 + ["c"] * 4 + ["d"] * 3
    train, dev = stratified_split(strata, 0.15, min_dev=1, rng=np.random.default_rng(0))
    assert sorted(train + dev) == list(range(67))
    assert [sum(strata[row] == label for row in dev) for label in "abcd"] == [6, 3, 1, 0]
    assert dev == sorted(dev)
    assert (train, dev) == stratified_split(strata, 0.15, min_dev=1, rng=np.random.default_rng(0))


def test_too_small_a_dev_set_is_none() -> None:
    from workbench.learners.fine_tuning import stratified_split

    strata = ["a"] * 40
    assert stratified_split(strata, 0.15, min_dev=7, rng=np.random.default_rng(0)) == (list(range(40)), [])
    assert stratified_split(strata, 0.0, min_dev=1, rng=np.random.default_rng(0)) == (list(range(40)), [])


def test_epochs_are_as_many_as_steps_need() -> None:
    from workbench.learners.fine_tuning import FineTuningConfig

    config = FineTuningConfig(epochs=4, min_steps=200, max_epochs=30, batch_size=16)
    assert [config.settings(n).epochs for n in (10_000, 640, 60, 1)] == [4, 5, 30, 30]


def batches(epoch: int, seed: int = 0) -> np.ndarray:
    from workbench.learners.fine_tuning import Row, _Batches
    from workbench.tokenisation.pieces import SpecialPieces

    rows = [Row(np.array([10 + n, 60]), np.zeros(2, dtype=np.int64)) for n in range(40)]
    made = _Batches(rows, SpecialPieces(1, 2, 0), 8, seed)
    return np.concatenate([batch["input_ids"].numpy() for batch in made(epoch)])


def test_rows_come_in_another_order_every_epoch_and_in_the_same_one_for_a_seed() -> None:
    first, second = batches(0), batches(1)
    assert sorted(first[:, 1]) == sorted(second[:, 1]) == list(range(10, 50))
    assert (first[:, 1] != second[:, 1]).any()
    assert (first == batches(0)).all()
    assert (first[:, 0] == 1).all()
    assert (first[:, -1] == 2).all()
