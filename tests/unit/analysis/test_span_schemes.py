"""The four schemes of comparing spans, and what nervaluate alone gets wrong."""

from __future__ import annotations

import random

import pytest
from nervaluate import Evaluator

from workbench.analysis.span_schemes import compare_spans
from workbench.domain.spans import Span

TEXT = "Mira Okafor rang from Lisbon about Nordwind AG"
MIRA = Span.of(TEXT, 0, 11, "PER")
LISBON = Span.of(TEXT, 22, 28, "LOC")
NORDWIND = Span.of(TEXT, 35, 46, "ORG")


def schemes(gold, predicted):
    return {figures.scheme: figures for figures in compare_spans(gold, predicted)}


def test_each_scheme_counts_what_its_name_says():
    said = [Span.of(TEXT, 0, 4, "PER"), Span.of(TEXT, 22, 28, "ORG"), Span.of(TEXT, 12, 16, "LOC")]
    found = schemes([[MIRA, LISBON, NORDWIND]], [said])
    counts = {name: (f.correct, f.incorrect, f.partial, f.missed, f.spurious) for name, f in found.items()}
    assert counts == {
        "strict": (0, 2, 0, 1, 1),
        "exact": (1, 1, 0, 1, 1),
        "partial": (1, 0, 1, 1, 1),
        "type": (1, 1, 0, 1, 1),
    }
    assert found["partial"].f1 == pytest.approx(0.5)


def test_spans_that_touch_without_sharing_a_character_do_not_match():
    left, right = Span.of(TEXT, 0, 4, "PER"), Span.of(TEXT, 4, 11, "PER")
    assert schemes([[left]], [[right]])["partial"].spurious == 1


def test_no_spans_at_all_give_zero_counts():
    assert all(f.f1 is None for f in compare_spans([[], []], [[], []]))
    assert schemes([[]], [[MIRA]])["strict"].spurious == 1


def test_a_nested_prediction_cannot_take_the_partner_of_an_equal_one():
    inner = Span.of(TEXT, 0, 4, "PER")
    said = sorted([inner, MIRA])
    assert said[0] == inner
    assert schemes([[MIRA]], [said])["strict"].correct == 1


def flat_spans(rng: random.Random) -> list[Span]:
    spans, place = [], 0
    for _ in range(rng.randint(0, 4)):
        start = place + rng.randint(0, 4)
        end = start + rng.randint(1, 6)
        spans.append(Span(start, end, rng.choice("ABC"), "x" * (end - start)))
        place = end
    return spans


@pytest.mark.parametrize("seed", range(10))
def test_flat_spans_are_counted_as_nervaluate_counts_them(seed):
    rng = random.Random(seed)
    gold = [flat_spans(rng) for _ in range(30)]
    said = [row if rng.random() < 0.4 else flat_spans(rng) for row in gold]
    sides = [
        [[{"label": s.label, "start": s.start, "end": s.end - 1} for s in row] for row in side]
        for side in (gold, said)
    ]
    expected = Evaluator(*sides, tags=list("ABC"), loader="dict").evaluate()["overall"]
    for figures in compare_spans(gold, said):
        theirs = expected[{"type": "ent_type"}.get(figures.scheme, figures.scheme)]
        assert (figures.correct, figures.missed, figures.spurious) == (
            theirs.correct,
            theirs.missed,
            theirs.spurious,
        )
        assert (figures.precision or 0, figures.recall or 0) == pytest.approx(
            (theirs.precision, theirs.recall)
        )
        assert (figures.f1 or 0) == pytest.approx(theirs.f1)
