"""Two kinds of heads on the same documents, by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.gain import counts_of, gain_of, span_counts_of
from workbench.domain.spans import Span
from workbench.errors import InputError

A, B = ("a",), ("b",)
GOLD = [A, A, B, B]


def test_the_gain_is_the_mean_difference_over_repeats() -> None:
    chosen = counts_of(GOLD, [[A, A, B, B], [A, A, B, A]], ["a", "b"])  # 4 and 3 of 4 right
    random = counts_of(GOLD, [[A, A, A, A], [A, B, B, A]], ["a", "b"])  # 2 and 2 of 4 right
    found = gain_of(chosen, random, n_labels=30, seed=0)
    assert (found.figures["accuracy"].chosen, found.figures["accuracy"].random) == (0.875, 0.5)
    assert found.figures["accuracy"].value == 0.375
    # macro-F1: 1 and (4/5 + 2/3) / 2; 2/3 / 2 and 1/2
    assert found.figures["macro_f1"].chosen == pytest.approx((1 + (0.8 + 2 / 3) / 2) / 2)
    assert found.figures["macro_f1"].random == pytest.approx((2 / 3 / 2 + 0.5) / 2)
    assert (found.n_labels, found.n_judged, found.n_repeats) == (30, 4, 2)


def test_heads_that_say_the_same_differ_by_nothing_for_sure() -> None:
    same = counts_of(GOLD, [[A, B, B, B]], ["a", "b"])
    found = gain_of(same, same, n_labels=30, seed=0)
    assert (
        found.figures["accuracy"].low,
        found.figures["accuracy"].value,
        found.figures["accuracy"].high,
    ) == (0.0, 0.0, 0.0)


def test_the_interval_is_that_of_paired_documents_and_narrows_with_their_number() -> None:
    widths = []
    for times in (5, 50):
        gold = GOLD * times
        chosen = counts_of(gold, [gold], ["a", "b"])
        random = counts_of(gold, [[A, A, B, A] * times], ["a", "b"])
        found = gain_of(chosen, random, n_labels=30, seed=0).figures["accuracy"]
        assert found.low < 0.25 < found.high
        widths.append(found.high - found.low)
    # a quarter of the documents differ: 2 * 1.96 * sqrt(.25 * .75 / n)
    assert widths == pytest.approx([0.380, 0.120], abs=0.03)


def test_what_is_hard_for_both_sides_cancels() -> None:
    half = [A] * 50 + [B] * 50
    found = gain_of(
        counts_of(half, [[A] * 100], ["a", "b"]),
        counts_of(half, [[A] * 100], ["a", "b"]),
        n_labels=30,
        seed=0,
    )
    assert (found.figures["accuracy"].low, found.figures["accuracy"].high) == (0.0, 0.0)


def test_a_repeat_that_answers_fewer_documents_is_refused() -> None:
    with pytest.raises(InputError):
        counts_of(GOLD, [[A, A]], ["a", "b"])


def test_of_entities_it_is_the_difference_in_strict_f1_with_every_document_drawn_whole() -> None:
    text = "ada met bob"
    ada, bob = Span.of(text, 0, 3, "PER"), Span.of(text, 8, 11, "PER")
    place = Span.of(text, 0, 3, "LOC")
    gold = [(ada, bob), (), (ada,)]
    chosen = span_counts_of(gold, [[(ada, bob), (), (ada,)], [(ada,), (), (ada,)]])  # 1 and 4/5
    random = span_counts_of(gold, [[(place, bob), (bob,), ()], [(), (), ()]])  # 2/6 and 0
    found = gain_of(chosen, random, n_labels=120, seed=0, unit="words")
    assert (found.n_labels, found.n_judged, found.n_repeats, found.unit) == (120, 3, 2, "words")
    assert list(found.figures) == ["strict_f1"]
    f1 = found.figures["strict_f1"]
    assert (f1.chosen, f1.random) == (pytest.approx(0.9), pytest.approx(1 / 6))
    assert f1.low <= f1.value <= f1.high
    assert found.as_dict()["strict_f1"]["value"] == f1.value


def test_a_span_that_is_said_twice_is_right_once() -> None:
    ada = Span.of("ada", 0, 3, "PER")
    counts = span_counts_of([(ada,)], [[(ada, ada)]])
    assert (counts.correct.tolist(), counts.support.tolist(), counts.predicted.tolist()) == (
        [[1]],
        [[1]],
        [[2]],
    )
    with pytest.raises(InputError):
        span_counts_of([(ada,)], [[(ada,), ()]])
