"""Whatever happens on the way, a pull brings every answer once: no later, but never lost and never twice."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import TOPIC, answers_here, choice, said, tickets
from tests.label_studio.proxy import ASKED_TO_WAIT, KINDS, FaultyProxy, listings
from workbench.config import Home
from workbench.errors import AccessError, GoneError, RemoteError, UnreachableError
from workbench.sources.label_studio import client
from workbench.sources.label_studio.config_writing import write_config
from workbench.store.links import Links
from workbench.usecases import pull_answers as pulling
from workbench.usecases.connect_label_studio import connect
from workbench.usecases.project import Project, open_project
from workbench.usecases.pull_answers import pull_answers
from workbench.usecases.push_documents import push_documents

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]
N_TASKS = 1_000
REQUESTS = 14  # of a whole pull of the busy project, with the token's exchange
ADDRESSES = ("ana@example.com", "ben@example.com")


@dataclass(frozen=True)
class Busy:
    """A project on the server with many answers: by their number there, and as they hold today."""

    project: int
    numbers: Counter[int]
    today: dict[tuple[str, str], tuple[str, ...]]


def answered_ticket(number: int) -> dict[str, Any]:
    """Return a task; each tenth is skipped, each seventh is answered by two."""
    annotations = []
    for place, address in enumerate(ADDRESSES if number % 7 == 0 else ADDRESSES[:1]):
        skipped = number % 10 == 0 and place == 0
        result = [] if skipped else [choice(TOPIC.labels[(number + place) % 3])]
        annotations.append(
            {"result": result, "was_cancelled": skipped, "completed_by": {"email": address}, "lead_time": 1.5}
        )
    text = f"Call number {number}: the kettle hums louder than it should."
    return {"data": {"text": text, "ext_id": f"call-{number}"}, "annotations": annotations}


@pytest.fixture(scope="module")
def busy(server: RealLabelStudio) -> Busy:
    """Return a project that one import filled."""
    with server.client("ana") as ana:
        fields = {"title": "calls", "label_config": write_config([TOPIC])}
        number = said(ana.post("/api/projects/", json=fields))["id"]
        tasks = [answered_ticket(n) for n in range(N_TASKS)]
        said(ana.post(f"/api/projects/{number}/import", json=tasks))
        params: dict[str, Any] = {"project": number, "fields": "all", "page_size": 2 * N_TASKS}
        tasks = said(ana.get("/api/tasks/", params=params))["tasks"]
        names = {user["id"]: user["email"] for user in said(ana.get("/api/users/"))}
    numbers = Counter(a["id"] for task in tasks for a in task["annotations"])
    today: dict[tuple[str, str], tuple[str, ...]] = {}
    for task in tasks:
        for a in task["annotations"]:
            who = names[a["completed_by"]]
            content = ("skipped",) if a["was_cancelled"] else ("answered", *a["result"][0]["value"]["choices"])
            today[task["data"]["ext_id"], who] = content
    assert len(numbers) == len(today) == N_TASKS + len(range(0, N_TASKS, 7))
    return Busy(number, numbers, today)


def assert_all_is_here_once(project: Project, there: Busy) -> None:
    recorded = Counter(a.raw["label_studio"]["fields"]["id"] for a in project.store.annotations("topic") if a.raw)
    assert recorded == there.numbers
    assert answers_here(project, "topic") == there.today


def points(n: int) -> list[tuple[int, str, int]]:
    """Return requests, what happens to them, and to how many from there on; spread, and seeded."""
    rng = random.Random(n)
    kinds = rng.sample(KINDS, len(KINDS))
    return [(place * REQUESTS // n, kinds[place % len(kinds)], rng.choice((1, 3))) for place in range(n)]


def pull_through_a_fault(
    home: Home, proxy: FaultyProxy, there: Busy, point: tuple[int, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pull with a fault, then without one, then once more, and compare with the server."""
    number, kind, times = point
    monkeypatch.setattr(pulling, "AT_ONCE", 125)
    connect(home, "calls", url=proxy.url, remote_project=there.project)
    proxy.calm()
    fault = proxy.when(lambda asked: asked.number >= number, kind, times=times)
    with open_project(home, "calls") as project:
        try:
            pull_answers(project)
        except RemoteError as error:
            assert proxy.url in str(error)
        assert fault.n_done > 0
        kept = [a.client_id for a in project.store.annotations("topic")]
        proxy.calm()
        pull_answers(project)
        assert [a.client_id for a in project.store.annotations("topic")][: len(kept)] == kept
        assert_all_is_here_once(project, there)
        assert pull_answers(project).n_changes == 0
        assert pull_answers(project, whole=True).n_changes == 0


@pytest.mark.parametrize("point", points(10), ids=str)
def test_a_fault_at_any_request_of_a_pull_loses_and_doubles_nothing(
    home: Home,
    proxy: FaultyProxy,
    busy: Busy,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    point: tuple[int, str, int],
) -> None:
    pull_through_a_fault(home, proxy, busy, point, monkeypatch)


@pytest.mark.nightly
@pytest.mark.parametrize("point", points(100), ids=str)
def test_a_fault_at_any_of_a_hundred_points_loses_and_doubles_nothing(
    home: Home,
    proxy: FaultyProxy,
    busy: Busy,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    point: tuple[int, str, int],
) -> None:
    pull_through_a_fault(home, proxy, busy, point, monkeypatch)


def test_the_points_are_spread_over_all_requests_of_a_pull(
    home: Home, proxy: FaultyProxy, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "AT_ONCE", 125)
    connect(home, "calls", url=proxy.url, remote_project=busy.project)
    proxy.calm()
    with open_project(home, "calls") as project:
        pull_answers(project)
        assert_all_is_here_once(project, busy)
    assert len(proxy.asked) == REQUESTS
    assert {number for number, _, _ in points(100)} == set(range(REQUESTS))
    assert {kind for _, kind, _ in points(100)} == set(KINDS)
