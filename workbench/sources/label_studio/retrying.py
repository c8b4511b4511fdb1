"""Asking again, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from workbench.errors import WorkbenchError

T = TypeVar("T")
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried, and how long the first pause is; each further one is twice as long."""

    attempts: int = 4
    pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep


def retrying(once: Callable[[], T], patience: Patience, *, repeats: Callable[[WorkbenchError], bool]) -> T:
    """Do something until it works, the attempts are used up, or an error is not worth another one.

    A server that says how long to wait (Retry-After) is waited for at least that long, up to a minute.
    """
    for attempt in range(patience.attempts):
        try:
            return once()
        except WorkbenchError as error:
            if attempt + 1 == patience.attempts or not repeats(error):
                raise
            wait = seconds_to_wait(getattr(error, "wait", None)) or 0.0
            patience.sleep(max(patience.pause * 2**attempt, wait))
    raise AssertionError("a patience of no attempts")


def seconds_to_wait(said: str | None) -> float | None:
    """Return what a header Retry-After asks to wait, 0 to 60 seconds; None when it asks nothing sensible.

    >>> seconds_to_wait("3"), seconds_to_wait("3600"), seconds_to_wait("soon")
    (3.0, 60.0, None)
    """
    if not said:
        return None
    try:
        wait = float(said)
    except ValueError:
        try:
            until = parsedate_to_datetime(said)
        except (ValueError, OverflowError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        wait = (until - datetime.now(UTC)).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT) if wait == wait else None
