"""The chain of tags, by hand and against every sequence written out."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from workbench.learners.tag_chain import count_steps, tag_probabilities


def by_hand(logits: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Sum over every legal sequence of one text."""
    n_words, n_tags = logits.shape
    sums = np.zeros_like(logits, dtype=np.float64)
    for tags in product(range(n_tags), repeat=n_words):
        before = (n_tags, *tags[:-1])
        if any(t and t % 2 == 0 and b not in (t - 1, t) for b, t in zip(before, tags, strict=True)):
            continue
        weight = sum(logits[w, t] + steps[b, t] for w, (b, t) in enumerate(zip(before, tags, strict=True)))
        for word, tag in enumerate(tags):
            sums[word, tag] += np.exp(weight)
    return sums / sums.sum(axis=1, keepdims=True)


def test_steps_are_counted_within_texts_and_between_known_words_only() -> None:
    # Two texts: O B I, and B with an unknown word after it.
    steps = count_steps(np.array([0, 1, 2, 1, -1]), np.array([0, 3, 3, 5]), 3)
    alone = np.array([2, 3, 2]) / 7
    assert steps[0] == pytest.approx(0.5 * (np.log([1 / 4, 2 / 4, 1 / 4]) - np.log(alone)))
    assert steps[1] == pytest.approx(0.5 * (np.log([1 / 4, 1 / 4, 2 / 4]) - np.log(alone)))
    assert steps[2] == pytest.approx(0.5 * (np.log([1 / 3, 1 / 3, 1 / 3]) - np.log(alone)))
    assert steps[3] == pytest.approx(0.5 * (np.log([2 / 5, 2 / 5, 1 / 5]) - np.log(alone)))


def test_probabilities_are_those_of_all_legal_sequences() -> None:
    rng = np.random.default_rng(0)
    lengths = [3, 0, 1, 4, 3]
    bounds = np.cumsum([0, *lengths])
    logits = rng.normal(0, 2, (sum(lengths), 5)).astype(np.float32)
    steps = rng.normal(0, 1, (6, 5)).astype(np.float32)
    found = tag_probabilities(logits, bounds, steps)
    for start, end in pairwise(bounds.tolist()):
        if end > start:
            assert found[start:end] == pytest.approx(by_hand(logits[start:end], steps), abs=1e-5)
    assert found[bounds[2], 2] == 0.0  # nothing may begin inside a span


def test_a_text_has_the_same_probabilities_whatever_stands_beside_it() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (40, 3)).astype(np.float32)
    steps = np.zeros((4, 3), dtype=np.float32)
    together = tag_probabilities(logits, np.array([0, 2, 40]), steps)
    alone = tag_probabilities(logits[:2], np.array([0, 2]), steps)
    assert together[:2] == pytest.approx(alone, abs=1e-6)


def test_long_texts_and_large_logits_neither_under_nor_overflow() -> None:
    logits = np.tile(np.array([[-500.0, 500.0, 0.0]], dtype=np.float32), (3000, 1))
    found = tag_probabilities(logits, np.array([0, 3000]), np.zeros((4, 3), dtype=np.float32))
    assert np.isfinite(found).all()
    assert found[:, 1] == pytest.approx(np.ones(3000))


def test_no_words_have_no_probabilities() -> None:
    found = tag_probabilities(np.zeros((0, 3), np.float32), np.array([0, 0]), np.zeros((4, 3), np.float32))
    assert found.shape == (0, 3)
