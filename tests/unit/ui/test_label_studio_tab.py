"""The tab Label Studio without a server: what is wrong is said, and the token stays secret."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.ui.test_data import errors_of, html_of, open_tab, said_by
from workbench.config import Home
from workbench.errors import AccessError, InputError
from workbench.store.links import Link, Links
from workbench.usecases.ask_for_work import jobs_of
from workbench.usecases.label_studio.connect import connect as connect_project
from workbench.usecases.label_studio.keep_watch import start_watch, stop_watch, watch_state
from workbench.usecases.label_studio.look import has_token, keep_token, list_projects, look_at, token_file
from workbench.usecases.label_studio.server import note_error
from workbench.usecases.label_studio.watch import LOCK_NAME
from workbench.usecases.project import open_project

pytestmark = pytest.mark.slow

TOKEN = "0123456789abcdef0123456789abcdef01234567"
CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="topic" toName="text"><Choice value="delivery"/>'
    '<Choice value="refund"/></Choices><Labels name="people" toName="text"><Label value="NAME"/></Labels></View>'
)


class Answers(BaseHTTPRequestHandler):
    """Says what a Label Studio server would, to the one token."""

    heard: ClassVar[list[str]] = []  # every token that was sent to any of the servers

    def do_GET(self) -> None:
        self.heard.append(f"{self.server.server_address[1]} {self.headers.get('authorization')}")
        known = self.headers.get("authorization") == f"Token {TOKEN}"
        body: Any = {"detail": "Invalid token."}
        if known and self.path.startswith("/api/projects/?"):
            body = {"count": 1, "results": [{"id": 3, "title": "<b>Mails</b> *x*", "description": ""}]}
        elif known:
            body = {
                "id": 3, "title": "Mails", "label_config": CONFIG, "task_number": 7, "created_at": "2026-01-01",
                "maximum_annotations": 1, "overlap_cohort_percentage": 100,
            }  # fmt: skip
        content = json.dumps(body).encode()
        self.send_response(200 if known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the answers, with no token in the environment."""
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    Answers.heard.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(page: AppTest, url: str, token: str) -> AppTest:
    page.text_input(key="ls url").set_value(url)
    if token:
        next(field for field in page.text_input if field.label == "Token").set_value(token)
    return page.button[0].click().run()


def test_the_projects_of_a_server_are_listed_and_the_questions_of_one_mapped(
    tickets: Home, address: str
) -> None:
    page = ask(open_tab("label-studio"), address, TOKEN)
    assert errors_of(page) == ""
    chosen = page.selectbox(key="ls project")
    assert chosen.options == ["<b>Mails</b> *x* (3)"]
    chosen.set_value(3).run()
    table = page.dataframe[0].value
    assert table["question"].tolist() == ["topic", "people"]
    assert table["here"].tolist() == ["same question, 1 labels that are not here", "new question"]
    page.button(key="ls connect").click().run()
    assert errors_of(page) == ""
    assert f"{address}/projects/3" in html_of(page)
    with open_project(tickets, "tickets") as project:
        assert Links(project.store).get().token_file == str(token_file(project))
        assert project.store.question("people").kind == "ner"


def test_the_token_goes_into_a_file_of_its_owner_and_nowhere_else(tickets: Home, address: str) -> None:
    page = ask(open_tab("label-studio"), address, TOKEN)
    path = tickets.project("tickets") / "label-studio.token"
    assert path.read_text() == TOKEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for place in (page, dict(page.query_params), repr(page.session_state)):
        assert TOKEN not in str(place)
    field = next(field for field in page.text_input if field.label == "Token")
    assert field.value == ""
    assert "kept for this server" in field.placeholder
    page.button(key="forget token").click().run()
    assert not path.exists()


def test_a_wrong_token_is_refused_in_words_without_showing_it(tickets: Home, address: str) -> None:
    wrong = "f" * 40
    page = ask(open_tab("label-studio"), address, wrong)
    assert "does not take the token" in errors_of(page)
    assert wrong not in errors_of(page)
    page = ask(open_tab("label-studio"), address, "no token")
    assert "This is no token" in errors_of(page)
    assert "no token" not in str(dict(page.query_params))


def test_a_server_that_is_away_and_an_address_that_is_none_are_said(tickets: Home, address: str) -> None:
    page = ask(open_tab("label-studio"), "http://127.0.0.1:9", TOKEN)
    assert "cannot be reached" in errors_of(page)
    page = ask(open_tab("label-studio"), "127.0.0.1", TOKEN)
    assert "is no address" in errors_of(page)


def test_without_a_token_it_is_said_what_to_do(tickets: Home, address: str) -> None:
    page = ask(open_tab("label-studio"), address, "")
    assert "There is no token" in errors_of(page)


def connect(home: Home, url: str) -> None:
    with open_project(home, "tickets") as project:
        keep_token(project, TOKEN, url)
        state = {
            "label_config": CONFIG,
            "synced": {
                "pull": {
                    "at": "2026-05-04T10:12:00+00:00",
                    "changed_at": "2026-05-04T10:11:00+00:00",
                    "counts": {"answers_new": 12, "skips": 0},
                    "problems": ["task 7: <b>odd</b>"],
                    "n_problems": 1,
                }
            },
        }
        Links(project.store).save(Link(url, 3, "2026-01-01", str(token_file(project)), state))


def test_the_last_synchronisation_is_shown_with_its_counts_and_errors(tickets: Home, address: str) -> None:
    connect(tickets, address)
    with open_project(tickets, "tickets") as project:
        note_error(
            Links(project.store), AccessError("Label Studio does not take the token.", hint="A new one.")
        )
    page = open_tab("label-studio")
    assert "12 new answers" in html_of(page)
    assert "news: 2026-05-04 10:11 UTC" in html_of(page)
    assert "task 7: <b>odd</b>" in [block.value for block in page.code]
    assert "does not take the token" in errors_of(page)


def test_a_token_that_ended_can_be_replaced(tickets: Home, address: str) -> None:
    connect(tickets, address)
    with open_project(tickets, "tickets") as project:
        note_error(Links(project.store), AccessError("Label Studio does not take the token."))
    page = open_tab("label-studio")
    page.text_input(key="ls new token 0").set_value("a" * 40).run()
    page.button(key="keep token").click().run()
    assert errors_of(page) == ""
    assert "a" * 40 not in repr(page.session_state)
    with open_project(tickets, "tickets") as project:
        assert token_file(project).read_text() == "a" * 40
        assert "last_error" not in Links(project.store).get().state


def test_push_pull_and_publish_become_jobs_of_the_worker(
    tickets: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(tickets, address)
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    for verb in ("ls-push", "ls-pull", "publish"):
        page = open_tab("label-studio")
        page.button(key=verb).click().run()
        assert errors_of(page) == ""
        assert page.query_params["sync-job"]
        assert page.button(key=verb).disabled  # one after the other
    with open_project(tickets, "tickets") as project:
        asked = [(job.verb, dict(job.arguments)) for job in reversed(jobs_of(project))]
    assert asked == [("ls-push", {}), ("ls-pull", {"whole": True}), ("publish", {})]


def test_disconnecting_keeps_documents_and_answers(tickets: Home, address: str) -> None:
    connect(tickets, address)
    open_tab("label-studio").button(key="ls disconnect").click().run()
    with open_project(tickets, "tickets") as project:
        assert Links(project.store).find() is None
        assert project.store.n_documents() == 5
        assert "Show its projects" in [button.label for button in open_tab("label-studio").button]


def test_a_watch_is_on_as_long_as_its_lock_is_held(tickets: Home, address: str) -> None:
    connect(tickets, address)
    holder = (
        "import sys, time\nfrom pathlib import Path\nfrom workbench.store.locks import FileLock\n"
        "lock = FileLock(Path(sys.argv[1]))\nassert lock.acquire()\nprint('held', flush=True)\ntime.sleep(60)"
    )
    path = tickets.project("tickets") / LOCK_NAME
    with open_project(tickets, "tickets") as project:
        assert not watch_state(project).is_on
        with subprocess.Popen([sys.executable, "-c", holder, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            assert (watch_state(project).is_on, watch_state(project).process) == (True, process.pid)
            assert start_watch(project) is False
            assert f"Process {process.pid}" in said_by(open_tab("label-studio"))
            assert stop_watch(project)
            assert process.wait(timeout=10) == -15
        assert not watch_state(project).is_on
        assert stop_watch(project) is False


def test_looking_at_a_server_wants_a_token_and_finds_no_other_project(tickets: Home, address: str) -> None:
    with open_project(tickets, "tickets") as project:
        with pytest.raises(InputError, match="no token"):
            list_projects(project, address)
        keep_token(project, TOKEN, address)
        assert has_token(project)
        look = look_at(project, address, 3)
    assert (look.title, look.n_tasks, look.fits) == ("Mails", 7, True)


@pytest.fixture
def elsewhere(address: str) -> Iterator[str]:
    """Serve at a second port: another server, as far as a token goes."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_token_goes_to_no_other_server_than_the_one_it_was_given_for(
    tickets: Home, address: str, elsewhere: str
) -> None:
    with open_project(tickets, "tickets") as project:
        keep_token(project, TOKEN, address)
        assert len(list_projects(project, f"{address}/")) == 1
        n_heard = len(Answers.heard)
        with pytest.raises(InputError, match="no token for"):
            list_projects(project, elsewhere)
        with pytest.raises(InputError, match="no token for"):
            connect_project(tickets, "tickets", url=elsewhere, remote_project=3)
    page = ask(open_tab("label-studio"), elsewhere, "")
    assert "There is no token for" in errors_of(page)
    assert len(Answers.heard) == n_heard
    page = ask(page, elsewhere, TOKEN)  # asked again, it is given for this one
    assert errors_of(page) == ""
    assert len(Answers.heard) > n_heard


def test_a_token_that_nobody_gave_for_a_server_is_not_sent_from_the_page(tickets: Home, address: str) -> None:
    path = tickets.project("tickets") / "label-studio.token"
    path.write_text(TOKEN)
    path.chmod(0o600)
    page = ask(open_tab("label-studio"), address, "")
    assert "There is no token for" in errors_of(page)
    assert Answers.heard == []


def test_the_token_of_the_environment_goes_where_the_visitor_sends_it(
    tickets: Home, address: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    page = ask(open_tab("label-studio"), address, "")
    assert Answers.heard == []
    assert address in said_by(page)
    page.button(key="ls outside").click().run()
    assert errors_of(page) == ""
    assert page.selectbox(key="ls project").options == ["<b>Mails</b> *x* (3)"]
    n_heard = len(Answers.heard)
    page = ask(page, elsewhere, "")
    assert len(Answers.heard) == n_heard


def test_an_address_is_checked_and_http_is_warned_of_before_a_token_is_kept_or_sent(
    tickets: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(
        "workbench.usecases.label_studio.look.LabelStudioClient.newest_projects",
        lambda client: sent.append(client.url) or [],  # type: ignore[func-returns-value]
    )
    path = tickets.project("tickets") / "label-studio.token"
    page = ask(open_tab("label-studio"), "ftp://labels.example", TOKEN)
    assert "is no address" in errors_of(page)
    page = ask(page, "http://labels.example", TOKEN)
    assert not path.exists()
    assert sent == []
    assert "unencrypted" in said_by(page)
    page.checkbox(key="ls open http://labels.example").check()
    page = ask(page, "http://labels.example", TOKEN)
    assert path.exists()
    assert sent == ["http://labels.example"]


def test_a_connected_project_takes_no_token_of_another_server(
    tickets: Home, address: str, elsewhere: str
) -> None:
    connect(tickets, address)
    with open_project(tickets, "tickets") as project, pytest.raises(InputError, match="is connected to"):
        keep_token(project, "a" * 40, elsewhere)
    assert (tickets.project("tickets") / "label-studio.token").read_text() == TOKEN
