"""Whatever happens on the way, a pull brings every answer once: no later, but never lost and never twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
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
from workbench.usecases.label_studio import pull as pulling
from workbench.usecases.label_studio.connect import connect
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.project import Project, open_project

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]
N_TASKS = 1_000
REQUESTS = (
    14  # of a whole pull of the busy project: token, project, users, newest, numbers, drafts, 8 × tasks
)
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
            content = (
                ("skipped",) if a["was_cancelled"] else ("answered", *a["result"][0]["value"]["choices"])
            )
            today[task["data"]["ext_id"], who] = content
    assert len(numbers) == len(today) == N_TASKS + len(range(0, N_TASKS, 7))
    return Busy(number, numbers, today)


def assert_all_is_here_once(project: Project, there: Busy) -> None:
    recorded = Counter(
        a.raw["label_studio"]["fields"]["id"] for a in project.store.annotations("topic") if a.raw
    )
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
    monkeypatch.setattr(pulling, "LOOK_BACK", timedelta(0))  # all answers are of the same few seconds
    connect(home, "calls", url=proxy.url, remote_project=there.project)
    proxy.calm()
    fault = proxy.when(lambda asked: asked.number >= number, kind, times=times)
    with open_project(home, "calls") as project:
        with suppress(RemoteError):
            pull_answers(project)
        assert fault.n_done > 0
        kept = [a.client_id for a in project.store.annotations("topic")]
        proxy.calm()
        pull_answers(project)
        assert [a.client_id for a in project.store.annotations("topic")][: len(kept)] == kept
        assert_all_is_here_once(project, there)
        assert pull_answers(project, whole=number % 2 == 0).n_changes == 0


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


@pytest.mark.parametrize("whole", [False, True])
def test_what_changes_while_the_pages_come_is_found_by_the_next_pull(
    made: Any, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    monkeypatch.setattr(pulling, "LOOK_BACK", timedelta(seconds=1))
    with made([TOPIC], tickets(6), url=proxy.url) as (project, desk, _):
        push_documents(project)
        pull_answers(project, whole=True)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        for name in ("ticket-0", "ticket-1", "ticket-5") if not whole else ("ticket-5",):
            desk.answer(ids[name], [choice("billing")])

        def meanwhile() -> None:
            desk.answer(ids["ticket-0"], [choice("fault")])
            time.sleep(2.5)  # longer than the next pull looks back
            desk.answer(ids["ticket-5"], [choice("delivery")])

        proxy.calm()
        # After the newest change and the numbers come all drafts (whole) or the first page of tasks.
        late = proxy.when(lambda asked: listings(asked) and n_listings(proxy) == 3, before=meanwhile)
        pull_answers(project, whole=whole)
        assert late.n_done == 1
        pull_answers(project)
        today = {document: answer for (document, _), answer in answers_here(project, "topic").items()}
        assert today["ticket-0"] == ("answered", "fault")
        assert today["ticket-5"] == ("answered", "delivery")
        assert pull_answers(project, whole=True).n_changes == 0


def n_listings(proxy: FaultyProxy) -> int:
    return sum(map(listings, proxy.asked)) - 1


@pytest.mark.parametrize("hours", [-24 * 365 * 20, -5, 5])
def test_a_clock_that_was_set_hides_no_answer(made: Any, hours: float) -> None:
    with made([TOPIC], tickets(3)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        desk.answer(ids["ticket-0"], [choice("billing")])
        pull_answers(project, whole=True)
        links = Links(project.store)
        moved = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        links.save(links.get().remembering(cursor=moved))
        desk.answer(ids["ticket-1"], [choice("fault")])
        assert pull_answers(project).answers_new == 1
        assert pull_answers(project).n_changes == 0
        set_right = datetime.fromisoformat(links.get().state["cursor"])
        assert abs(set_right - datetime.now(UTC)) < timedelta(minutes=2)
        desk.answer(ids["ticket-2"], [choice("fault")])
        assert pull_answers(project).answers_new == 1


def test_a_token_that_ended_by_the_servers_clock_is_exchanged_anew(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(2), url=proxy.url) as (project, desk, _):
        push_documents(project)
        desk.answer(desk.all_tasks()[0]["id"], [choice("fault")])
        proxy.calm()
        proxy.at(4, "401")
        assert pull_answers(project).answers_new == 1
    assert [asked.path for asked in proxy.asked].count("/api/token/refresh/") == 2


def test_a_token_that_is_revoked_in_mid_pull_keeps_what_was_taken(
    home: Home, own_server: RealLabelStudio, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", own_server.tokens["legacy"])
    monkeypatch.setattr(pulling, "AT_ONCE", 10)
    with own_server.client("ana") as ana, FaultyProxy(own_server.port) as proxy:
        fields = {"title": "calls", "label_config": write_config([TOPIC])}
        number = said(ana.post("/api/projects/", json=fields))["id"]
        said(ana.post(f"/api/projects/{number}/import", json=[answered_ticket(n) for n in range(40)]))

        def allow(legacy: bool) -> None:
            said(ana.post("/api/jwt/settings", json={"legacy_api_tokens_enabled": legacy}))

        connect(home, "calls", url=proxy.url, remote_project=number)
        proxy.when(lambda asked: listings(asked) and n_listings(proxy) == 5, before=lambda: allow(False))
        with open_project(home, "calls") as project:
            try:
                with pytest.raises(AccessError, match="does not take the token") as caught:
                    pull_answers(project)
            finally:
                allow(True)
            assert own_server.tokens["legacy"] not in str(caught.value)
            n_kept = len(project.store.annotations("topic"))
            assert 0 < n_kept < 46
            assert pull_answers(project).answers_new > 0
            assert len(project.store.annotations("topic")) == 46


@pytest.mark.parametrize(("kind", "pause"), [("429", 0.5), ("429 and wait", ASKED_TO_WAIT)])
def test_a_server_that_is_asked_too_often_is_waited_for(
    made: Any, proxy: FaultyProxy, slept: list[float], kind: str, pause: float
) -> None:
    with made([TOPIC], tickets(2), url=proxy.url) as (project, desk, _):
        proxy.calm()
        proxy.when(lambda asked: "/import" in asked.path, kind)
        proxy.when(listings, kind)
        assert push_documents(project).pushed == 2
        desk.answer(min(task["id"] for task in desk.all_tasks()), [choice("fault")])
        assert pull_answers(project).answers_new == 1
        assert slept == [pause, pause]
        assert len(desk.all_tasks()) == 2
        proxy.when(listings, kind, times=2)
        with pytest.raises(UnreachableError, match="too often"):
            pull_answers(project)


def test_a_log_in_page_instead_of_an_answer_is_named(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(1), url=proxy.url) as (project, _, _):
        proxy.when(lambda asked: "/projects/" in asked.path, "html", times=2)
        with pytest.raises(UnreachableError, match="log-in page") as caught:
            pull_answers(project)
        assert "<!doctype html>" in str(caught.value)
        assert slept == [0.5]


@pytest.mark.parametrize("kind", ["wrong json", "empty"])
def test_an_answer_of_another_shape_is_an_error_of_the_server_whatever_was_asked(
    made: Any, proxy: FaultyProxy, slept: list[float], kind: str
) -> None:
    with made([TOPIC], tickets(1), url=proxy.url) as (project, _, _):
        for part in ("/token/", "/projects/", "/users/", "/tasks/"):
            proxy.when(lambda asked, part=part: part in asked.path, kind, times=2)
            with pytest.raises(UnreachableError, match="not what Label Studio says"):
                pull_answers(project)
            proxy.calm()
        pull_answers(project)


def test_a_project_that_is_deleted_in_mid_pull_changes_nothing_here(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(3), url=proxy.url) as (project, desk, _):
        push_documents(project)
        for task in desk.all_tasks():
            desk.answer(task["id"], [choice("billing")])
        pull_answers(project)
        before = answers_here(project, "topic")
        proxy.when(listings, before=lambda: desk.ana.delete(f"/api/projects/{desk.project}/"))
        with pytest.raises(RemoteError):
            pull_answers(project, whole=True)
        with pytest.raises(GoneError, match="not on the server any more"):
            pull_answers(project, whole=True)
        assert answers_here(project, "topic") == before
        assert len(before) == 3


def test_when_all_tasks_were_deleted_the_next_pull_still_works(made: Any) -> None:
    with made([TOPIC], tickets(2)) as (project, desk, _):
        push_documents(project)
        pull_answers(project)
        for task in desk.all_tasks():
            said(desk.ana.delete(f"/api/tasks/{task['id']}/"))
        assert pull_answers(project, whole=True).tasks_gone == 2
        task = {"data": {"text": "A lamp that came back", "ext_id": "lamp"}}
        said(desk.ben.post(f"/api/projects/{desk.project}/import", json=[task]))
        # It got a number that a deleted task had before: that is another task all the same.
        assert desk.all_tasks()[0]["id"] in Links(project.store).tasks()
        assert pull_answers(project).documents_new == 1
        assert pull_answers(project, whole=True).n_changes == 0
        assert push_documents(project).pushed == 0
