"""Pace: sessions and rates counted by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.pace import Work, answers_per_day, measure_pace

NOON = 1_790_000_000.0  # 2026-09-21, 14:13:20 UTC


def work_at(*places: float, seconds: float | None = None, annotator: str = "ana") -> list[Work]:
    return [Work(annotator, NOON + place, seconds) for place in places]


def test_a_pause_of_more_than_five_minutes_splits_a_session_and_is_no_work():
    # 0, 60, 120 | pause of 301 s | 421, 481: 120 s + 60 s between answers, 10 s for each session's first.
    (pace,) = measure_pace(work_at(0, 60, 120, 421, 481, seconds=10))
    assert (pace.n_answers, pace.n_sessions) == (5, 2)
    assert pace.working_seconds == 120 + 60 + 2 * 10
    assert pace.per_hour == pytest.approx(5 * 3600 / 200)


def test_a_pause_of_just_five_minutes_is_work():
    (pace,) = measure_pace(work_at(0, 300, seconds=10))
    assert (pace.n_sessions, pace.working_seconds) == (1, 310)


def test_the_median_leaves_breaks_out_and_a_first_answer_after_one_counts_as_the_median():
    times = [4.0, 6.0, 900.0, 8.0]
    (pace,) = measure_pace(
        [Work("ana", NOON + place, s) for place, s in zip((0, 10, 1000, 1010), times, strict=True)]
    )
    assert pace.median_seconds == 6.0
    # Two sessions of 10 s each; their first answers took 4 s, and 900 s: a break, for which 6 s stand.
    assert pace.working_seconds == 10 + 10 + 4 + 6


def test_without_measured_seconds_the_time_between_answers_stands():
    (pace,) = measure_pace(work_at(0, 10, 30, 90))
    assert pace.median_seconds == 20.0  # of 10, 20 and 60
    assert pace.working_seconds == 90 + 20


def test_a_skip_is_work_but_no_answer():
    skip = Work("ana", NOON + 60, 10.0, is_answer=False)
    (pace,) = measure_pace([*work_at(0, 120, seconds=10), skip])
    assert (pace.n_answers, pace.working_seconds) == (2, 130)


def test_answers_given_at_one_instant_have_no_rate():
    (pace,) = measure_pace(work_at(0, 0, 0, 0))
    assert (pace.n_answers, pace.median_seconds, pace.per_hour) == (4, None, None)


def test_annotators_are_told_apart_and_order_does_not_matter():
    mixed = [*work_at(60, 0, seconds=30), *work_at(10, annotator="ben", seconds=90)]
    ana, ben = measure_pace(mixed)
    assert (ana.annotator, ana.working_seconds) == ("ana", 90)
    assert (ben.annotator, ben.working_seconds, ben.per_hour) == ("ben", 90, 40)
    assert measure_pace([]) == []


def test_days_are_those_of_utc_and_skips_do_not_count():
    late = NOON + 9 * 3600 + 46 * 60 + 39  # 23:59:59
    work = [Work("ana", late), Work("ana", late + 1), Work("ben", late), Work("ben", late, is_answer=False)]
    assert answers_per_day(work) == {
        ("2026-09-21", "ana"): 1,
        ("2026-09-21", "ben"): 1,
        ("2026-09-22", "ana"): 1,
    }


def test_answers_in_bulk_are_counted_apart_and_bend_no_pace():
    bulk = [Work("ana", NOON + 130, is_bulk=True)] * 100
    (pace,) = measure_pace([*work_at(0, 20, 40, 60, 80, 100, seconds=20), *bulk])
    assert (pace.n_answers, pace.n_bulk, pace.n_sessions, pace.per_hour) == (6, 100, 1, 180)
    (pace,) = measure_pace(bulk)
    assert (pace.n_answers, pace.n_bulk, pace.n_sessions, pace.per_hour) == (0, 100, 0, None)
