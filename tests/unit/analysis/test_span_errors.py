"""Verdicts on single spans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.confusions import confused_spans
from workbench.analysis.span_errors import VERDICTS, count_verdicts, judge_each_span, spans_in_scope
from workbench.domain.spans import Span
from workbench.errors import InputError

TEXT = "Mira Okafor rang from Lisbon about Nordwind AG"


def span(start: int, end: int, label: str) -> Span:
    return Span.of(TEXT, start, end, label)


MIRA, LISBON = span(0, 11, "PER"), span(22, 28, "LOC")


def verdicts(gold, predicted):
    return [judged.verdict for judged in judge_each_span([gold], [predicted], ["d1"])]


@pytest.mark.parametrize(
    ("gold", "said", "verdict"),
    [
        ([MIRA], [MIRA], "correct"),
        ([MIRA], [span(0, 11, "ORG")], "wrong type"),
        ([MIRA], [span(0, 4, "PER")], "wrong bounds"),
        ([MIRA], [span(0, 4, "ORG")], "wrong both"),
        ([MIRA], [], "missed"),
        ([], [MIRA], "spurious"),
    ],
)
def test_each_verdict_is_given_for_its_case(gold, said, verdict):
    assert verdicts(gold, said) == [verdict]


def test_spans_that_only_touch_are_missed_and_spurious():
    assert sorted(verdicts([span(0, 4, "PER")], [span(4, 11, "PER")])) == ["missed", "spurious"]


def test_an_equal_span_is_paired_before_an_overlapping_one():
    inner = span(0, 4, "PER")
    assert sorted(verdicts([MIRA], [inner, MIRA])) == ["correct", "spurious"]


def test_the_same_label_is_preferred_to_the_longer_overlap():
    judged = judge_each_span([[MIRA]], [[span(0, 10, "ORG"), span(0, 4, "PER")]], ["d1"])
    assert [(j.verdict, j.predicted.label) for j in judged if j.gold] == [("wrong bounds", "PER")]


def test_the_longest_overlap_wins_among_equals():
    judged = judge_each_span([[MIRA]], [[span(0, 2, "PER"), span(3, 11, "PER")]], ["d1"])
    assert [j.predicted for j in judged if j.gold] == [span(3, 11, "PER")]


def test_verdicts_name_their_document():
    judged = judge_each_span([[MIRA], []], [[], [LISBON]], ["d1", "d2"])
    assert [(j.document_id, j.verdict) for j in judged] == [("d1", "missed"), ("d2", "spurious")]
    assert list(count_verdicts(judged)) == list(VERDICTS)
    assert count_verdicts(judged)["missed"] == 1


def test_documents_that_do_not_pair_are_refused():
    with pytest.raises(InputError):
        judge_each_span([[MIRA]], [], ["d1"])


def test_a_span_outside_the_scope_is_left_out():
    assert spans_in_scope([MIRA, LISBON], ((20, 30),)) == (LISBON,)
    assert spans_in_scope([MIRA, LISBON], ((5, 6),)) == (MIRA,)
    assert spans_in_scope([MIRA], ()) == ()
    assert spans_in_scope([MIRA, LISBON], None) == (MIRA, LISBON)


def test_confused_spans_leave_wrong_bounds_out():
    gold = [[MIRA, LISBON], [LISBON]]
    said = [[span(0, 4, "PER"), span(22, 28, "ORG")], [span(22, 28, "ORG"), span(0, 4, "PER")]]
    pairs = confused_spans(judge_each_span(gold, said, ["d1", "d2"]))
    assert [(p.gold, p.predicted, p.n, p.document_ids) for p in pairs] == [
        ("LOC", "ORG", 2, ("d1", "d2")),
        ("", "PER", 1, ("d2",)),
    ]


BOUNDS = st.tuples(st.integers(0, 40), st.integers(1, 5), st.sampled_from(["PER", "LOC"]))
SPANS = st.lists(BOUNDS.map(lambda b: span(b[0], b[0] + b[1], b[2])), max_size=8)


@given(SPANS, SPANS)
def test_every_span_is_judged_exactly_once(gold, said):
    judged = judge_each_span([gold], [said], ["d"])
    assert sorted(j.gold for j in judged if j.gold) == sorted(gold)
    assert sorted(j.predicted for j in judged if j.predicted) == sorted(said)


@given(SPANS)
def test_gold_against_itself_is_all_correct(gold):
    assert set(verdicts(gold, gold)) <= {"correct"}
