"""Asking again: how often, how long, and of which errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from workbench.errors import AccessError, UnreachableError, WorkbenchError
from workbench.sources.label_studio.connection import BusyError
from workbench.sources.label_studio.retrying import LONGEST_WAIT, Patience, retrying, seconds_to_wait


class Server:
    """Fails with some errors, one after the other, and then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.n_asked = 0

    def __call__(self) -> str:
        self.n_asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "an answer"


def away(error: WorkbenchError) -> bool:
    return isinstance(error, UnreachableError)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def patient(slept: list[float]) -> Callable[[Server], str]:
    patience = Patience(attempts=4, pause=0.5, sleep=slept.append)
    return lambda server: retrying(server, patience, repeats=away)


def test_what_works_is_asked_once(patient: Callable[[Server], str], slept: list[float]) -> None:
    server = Server()
    assert patient(server) == "an answer"
    assert (server.n_asked, slept) == (1, [])


def test_each_pause_is_twice_as_long_as_the_one_before(
    patient: Callable[[Server], str], slept: list[float]
) -> None:
    server = Server(*[UnreachableError("away")] * 3)
    assert patient(server) == "an answer"
    assert (server.n_asked, slept) == (4, [0.5, 1.0, 2.0])


def test_the_last_error_comes_out_when_the_attempts_are_used_up(
    patient: Callable[[Server], str], slept: list[float]
) -> None:
    server = Server(*[UnreachableError(f"away {n}") for n in range(9)])
    with pytest.raises(UnreachableError, match="away 3"):
        patient(server)
    assert (server.n_asked, slept) == (4, [0.5, 1.0, 2.0])


@pytest.mark.parametrize("error", [AccessError("no"), KeyError("a fault of ours"), KeyboardInterrupt()])
def test_an_error_that_another_attempt_does_not_mend_comes_out_at_once(
    patient: Callable[[Server], str], slept: list[float], error: Exception
) -> None:
    server = Server(error)
    with pytest.raises(type(error)):
        patient(server)
    assert (server.n_asked, slept) == (1, [])


def test_a_server_that_says_how_long_is_waited_for_at_least_that_long(
    patient: Callable[[Server], str], slept: list[float]
) -> None:
    server = Server(*[BusyError("busy", where="", wait=wait) for wait in ("7", "0", "86400")])
    assert patient(server) == "an answer"
    assert slept == [7.0, 1.0, LONGEST_WAIT]


def test_a_date_that_has_passed_by_our_clock_does_not_do_away_with_the_pause(
    patient: Callable[[Server], str], slept: list[float]
) -> None:
    passed = format_datetime(datetime.now(UTC) - timedelta(hours=3), usegmt=True)
    patient(Server(BusyError("busy", where="", wait=passed)))
    assert slept == [0.5]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("12", 12.0),
        ("0.25", 0.25),
        ("-3", 0.0),
        ("61", 60.0),
        ("inf", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9998 23:59:59 GMT", 60.0),
        ("Fri, 31 Dec 9999 23:59:59 -2300", 60.0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 32 Jan 2024 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 +9999", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_within_a_minute(
    said: str | None, seconds: float | None
) -> None:
    assert seconds_to_wait(said) == seconds


def test_a_date_without_a_zone_is_in_utc() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    wait = seconds_to_wait(soon.strftime("%a, %d %b %Y %H:%M:%S"))
    assert wait is not None
    assert 25 < wait <= 30
