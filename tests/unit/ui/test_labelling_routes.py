"""The requests of the labelling card, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.unit.ui.card import sent
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.runs import Batch, Proposal
from workbench.store.jobs import Jobs
from workbench.ui import card, labelling_routes, sessions
from workbench.usecases.manage_accounts import add_account, list_accounts
from workbench.usecases.project import open_project

TASK = {"project": "tickets", "questions": ["topic"], "annotator": "ana"}
ANSWER = sent()


@pytest.fixture
def client(tickets: Home) -> TestClient:
    """Return a client of the routes alone."""
    return TestClient(Starlette(routes=labelling_routes.ROUTES))


def send(client: TestClient, verb: str, **body: Any) -> Any:
    return client.post(f"/wb/labelling/{verb}", json={"task": TASK, **body})


def test_an_answer_is_acknowledged_when_it_is_in_the_store(client: TestClient, tickets: Home) -> None:
    reply = send(client, "answers", answers=[ANSWER])
    assert (reply.status_code, reply.json()["saved"], reply.json()["error"]) == (200, ["c1"], "")
    with open_project(tickets, "tickets") as project:
        assert project.store.annotations("topic", "ticket-2")[0].labels == ("fault",)
    assert send(client, "answers", answers=[ANSWER]).json()["saved"] == ["c1"]
    with open_project(tickets, "tickets") as project:
        assert len(project.store.annotations("topic", "ticket-2")) == 1


def test_one_impossible_answer_keeps_no_other_from_being_saved(client: TestClient) -> None:
    bad = {**ANSWER, "client_id": "c2", "labels": ["unheard of"]}
    late = {**ANSWER, "client_id": "c3", "document_id": "ticket-3"}
    reply = send(client, "answers", answers=[ANSWER, bad, late]).json()
    assert reply["saved"] == ["c1", "c3"]
    assert reply["refused"][0]["client_id"] == "c2"
    assert "unheard of" in reply["refused"][0]["message"]


def test_the_next_documents_come_with_questions_reasons_and_counts(client: TestClient) -> None:
    queue = send(client, "next").json()
    assert [(d["id"], d["asked"]) for d in queue["documents"]] == [
        ("ticket-2", ["topic"]),
        ("ticket-3", ["topic"]),
    ]
    assert queue["documents"][0]["reasons"] == {"topic": "next in import order"}
    assert (queue["n_answered"], queue["n_pool"]) == (1, 4)


def test_where_nobody_proposed_a_batch_the_first_one_is_being_chosen_and_a_worker_is_looked_for(
    client: TestClient, tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(card, "wake_worker", lambda project: woken.append(project.name))
    queue = send(client, "next").json()
    assert queue["is_awaited"]
    assert "the first batch is being chosen" in queue["ranked"]["topic"]
    with open_project(tickets, "tickets") as project:
        project.store.save_batch(Batch("b", "topic", "auto", 0, (Proposal("ticket-3", 0.5, "because"),)))
    queue = send(client, "next").json()
    assert (queue["is_awaited"], queue["ranked"]) == (False, {"topic": "chosen by auto"})
    assert [d["id"] for d in queue["documents"]] == ["ticket-3", "ticket-2"]
    assert woken == ["tickets"]


def test_where_nothing_is_left_to_ask_no_batch_is_asked_for(client: TestClient, tickets: Home) -> None:
    send(
        client,
        "answers",
        answers=[{**ANSWER, "client_id": id, "document_id": id} for id in ("ticket-2", "ticket-3")],
    )
    with open_project(tickets, "tickets") as project:
        project.store.record([Annotation("over", "ticket-1", "topic", "ana", status="skipped")])
        project.store.record([Annotation("zero", "ticket-0", "topic", "ana", status="skipped")])
    assert not send(client, "next").json()["is_awaited"]
    with open_project(tickets, "tickets") as project:
        assert Jobs(project.store).list() == []


def test_what_is_on_the_screen_stays_leased(client: TestClient) -> None:
    send(client, "next")
    again = send(client, "next", showing=["ticket-2", "no such document"])
    assert again.status_code == 200
    other = client.post("/wb/labelling/next", json={"task": {**TASK, "annotator": "ben"}}).json()
    assert other["documents"] == []


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("answers", {"answers": "all"}, 422),
        ("answers", {"answers": [], "task": {**TASK, "project": "other"}}, 404),
        ("next", {"task": {**TASK, "project": "../tickets"}}, 422),
        ("next", {"task": {**TASK, "questions": ["mood"]}}, 404),
        ("next", {"task": {**TASK, "questions": []}}, 422),
        ("next", {"task": {**TASK, "questions": [f"q{n}" for n in range(101)]}}, 422),
        ("next", {"task": None}, 422),
        ("next", {"showing": "ticket-1"}, 422),
        ("next", {"showing": [str(n) for n in range(101)]}, 422),
    ],
)
def test_what_the_card_never_sends_is_refused_with_a_reason(
    client: TestClient, verb: str, body: dict[str, Any], status: int
) -> None:
    reply = send(client, verb, **body)
    assert reply.status_code == status
    assert set(reply.json()) == {"code", "message", "hint"}
    assert reply.json()["message"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b'{"task": NaN}', b"\xff"])
def test_what_is_no_object_in_json_is_refused(client: TestClient, content: bytes) -> None:
    reply = client.post("/wb/labelling/next", content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 422


def test_a_form_of_another_page_is_refused(client: TestClient) -> None:
    assert client.post("/wb/labelling/answers", data={"answers": "[]"}).status_code == 422


def test_a_sending_over_the_limit_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling_routes, "MAX_BODY", 1000)
    assert send(client, "answers", answers=[{**ANSWER, "comment": "x" * 1000}]).status_code == 413


def test_a_question_named_many_times_is_one_question(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    real = labelling_routes.queue_data

    def spy(project: Any, names: list[str], annotator: str, *, showing: list[str]) -> dict[str, Any]:
        asked.append(names)
        return real(project, names, annotator, showing=showing)

    monkeypatch.setattr(labelling_routes, "queue_data", spy)
    assert send(client, "next", task={**TASK, "questions": ["topic"] * 100}).status_code == 200
    assert asked == [["topic"]]
    assert send(client, "next", task={**TASK, "questions": ["topic"] * 5_000}).status_code == 422


def test_answers_arrive_though_the_task_of_the_card_is_gone(client: TestClient) -> None:
    gone = {**ANSWER, "client_id": "c2", "project": "other"}
    reply = send(client, "answers", answers=[gone, None, ANSWER], task={**TASK, "project": "other"})
    assert reply.status_code == 200
    assert (reply.json()["saved"], reply.json()["ranking"]) == (["c1"], "")
    assert [refusal["client_id"] for refusal in reply.json()["refused"]] == ["c2"]
    assert "without a client id" in reply.json()["error"]


def signed_in(client: TestClient, home: Home, name: str) -> TestClient:
    """Give the client the session of an account; its project is the same."""
    known = {account.name: account for account in list_accounts(home)}
    cookie, value = sessions.session_cookie(home, known[name])
    client.headers["Cookie"] = f"{cookie}={value}"
    return client


@pytest.fixture
def ben(client: TestClient, tickets: Home, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return ben's client; ana has an account too."""
    monkeypatch.setattr("workbench.store.passwords.N", 2)
    for name in ("ana", "ben"):
        add_account(tickets, name, role="admin", password="correct horse battery")
    return signed_in(client, tickets, "ben")


def test_answers_of_another_account_are_left_to_it_and_ones_own_are_recorded(
    ben: TestClient, tickets: Home
) -> None:
    own = {**ANSWER, "client_id": "of-ben", "annotator": "ben"}
    task = {**TASK, "annotator": "ben"}
    reply = ben.post("/wb/labelling/answers", json={"task": task, "answers": [ANSWER, own]}).json()
    assert (reply["saved"], reply["refused"]) == (["of-ben"], [])
    assert "not recorded: 1 of ana" in reply["error"]
    with open_project(tickets, "tickets") as project:
        assert "c1" not in {one.client_id for one in project.store.annotations("topic")}

    ana = signed_in(ben, tickets, "ana")
    assert send(ana, "answers", answers=[ANSWER]).json()["saved"] == ["c1"]


def test_the_card_of_another_account_gets_nothing(ben: TestClient) -> None:
    for verb in ("answers", "next"):
        reply = send(ben, verb, answers=[])
        assert reply.status_code == 422
        assert "You are signed in as ben, not as ana" in reply.json()["message"]


def test_a_page_learns_who_is_signed_in_and_the_token_of_that_session(ben: TestClient, tickets: Home) -> None:
    reply = ben.get("/wb/labelling/who")
    assert reply.headers["Cache-Control"] == "no-store"
    said = reply.json()
    assert said["name"] == "ben"
    first = said["token"]
    assert signed_in(ben, tickets, "ben").get("/wb/labelling/who").json()["token"] != first
    ben.headers["Cookie"] = ""
    assert ben.get("/wb/labelling/who").status_code == 401


def test_without_accounts_nobody_is_signed_in_by_name(client: TestClient) -> None:
    assert client.get("/wb/labelling/who").json()["name"] == ""
