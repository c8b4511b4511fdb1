"""Signing in and out by the forms, and how often somebody may try."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from workbench.config import Home
from workbench.ui import sign_in
from workbench.ui.asgi import MIDDLEWARE
from workbench.ui.attempts import OF_ACCOUNT, OF_ACCOUNT_AND_ADDRESS, OF_ADDRESS, WINDOW_SECONDS, Attempts
from workbench.ui.gate import visitor_of
from workbench.usecases.manage_accounts import add_account

PASSWORD = "correct horse battery"
HERE = "http://127.0.0.1:8501"


async def who(request: Request) -> Response:
    visitor = visitor_of(request)
    return JSONResponse(visitor and visitor.name)


APP = Starlette(routes=[*sign_in.ROUTES, Route("/wb/who", who)], middleware=MIDDLEWARE)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.store.passwords.N", 2)
    monkeypatch.setattr(sign_in, "ATTEMPTS", Attempts())


@pytest.fixture
def people(home: Home) -> Home:
    """Return a home with an admin and an annotator."""
    add_account(home, "Ana", role="admin", password=PASSWORD)
    add_account(home, "ben", role="annotator", password=PASSWORD)
    return home


def visit(url: str = HERE, address: str = "127.0.0.1") -> TestClient:
    return TestClient(APP, url, client=(address, 50000), follow_redirects=False)


def token_on(page: Any) -> str:
    (token,) = re.findall(r'name="token" value="([0-9a-f]+)"', page.text)
    return str(token)


def try_password(visiting: TestClient, name: str, password: str, **fields: str) -> Any:
    token = token_on(visiting.get("/login"))
    said = {"name": name, "password": password, "token": token, **fields}
    return visiting.post("/login", data=said, headers={"Origin": str(visiting.base_url)})


def test_the_right_password_gives_a_session_and_leads_on(people: Home) -> None:
    visiting = visit()
    answer = try_password(visiting, "ana", PASSWORD, next="/review?project=tickets")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?project=tickets")
    assert visiting.get("/wb/who").json() == "Ana"
    assert visiting.get("/login?next=/review").headers["location"] == "/review"


@pytest.mark.parametrize(("url", "secure"), [(HERE, False), ("https://work.example", True)])
def test_the_cookies_are_for_this_app_alone(people: Home, url: str, secure: bool) -> None:
    answer = try_password(visit(url, "192.0.2.7"), "ana", PASSWORD)
    cookies = [
        cookie.lower()
        for cookie in answer.headers.get_list("set-cookie")
        if "max-age=0" not in cookie.lower()
    ]
    assert len(cookies) == 2
    for cookie in cookies:
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("; secure" in cookie) is secure
    (session,) = [cookie for cookie in cookies if "workbench-session" in cookie]
    assert f"max-age={14 * 24 * 3600}" in session


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y"]
)
def test_nobody_is_led_to_another_place(people: Home, target: str) -> None:
    assert try_password(visit(), "ana", PASSWORD, next=target).headers["location"] == "/"
    assert 'name="next" value="/"' in visit().get("/login", params={"next": target}).text


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "wrong wrong"), ("nobody", PASSWORD), ("", ""), ("ana", "x" * 5000)]
)
def test_a_wrong_login_says_the_same_whatever_is_wrong(people: Home, name: str, password: str) -> None:
    answer = try_password(visit(), name, password)
    assert answer.status_code == 401
    assert "The name or the password is not right." in answer.text
    assert "workbench-session" not in answer.headers.get("set-cookie", "")
    assert password == "" or password not in answer.text


def test_an_unknown_name_is_hashed_for_as_well(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    made = []
    real = hashlib.scrypt
    monkeypatch.setattr(hashlib, "scrypt", lambda *a, **k: (made.append(k["n"]), real(*a, **k))[1])
    for name in ("ana", "nobody"):
        try_password(visit(), name, "wrong wrong")
    try_password(visit(), "ana", "x" * 2000)
    assert len(made) == 3


def test_a_login_without_its_forms_token_is_refused(people: Home) -> None:
    visiting = visit()
    token = token_on(visiting.get("/login"))
    other = token_on(visit().get("/login"))
    for wrong in ("", "x", other, token[:-1]):
        said = {"name": "ana", "password": PASSWORD, "token": wrong}
        assert visiting.post("/login", data=said).status_code == 403
    fresh = visit()  # the token without the cookie
    assert fresh.post("/login", data={"name": "ana", "password": PASSWORD, "token": token}).status_code == 403
    assert (
        visiting.post("/login", json={"name": "ana", "password": PASSWORD, "token": token}).status_code == 403
    )
    said = {"name": "ana", "password": PASSWORD, "token": token}
    assert visiting.post("/login", data=said, headers={"Origin": "http://evil.example"}).status_code == 403
    assert visiting.post("/login", data=said).status_code == 303


def test_what_was_typed_is_text_on_the_page(people: Home) -> None:
    answer = try_password(visit(), '"><script>alert(1)</script>', "wrong wrong", next='/"><script>')
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "script" not in answer.headers["Content-Security-Policy"]


def test_signing_out_takes_a_post_with_its_token_and_ends_the_session_everywhere(people: Home) -> None:
    visiting = visit()
    try_password(visiting, "ben", PASSWORD)
    stolen = dict(visiting.cookies)
    page = visiting.get("/logout")
    assert "<strong>ben</strong>" in page.text
    assert visiting.get("/wb/who").json() == "ben"
    assert visiting.post("/logout", data={"token": "x"}).status_code == 403
    assert visiting.get("/wb/who").json() == "ben"
    answer = visiting.post("/logout", data={"token": token_on(page)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert visiting.get("/wb/who").status_code == 401
    again = visit()
    again.cookies.update(stolen)
    assert again.get("/wb/who").status_code == 401


def test_without_accounts_there_is_nothing_to_sign_in_to(home: Home) -> None:
    assert visit().get("/login").headers["location"] == "/"
    assert visit().post("/login", data={}).headers["location"] == "/"
    assert visit().get("/logout").headers["location"] == "/"


def test_guessing_ends_in_429_and_the_owner_still_gets_in(people: Home) -> None:
    owner = visit(address="192.0.2.1")
    try_password(owner, "ana", PASSWORD)
    owner.get("/logout")
    guesser = visit(address="198.51.100.9")
    statuses = [
        try_password(guesser, "ana", f"wrong number {n}").status_code
        for n in range(OF_ACCOUNT_AND_ADDRESS + 3)
    ]
    assert statuses == [401] * OF_ACCOUNT_AND_ADDRESS + [429] * 3
    refused = try_password(guesser, "ana", PASSWORD)  # also with the right one
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW_SECONDS
    assert "Try again in 5 minutes" in refused.text
    assert try_password(guesser, "ben", PASSWORD).status_code == 303  # another account
    for n in range(OF_ACCOUNT // OF_ACCOUNT_AND_ADDRESS + 1):  # a crowd
        for _ in range(OF_ACCOUNT_AND_ADDRESS):
            last = try_password(visit(address=f"203.0.113.{n}"), "ana", "wrong wrong")
    assert last.status_code == 429
    owner.cookies = {name: value for name, value in owner.cookies.items() if "session" not in name}  # type: ignore[assignment]
    assert try_password(owner, "ana", PASSWORD).status_code == 303


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides_and_refused_attempts_do_not_lengthen_it() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for n in range(OF_ACCOUNT_AND_ADDRESS):
        clock.now = n * 10.0
        assert attempts.begin("ana", "192.0.2.1", None) == 0
    clock.now = 50.0
    assert attempts.begin("ana", "192.0.2.1", None) == WINDOW_SECONDS - 50
    for _ in range(1000):
        attempts.begin("ana", "192.0.2.1", None)
    clock.now = WINDOW_SECONDS - 0.5
    assert attempts.begin("ana", "192.0.2.1", None) == 1
    clock.now = WINDOW_SECONDS
    assert attempts.begin("ana", "192.0.2.1", None) == 0
    assert attempts.begin("ana", "192.0.2.1", None) == 10


def test_one_address_may_not_try_many_names() -> None:
    attempts = Attempts(Clock())
    waits = [attempts.begin(f"name {n}", f"2001:db8::{n + 1:x}", None) for n in range(OF_ADDRESS + 1)]
    assert waits == [0.0] * OF_ADDRESS + [WINDOW_SECONDS]
    assert attempts.begin("ana", "2001:db8:1::1", None) == 0


def test_right_passwords_are_not_counted() -> None:
    attempts = Attempts(Clock())
    for _ in range(3 * OF_ACCOUNT):
        assert attempts.begin("ana", "192.0.2.1", None) == 0
        attempts.succeeded("ana", "192.0.2.1", None)


def test_a_known_device_is_counted_by_itself() -> None:
    attempts = Attempts(Clock())
    for _ in range(OF_ACCOUNT_AND_ADDRESS):
        assert attempts.begin("ana", "192.0.2.1", "device") == 0
    assert attempts.begin("ana", "192.0.2.1", "device") == WINDOW_SECONDS
    assert attempts.begin("ana", "192.0.2.1", "another") == 0


def test_many_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.ui.attempts.MOST_WINDOWS", 100)
    attempts = Attempts(Clock())
    for n in range(1000):
        attempts.begin(f"name {n}", f"192.0.{n // 250}.{n % 250}", None)
    assert len(attempts._windows) < 110
