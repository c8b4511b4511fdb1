"""How fast annotators work, from when they answered and how long each answer took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

BREAK_SECONDS = 300.0
SHORTEST_WORK = 60.0  # seconds below which a rate would say nothing


@dataclass(frozen=True, slots=True)
class Work:
    """One answer or skip: when it was given (seconds since 1970) and how long it took, if that is known.

    `is_bulk`: it was given to many documents at once.
    """

    annotator: str
    at: float
    seconds: float | None = None
    is_answer: bool = True
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How many answers one annotator gave in how many seconds of work.

    `median_seconds` is how long half of the documents took at most, None when nothing tells. `n_bulk` are
    the answers given to many documents at once; they are none of `n_answers` and no part of the pace.
    """

    annotator: str
    n_answers: int
    n_sessions: int
    working_seconds: float
    median_seconds: float | None
    n_bulk: int = 0

    @property
    def per_hour(self) -> float | None:
        """Answers an hour of work; None after less than a minute of it."""
        if self.working_seconds < SHORTEST_WORK:
            return None
        return self.n_answers * 3600 / self.working_seconds


def measure_pace(work: Iterable[Work]) -> list[Pace]:
    """Return the pace of each annotator, by name.

    A pause of more than five minutes ends a session and is no work. The time of a session runs from its
    first to its last answer; its first answer adds the seconds that were measured for it, or, where none
    were or the document stood open during a break, the annotator's median. The median is that of the
    measured seconds, leaving out breaks; without any, that of the time between answers. Skips are work,
    but no answers.
    """
    by_annotator: defaultdict[str, list[Work]] = defaultdict(list)
    for one in work:
        by_annotator[one.annotator].append(one)
    return [_pace_of(name, sorted(by_annotator[name], key=lambda w: w.at)) for name in sorted(by_annotator)]


def answers_per_day(work: Iterable[Work]) -> dict[tuple[str, str], int]:
    """Return how many answers were given by day (UTC, ISO 8601) and annotator, sorted; skips do not count."""
    days = Counter(
        (datetime.fromtimestamp(one.at, UTC).date().isoformat(), one.annotator)
        for one in work
        if one.is_answer
    )
    return dict(sorted(days.items()))


def _pace_of(annotator: str, everything: Sequence[Work]) -> Pace:
    work = [one for one in everything if not one.is_bulk]
    gaps = [after.at - before.at for before, after in pairwise(work)]
    measured = [one.seconds for one in work if _is_measured(one)]
    typical = [s for s in measured if s is not None] or [gap for gap in gaps if 0 < gap <= BREAK_SECONDS]
    middle = median(typical) if typical else None
    starts = [*work[:1], *(after for gap, after in zip(gaps, work[1:], strict=True) if gap > BREAK_SECONDS)]
    first_ones = [one.seconds if _is_measured(one) else middle for one in starts]
    return Pace(
        annotator,
        n_answers=sum(one.is_answer for one in work),
        n_sessions=len(starts),
        working_seconds=sum(gap for gap in gaps if gap <= BREAK_SECONDS) + sum(s or 0.0 for s in first_ones),
        median_seconds=middle,
        n_bulk=sum(one.is_bulk and one.is_answer for one in everything),
    )


def _is_measured(one: Work) -> bool:
    return one.seconds is not None and 0 < one.seconds <= BREAK_SECONDS
