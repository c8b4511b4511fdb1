"""Whatever happens on the way, a push leaves every document with exactly one task, and knows it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import TOPIC, Desk, add_documents, answers_here, choice, said, tickets
from tests.label_studio.proxy import KINDS, NEVER_ARRIVES, Asked, FaultyProxy, imports
from workbench.errors import RemoteError, UnreachableError
from workbench.sources.label_studio import connection
from workbench.store.links import Links
from workbench.usecases.label_studio import push as pushing
from workbench.usecases.label_studio.connect import create
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.project import Project, create_project, open_project

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]
N_DOCUMENTS, PORTION = 300, 100
REQUESTS = 6  # of a push of three portions: token, project, imports, and whether something is there twice


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Push in portions of 100, and wait a second for imports that nobody answered."""
    monkeypatch.setattr(pushing, "AT_ONCE", PORTION)
    monkeypatch.setattr(pushing, "LEAST_PATIENCE", 0.5)
    monkeypatch.setattr(pushing, "TASKS_A_SECOND", 10_000.0)


def assert_one_task_each(project: Project, desk: Desk, n: int = N_DOCUMENTS) -> None:
    there = desk.all_tasks()
    expected = {f"ticket-{number}": 1 for number in range(n)}
    assert Counter(task["data"]["ext_id"] for task in there) == expected
    linked = {
        task.document_id: task.task for task in Links(project.store).tasks().values() if not task.is_gone
    }
    assert linked == {task["data"]["ext_id"]: task["id"] for task in there}


def deletions(asked: Asked) -> bool:
    return asked.method == "POST" and "delete_tasks" in asked.path


def n_imports(proxy: FaultyProxy) -> int:
    return sum(map(imports, proxy.asked))


def wait_for(done: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.05)


def points(n: int) -> list[tuple[int, str, int]]:
    """Return requests, what happens to them, and to how many from there on; spread, and seeded."""
    every = [(number, kind, times) for kind in KINDS for number in range(REQUESTS) for times in (1, 2)]
    return sorted(random.Random(n).sample(every, n))


def push_through_a_fault(made: Any, proxy: FaultyProxy, point: tuple[int, str, int]) -> None:
    """Push with a fault, then without one, and compare with the server."""
    number, kind, times = point
    with made([TOPIC], tickets(N_DOCUMENTS), url=proxy.url) as (project, desk, _):
        proxy.calm()
        fault = proxy.when(lambda asked: asked.number >= number, kind, times=times)
        with suppress(RemoteError):
            push_documents(project)
        assert fault.n_done > 0
        proxy.calm()
        push_documents(project)
        assert_one_task_each(project, desk)
        assert push_documents(project).pushed == 0
        assert pull_answers(project, whole=True).n_changes == 0
        assert_one_task_each(project, desk)


@pytest.mark.parametrize("point", points(10), ids=str)
def test_a_fault_at_any_request_of_a_push_leaves_one_task_a_document(
    made: Any, proxy: FaultyProxy, slept: list[float], point: tuple[int, str, int]
) -> None:
    push_through_a_fault(made, proxy, point)


@pytest.mark.nightly
@pytest.mark.parametrize("point", points(100), ids=str)
def test_a_fault_at_any_of_a_hundred_points_of_a_push_leaves_one_task_a_document(
    made: Any, proxy: FaultyProxy, slept: list[float], point: tuple[int, str, int]
) -> None:
    push_through_a_fault(made, proxy, point)


def test_the_points_lie_on_all_requests_of_a_push(made: Any, proxy: FaultyProxy) -> None:
    with made([TOPIC], tickets(N_DOCUMENTS), url=proxy.url) as (project, _, _):
        proxy.calm()
        push_documents(project)
    assert len(proxy.asked) == REQUESTS
    assert {number for number, _, _ in points(100)} == set(range(REQUESTS))
    assert {kind for _, kind, _ in points(100)} == set(KINDS)


@pytest.mark.parametrize("kind", ["double, first reply", "double, second reply"])
def test_imports_that_arrive_twice_are_undone_whichever_reply_comes_back(
    made: Any, proxy: FaultyProxy, kind: str
) -> None:
    with made([TOPIC], tickets(N_DOCUMENTS), url=proxy.url) as (project, desk, _):
        proxy.when(imports, kind, times=2)
        assert push_documents(project).doubled == 2 * PORTION
        assert_one_task_each(project, desk)


def test_an_import_that_arrives_twice_and_whose_replies_get_lost_is_undone(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(PORTION), url=proxy.url) as (project, desk, _):

        def again() -> None:
            desk.import_again(proxy.bodies[-1])

        proxy.when(imports, "cut the reply", before=again)
        push_documents(project)
        assert_one_task_each(project, desk, PORTION)


def test_a_double_that_comes_late_is_undone_by_the_next_push_even_when_a_pull_saw_it(
    made: Any, proxy: FaultyProxy
) -> None:
    with made([TOPIC], tickets(PORTION), url=proxy.url) as (project, desk, _):
        push_documents(project)
        desk.import_again(proxy.bodies[-1])
        assert len(pull_answers(project, whole=True).problems) == 0
        assert push_documents(project).doubled == PORTION
        assert_one_task_each(project, desk, PORTION)


def test_an_import_that_comes_after_all_waiting_is_undone_too(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(PORTION), url=proxy.url) as (project, desk, _):
        proxy.when(imports, "cut before")
        with pytest.raises(UnreachableError):
            push_documents(project)
        late = proxy.bodies[-1]
        assert push_documents(project).pushed == PORTION
        desk.import_again(late)
        assert push_documents(project).doubled == PORTION
        assert_one_task_each(project, desk, PORTION)


def test_a_doubled_task_that_somebody_answered_stays_with_its_answer(made: Any, proxy: FaultyProxy) -> None:
    with made([TOPIC], tickets(3), url=proxy.url) as (project, desk, _):

        def answer_the_last() -> None:
            desk.answer(max(task["id"] for task in desk.all_tasks()), [choice("fault")])

        proxy.when(imports, "double, first reply")
        proxy.when(
            lambda asked: asked.method == "GET" and any(map(imports, proxy.asked)), before=answer_the_last
        )
        assert push_documents(project).doubled == 2
        pull_answers(project)
        assert answers_here(project, "topic") == {("ticket-2", "ana@example.com"): ("answered", "fault")}
        assert Counter(task["data"]["ext_id"] for task in desk.all_tasks())["ticket-2"] == 2
        assert push_documents(project).doubled == 0
        assert pull_answers(project, whole=True).n_changes == 0


@pytest.mark.parametrize("kind", ["cut before", "cut the reply", "double, second reply"])
def test_undoing_goes_on_after_a_fault_of_its_own(
    made: Any, proxy: FaultyProxy, slept: list[float], kind: str
) -> None:
    with made([TOPIC], tickets(5), url=proxy.url) as (project, desk, _):
        proxy.when(imports, "double, first reply")
        proxy.when(deletions, kind)
        with suppress(UnreachableError):
            push_documents(project)
        proxy.calm()
        pull_answers(project)
        push_documents(project)
        assert_one_task_each(project, desk, 5)


def test_lost_replies_are_found_where_numbers_of_deleted_tasks_are_given_anew(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(3), url=proxy.url) as (project, desk, _):
        push_documents(project)
        for task in sorted(desk.all_tasks(), key=lambda task: int(task["id"]))[1:]:
            said(desk.ana.delete(f"/api/tasks/{task['id']}/"))
        pull_answers(project, whole=True)
        add_documents(project.store, tickets(4)[3:])
        proxy.when(imports, "cut the reply")
        push_documents(project)
        push_documents(project)
        assert sorted(task["data"]["ext_id"] for task in desk.all_tasks()) == ["ticket-0", "ticket-3"]


def test_undoing_in_parts_goes_on_where_it_was_cut_off(
    made: Any, proxy: FaultyProxy, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "UNDONE_AT_ONCE", 2)
    with made([TOPIC], tickets(5), url=proxy.url) as (project, desk, _):
        proxy.when(imports, "double, first reply")
        proxy.when(lambda asked: deletions(asked) and sum(map(deletions, proxy.asked)) == 2, "cut before")
        with pytest.raises(UnreachableError):
            push_documents(project)
        assert len(desk.all_tasks()) == 8
        push_documents(project)
        assert_one_task_each(project, desk, 5)


def test_a_reply_that_takes_too_long_is_given_up_and_its_tasks_are_found(
    made: Any, server: RealLabelStudio, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 1.0)
    with (
        FaultyProxy(server.port, delay=2.0) as slow,
        made([TOPIC], tickets(PORTION), url=slow.url) as (project, desk, _),
    ):
        slow.when(imports, "delay")
        assert push_documents(project).pushed == PORTION
        assert_one_task_each(project, desk, PORTION)


@pytest.mark.parametrize(
    "seconds", [0.5, *(pytest.param(tenths / 10, marks=pytest.mark.nightly) for tenths in (1, 3, 8, 12, 20))]
)
def test_a_server_killed_in_mid_import_ends_with_one_task_a_document(
    home: Any,
    own_server: RealLabelStudio,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    n = 4_000
    monkeypatch.setattr(pushing, "AT_ONCE", n)
    create_project(home, "tickets", [TOPIC], control_share=0.0)
    with FaultyProxy(own_server.port) as proxy, open_project(home, "tickets") as project:
        add_documents(project.store, tickets(n))
        number = create(project, url=proxy.url).link.remote_project
        killing = threading.Timer(seconds, own_server.kill)
        proxy.when(imports, before=killing.start)
        with suppress(UnreachableError):  # on a fast machine the late moments come after its end
            push_documents(project)
        killing.join()
        assert own_server.process is None
        own_server.start()
        push_documents(project)
        desk = Desk(own_server.client("ana"), own_server.client("ben"), number)
        assert_one_task_each(project, desk, n)


def test_of_two_pushes_at_once_one_waits_and_finds_nothing_left_to_do(made: Any, proxy: FaultyProxy) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def push() -> None:
        run = "from workbench.cli.main import main; main()"
        command = [sys.executable, "-c", run, "label-studio", "push", "tickets"]
        started.append(subprocess.Popen(command, cwd=Path(__file__).parents[2], env=dict(os.environ)))

    with made([TOPIC], tickets(PORTION), url=proxy.url) as (project, desk, _):
        proxy.calm()
        proxy.delay = 5.0  # the second is ready before the first has its reply
        proxy.when(imports, "delay", before=push)
        push()
        wait_for(lambda: len(started) == 2)
        assert started[0].wait(60) == 0
        assert started[1].wait(60) == 0
        assert n_imports(proxy) == 1
        # The second begins, with a token of its own, after the four requests of the first.
        assert [n for n, asked in enumerate(proxy.asked) if "/token/" in asked.path] == [0, 4]
        assert_one_task_each(project, desk, PORTION)


@pytest.mark.parametrize("kind", ["cut the reply", "cut in the reply", "truncate", "html", "empty", "502"])
def test_an_import_whose_reply_is_lost_is_looked_for_and_not_sent_again(
    made: Any, proxy: FaultyProxy, slept: list[float], kind: str
) -> None:
    with made([TOPIC], tickets(2), url=proxy.url) as (project, desk, _):
        proxy.when(imports, kind)
        report = push_documents(project)
        assert (report.pushed, report.doubled, n_imports(proxy)) == (2, 0, 1)
        assert_one_task_each(project, desk, 2)


def test_what_never_arrives_is_told_from_what_may_have_arrived(
    made: Any, proxy: FaultyProxy, slept: list[float]
) -> None:
    with made([TOPIC], tickets(2), url=proxy.url) as (project, desk, _):
        for kind in NEVER_ARRIVES:
            proxy.when(imports, kind, times=2)
            with pytest.raises(UnreachableError):
                push_documents(project)
            assert desk.all_tasks() == []
            proxy.calm()
        assert push_documents(project).pushed == 2
