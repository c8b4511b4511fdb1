"""The loop runs by itself, and goes on after either side was ended."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real_label_studio import SETTINGS, RealLabelStudio, copy_server
from tests.label_studio.desk import TOPIC, Desk, add_documents, answers_here, choice, said
from tests.label_studio.test_order import mail
from workbench.config import Home
from workbench.domain.conversion import ReadOptions
from workbench.errors import InputError, RemoteError, StoreError
from workbench.server.hints import SECRET_HEADER, listening
from workbench.store.jobs import Jobs
from workbench.store.links import Links
from workbench.store.locks import FileLock
from workbench.usecases.import_documents import import_documents
from workbench.usecases.label_studio.connect import create
from workbench.usecases.label_studio.watch import Plan, Watch
from workbench.usecases.project import Project, create_project, open_project
from workbench.worker.loop import LOCK_NAME, is_alive

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]

MAILS = [mail(number) for number in range(48)]
PROGRAM = "from workbench.cli.main import main; main()"
TOPICS = {document.id: topic for document, topic in MAILS}


class Watched:
    """The command in a process of its own, and what it printed."""

    def __init__(self, home: Home, *options: str) -> None:
        self.log = home.root / "watch.log"
        command = [sys.executable, "-c", PROGRAM, "label-studio", "watch", "tickets", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))

    def printed(self) -> str:
        return self.log.read_text()


def run_once(project: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-c", PROGRAM, "label-studio", "watch", project]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@contextmanager
def watching(home: Home, *options: str) -> Iterator[Watched]:
    watched = Watched(home, *options)
    try:
        yield watched
    finally:
        watched.process.send_signal(signal.SIGINT)
        assert watched.process.wait(timeout=60) == 0, watched.printed()


def wait_until(holds: Callable[[], bool], seconds: float, watched: Watched) -> float:
    """Return how long it took until something held."""
    start = time.monotonic()
    while not holds():
        assert watched.process.poll() is None, watched.printed()
        assert time.monotonic() - start < seconds, watched.printed()
        time.sleep(0.1)
    return time.monotonic() - start


def kill(watched: Watched, project: Project) -> None:
    """Kill a watch, and wait until its worker has ended by itself."""
    worker = FileLock(project.folder / LOCK_NAME).holder()
    assert worker is not None
    watched.process.kill()
    watched.process.wait(timeout=10)
    end = time.monotonic() + 30
    while is_alive(worker):
        assert time.monotonic() < end
        time.sleep(0.1)


def served_version(desk: Desk) -> str:
    return str(said(desk.ana.get(f"/api/projects/{desk.project}/"))["model_version"] or "")


@contextmanager
def connected(home: Home, server: RealLabelStudio) -> Iterator[tuple[Project, Desk]]:
    create_project(home, "tickets", [TOPIC])
    with open_project(home, "tickets") as project:
        add_documents(project.store, [document for document, _ in MAILS])
        number = create(project, url=server.url).link.remote_project
        yield project, Desk(server.client("ana"), server.client("ben"), number)


def label_some(desk: Desk, n: int) -> None:
    for turn in range(n):
        who = ("ana", "ben")[turn % 2]
        task = desk.next_task(who)
        desk.answer(task["id"], [choice(TOPICS[task["data"]["ext_id"]])], who=who)


def test_answers_arrive_by_hints_and_new_ones_bring_a_new_order(home: Home, server: RealLabelStudio) -> None:
    options = ("--every", "10", "--batch", "12", "--learner", "tfidf", "--strategy", "margin", "--poll", "60")
    with connected(home, server) as (project, desk), watching(home, *options) as watched:
        wait_until(lambda: served_version(desk) != "", 60, watched)  # documents pushed, a first order served
        first = served_version(desk)
        label_some(desk, 3)
        assert wait_until(lambda: len(answers_here(project, "topic")) == 3, 20, watched) < 5
        label_some(desk, 7)
        wait_until(lambda: served_version(desk) not in ("", first), 120, watched)

        batch = project.store.latest_batch("topic")
        assert batch is not None
        assert (batch.strategy, len(project.store.runs("topic"))) == ("margin", 1)
        proposed = [proposal.document_id for proposal in batch.proposals]
        task = desk.next_task()
        assert task["data"]["ext_id"] == proposed[0]
        assert task["predictions"][0]["model_version"] == served_version(desk)
    hooks = said(desk.ana.get("/api/webhooks/", params={"project": desk.project}))
    assert hooks == []


def test_held_out_answers_are_nothing_to_learn_from(home: Home, server: RealLabelStudio) -> None:
    with connected(home, server) as (project, _):
        gold = home.root / "gold.csv"
        gold.write_text("id,text,topic\ngold-1,A broken lamp.,fault\ngold-2,My invoice?,billing\n")
        import_documents(project, gold, held_out=True, options=ReadOptions(question="topic"))
        watch = Watch(project, Plan(every=1))
        (question,) = watch.turn().questions
        assert (question.n_answered, question.n_new) == (0, 0)
        watch.turn()
        assert [job.verb for job in Jobs(project.store).list()] == ["propose"]


def test_a_token_that_is_not_taken_ends_it_with_one_error(
    home: Home, server: RealLabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(home, server):
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", "f" * 40)
        watched = Watched(home)
        assert watched.process.wait(timeout=60) == RemoteError.exit_code
    assert watched.printed().count("does not take the token") == 1


def test_a_second_watch_of_a_project_refuses_and_leaves_the_webhook_alone(
    home: Home, server: RealLabelStudio
) -> None:
    def hooks() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = said(desk.ana.get("/api/webhooks/", params={"project": desk.project}))
        return found

    with connected(home, server) as (_, desk), watching(home, "--poll", "60") as watched:
        wait_until(lambda: len(hooks()) == 1, 60, watched)
        before = hooks()
        second = run_once("tickets")
        assert second.returncode == StoreError.exit_code
        assert f"Another watch (process {watched.process.pid})" in second.stderr
        assert (second.stdout, hooks()) == ("", before)


def test_a_project_that_is_not_connected_is_refused_at_once(home: Home, server: RealLabelStudio) -> None:
    create_project(home, "lone", [TOPIC])
    refused = run_once("lone")
    assert refused.returncode == InputError.exit_code
    assert "is not connected" in refused.stderr
    assert refused.stdout == ""
    assert not (home.root / "projects" / "lone" / LOCK_NAME).exists()


def test_a_project_that_somebody_else_made_gets_no_tasks_unasked(home: Home, server: RealLabelStudio) -> None:
    with connected(home, server) as (project, desk):
        links = Links(project.store)
        links.save(links.get().remembering(is_ours=None))
        watch = Watch(project, Plan())
        watch.turn()
        assert (watch.n_kept_back, desk.tasks()) == (len(MAILS), {})
        asked = Watch(project, Plan(push=True))
        asked.turn()
        assert (asked.n_kept_back, len(desk.tasks())) == (0, len(MAILS))


def test_where_hints_are_refused_it_says_what_to_do_and_goes_on(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETTINGS, "LABEL_STUDIO_SSRF_PROTECTION_ENABLED", "true")
    server = copy_server(tmp_path / "server")
    server.start()
    try:
        with connected(home, server) as (_, desk), watching(home, "--poll", "1") as watched:
            wait_until(lambda: "SSRF_PROTECTION_ENABLED=false" in watched.printed(), 60, watched)
            wait_until(lambda: len(desk.tasks()) == len(MAILS), 60, watched)
            wait_until(lambda: "workbench-1" in watched.printed(), 90, watched)
    finally:
        server.stop()


def test_it_goes_on_after_either_side_was_killed(home: Home, tmp_path: Path, monkeypatch: Any) -> None:
    server = copy_server(tmp_path / "server")
    server.start()
    options = ("--every", "9", "--batch", "12", "--learner", "tfidf", "--strategy", "margin", "--poll", "1")
    try:
        with connected(home, server) as (project, desk):
            watched = Watched(home, *options)
            wait_until(lambda: served_version(desk) != "", 60, watched)
            label_some(desk, 5)
            wait_until(lambda: len(answers_here(project, "topic")) == 5, 20, watched)
            kill(watched, project)
            label_some(desk, 4)
            with watching(home, *options) as again:
                wait_until(lambda: len(answers_here(project, "topic")) == 9, 30, again)
                server.kill()
                wait_until(lambda: "trying again" in again.printed(), 30, again)
                server.start()
                desk = Desk(server.client("ana"), server.client("ben"), desk.project)
                label_some(desk, 1)
                wait_until(lambda: len(answers_here(project, "topic")) == 10, 60, again)
                wait_until(lambda: len(project.store.runs("topic")) == 1, 90, again)
                wait_until(lambda: served_version(desk) == "workbench-2", 90, again)
            tasks = desk.tasks()
            assert len(tasks) == len(MAILS)
            there = {name for name, task in tasks.items() if task["annotations"]}
            assert {document for document, _ in answers_here(project, "topic")} == there
    finally:
        server.stop()


def test_hints_are_answered_at_once_and_only_with_the_secret() -> None:
    with listening("127.0.0.1", 0) as hints:
        host, port = str(hints.server_address[0]), hints.server_port

        def call(secret: str, body: bytes = b"{}") -> tuple[int, float]:
            start = time.monotonic()
            connection = http.client.HTTPConnection(host, port, timeout=10)
            connection.request("POST", "/hint", body, {SECRET_HEADER: secret})
            status = connection.getresponse().status
            connection.close()
            return status, time.monotonic() - start

        assert call("wrong")[0] == 403
        assert not hints.come.is_set()
        calls = [call(hints.secret, b"x" * 1_000_000) for _ in range(5)]
        assert ({status for status, _ in calls}, hints.come.is_set()) == ({204}, True)
        assert min(seconds for _, seconds in calls) < 0.2  # the fastest, as others use the machine too
