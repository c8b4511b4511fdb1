"""What the gate lets through: requests against a small application behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from workbench.config import Home
from workbench.store.accounts import ACCOUNTS
from workbench.store.passwords import hash_password
from workbench.ui import sessions
from workbench.ui.gate import TOKEN_HEADER, Gate, csrf_token, is_loopback, local_target, visitor_of
from workbench.usecases import manage_accounts
from workbench.usecases.manage_accounts import (
    add_account,
    change_password,
    change_role,
    end_session,
    remove_account,
)

HERE = "http://127.0.0.1:8501"
SOCKET = "ws://127.0.0.1:8501/_stcore/stream"
PASSWORD = "correct horse battery"
FOREIGN = (
    "http://evil.example",
    "http://127.0.0.1:9999",
    "https://127.0.0.1:8501.evil.example",
    "null",
    "http://localhost:8501",
    "file://127.0.0.1:8501",
    "",
)


async def say_who(request: Request) -> Response:
    visitor = visitor_of(request)
    assert visitor is not None
    return JSONResponse({"name": visitor.name, "role": visitor.role, "token": csrf_token(visitor)})


async def repeat(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


async def open_page(request: Request) -> Response:
    return PlainTextResponse("open")


APP = Starlette(
    routes=[
        Route("/wb/who", say_who),
        Route("/wb/answers", repeat, methods=["POST", "DELETE"]),
        Route("/review", say_who),
        Route("/elsewhere", repeat, methods=["POST"]),
        Route("/login", open_page, methods=["GET", "POST"]),
        Route("/_stcore/health", open_page),
        Route("/media/{file}", open_page),
        WebSocketRoute("/_stcore/stream", echo),
    ],
    middleware=[Middleware(Gate)],
)


def client(*, address: str = "127.0.0.1", url: str = HERE, app: object = APP) -> TestClient:
    return TestClient(app, url, client=(address, 50000), follow_redirects=False)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.store.passwords.N", 2)


@pytest.fixture
def people(home: Home) -> Home:
    """Return a home with an admin, a lead and an annotator."""
    for name, role in (("Ana", "admin"), ("ben", "lead"), ("cy", "annotator")):
        add_account(home, name, role=role, password=PASSWORD)
    return home


def signed_in(home: Home, name: str = "cy", **options: str) -> TestClient:
    (account,) = [known for known in manage_accounts.list_accounts(home) if known.name == name]
    visiting = client(**options)
    cookie, value = sessions.session_cookie(home, account)
    visiting.headers["Cookie"] = f"{cookie}={value}"
    return visiting


# Without accounts


def test_without_accounts_this_machine_gets_everything_as_an_admin(home: Home) -> None:
    answer = client().get("/wb/who")
    assert (answer.status_code, answer.json()["role"]) == (200, "admin")
    with client().websocket_connect(SOCKET) as socket:
        socket.send_text("a")
        assert socket.receive_text() == "a"


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.7", "testclient", ""]
)
def test_without_accounts_another_machine_gets_nothing(home: Home, address: str) -> None:
    answer = client(address=address).get("/_stcore/health")
    assert (answer.status_code, answer.json()["hint"]) == (
        403,
        "Make an account first: workbench account add NAME --role admin",
    )
    with pytest.raises(WebSocketDisconnect), client(address=address).websocket_connect(SOCKET):
        pass


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "127.0.0.1.evil.example",
        "192.0.2.7:8501",
        "localhost@evil.example",
        "",
        "[::1",
        "localhost.",
    ],
)
def test_without_accounts_a_foreign_host_name_is_refused(home: Home, host: str) -> None:
    assert client().get("/wb/who", headers={"Host": host}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client().websocket_connect(SOCKET, headers={"Host": host}),
    ):
        pass


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_without_accounts_nobody_comes_through_a_proxy(home: Home, header: str) -> None:
    assert client().get("/wb/who", headers={header: "127.0.0.1"}).status_code == 403
    add_account(home, "Ana", role="admin", password=PASSWORD)
    assert signed_in(home, "Ana").get("/wb/who", headers={header: "127.0.0.1"}).status_code == 200


@pytest.mark.parametrize("host", ["localhost:8501", "LOCALHOST", "127.0.0.1", "127.0.0.9:1", "[::1]:8501"])
def test_without_accounts_the_names_of_this_machine_are_fine(home: Home, host: str) -> None:
    assert client().get("/wb/who", headers={"Host": host}).status_code == 200


# Origin and token


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("with_accounts", [False, True])
def test_a_foreign_origin_may_change_nothing_and_open_no_websocket(
    home: Home, origin: str, with_accounts: bool
) -> None:
    if with_accounts:
        add_account(home, "Ana", role="admin", password=PASSWORD)
    visiting = signed_in(home, "Ana") if with_accounts else client()
    token = visiting.get("/wb/who").json()["token"]
    for method in ("POST", "DELETE", "PUT", "PATCH"):
        answer = visiting.request(method, "/wb/answers", headers={"Origin": origin, TOKEN_HEADER: token})
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    foreign = {"Origin": origin}
    with pytest.raises(WebSocketDisconnect), visiting.websocket_connect(SOCKET, headers=foreign):
        pass
    own = {"Origin": HERE, TOKEN_HEADER: token}
    assert visiting.post("/wb/answers", headers=own, content=b"abc").text == "3"
    with visiting.websocket_connect(SOCKET, headers={"Origin": HERE}):
        pass


@pytest.mark.parametrize("path", ["/wb/answers", "/elsewhere"])
@pytest.mark.parametrize("with_accounts", [False, True])
def test_every_post_needs_the_token_of_its_session(home: Home, with_accounts: bool, path: str) -> None:
    if with_accounts:
        add_account(home, "Ana", role="admin", password=PASSWORD)
        add_account(home, "ben", role="lead", password=PASSWORD)
    visiting = signed_in(home, "Ana") if with_accounts else client()
    token = visiting.get("/wb/who").json()["token"]
    assert visiting.post(path, headers={TOKEN_HEADER: token}).status_code == 200
    wrong = ["", "x", token[:-1], token.upper() + "é"]
    if with_accounts:
        wrong.append(signed_in(home, "ben").get("/wb/who").json()["token"])
        wrong.append(signed_in(home, "Ana").get("/wb/who").json()["token"])  # of another session
    for other in wrong:
        answer = visiting.post(path, headers={TOKEN_HEADER: other.encode()})
        assert (answer.status_code, answer.json()["code"]) == (403, "token")
    assert visiting.post(path).status_code == 403


def test_a_token_survives_a_restart_and_is_of_this_install(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = client().get("/wb/who").json()["token"]
    sessions.signing_key.__globals__["_key"].cache_clear()
    assert client().get("/wb/who").json()["token"] == before
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "other"))
    assert client().get("/wb/who").json()["token"] != before


def test_the_token_is_needed_also_under_a_root_path(home: Home) -> None:
    visiting = TestClient(APP, HERE, client=("127.0.0.1", 1), root_path="/lab")
    assert visiting.post("/lab/wb/answers").status_code == 403
    token = visiting.get("/lab/wb/who").json()["token"]
    assert visiting.post("/lab/wb/answers", headers={TOKEN_HEADER: token}).status_code == 200


# Bodies and headers


def test_a_body_that_is_too_large_is_refused_before_it_is_read(home: Home) -> None:
    visiting = client()
    headers = {TOKEN_HEADER: visiting.get("/wb/who").json()["token"]}

    def in_parts() -> Iterator[bytes]:
        for _ in range(17):
            yield b"x" * 1024 * 1024

    assert visiting.post("/wb/answers", headers=headers, content=b"x" * 1024 * 1024).text == str(1024 * 1024)
    assert (
        visiting.post("/wb/answers", headers=headers, content=b"x" * (16 * 1024 * 1024 + 1)).status_code
        == 413
    )
    assert visiting.post("/wb/answers", headers=headers, content=in_parts()).status_code == 413
    assert visiting.post("/login", content=b"x" * 65537).status_code == 413
    assert visiting.post("/login", content=b"x" * 65536).status_code == 200


@pytest.mark.parametrize("path", ["/wb/who", "/nowhere", "/login", "/media/x", "/_stcore/health"])
def test_every_answer_has_the_headers_that_keep_a_browser_careful(people: Home, path: str) -> None:
    for visiting in (client(), signed_in(people)):
        headers = visiting.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        allowed = headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in allowed
        assert "http" not in allowed
        assert "*" not in allowed
        assert allowed.startswith("default-src 'self'")
        assert headers["Referrer-Policy"] == "no-referrer"


# With accounts


def test_a_page_leads_to_the_login_and_keeps_its_deep_link(people: Home) -> None:
    answer = client().get("/review?project=tickets&label=%C3%A9")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Freview%3Fproject%3Dtickets%26label%3D%25C3%25A9"
    assert client().get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/wb/who"), ("POST", "/wb/answers"), ("POST", "/"), ("GET", "/media/a.png"), ("GET", "/static/x.js"),
     ("OPTIONS", "/wb/who"), ("GET", "/_stcore/host-config"), ("PUT", "/_stcore/upload_file/a/b"),
     ("GET", "/index.html")],
)  # fmt: skip
def test_files_routes_and_other_methods_answer_401(people: Home, method: str, path: str) -> None:
    answer = client().request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "session")


@pytest.mark.parametrize("path", ["/login", "/_stcore/health"])
def test_the_login_and_the_health_check_are_open_to_all_machines(people: Home, path: str) -> None:
    assert client(address="192.0.2.7", url="http://work.example").get(path).text == "open"


def test_the_websocket_needs_a_session(people: Home) -> None:
    with pytest.raises(WebSocketDisconnect), client().websocket_connect(SOCKET):
        pass
    with signed_in(people).websocket_connect(SOCKET) as socket:
        socket.send_text("a")
        assert socket.receive_text() == "a"


def test_a_session_says_who_it_is_from_anywhere(people: Home) -> None:
    visiting = signed_in(people, "ben", address="192.0.2.7", url="https://work.example")
    said = visiting.get("/wb/who").json()
    assert (said["name"], said["role"]) == ("ben", "lead")


@pytest.mark.parametrize("what", ["password", "role", "removal", "sign-out"])
def test_a_session_and_its_open_websocket_end_with(people: Home, what: str) -> None:
    visiting = signed_in(people, "cy")
    cookie, _, value = visiting.headers["Cookie"].partition("=")
    visitor = sessions.visitor_with({cookie: value}, people)
    assert visitor is not None
    with visiting.websocket_connect(SOCKET) as socket:
        socket.send_text("a")
        assert socket.receive_text() == "a"
        if what == "password":
            change_password(people, "cy", "another long one")
        elif what == "role":
            change_role(people, "cy", "lead")
        elif what == "removal":
            remove_account(people, "cy")
        else:
            end_session(people, visitor.session, seconds=60)
        socket.send_text("b")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        assert closed.value.code == 1008
    assert visiting.get("/wb/who").status_code == 401
    assert signed_in(people, "Ana").get("/wb/who").status_code == 200


def test_the_local_admin_loses_an_open_websocket_when_accounts_are_made(home: Home) -> None:
    with client().websocket_connect(SOCKET) as socket:
        add_account(home, "Ana", role="admin", password=PASSWORD)
        socket.send_text("a")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_an_account_made_again_under_the_same_name_does_not_revive_old_sessions(people: Home) -> None:
    visiting = signed_in(people, "cy")
    remove_account(people, "cy")
    add_account(people, "cy", role="annotator", password=PASSWORD)
    assert visiting.get("/wb/who").status_code == 401


def test_a_cookie_that_was_tampered_with_is_refused(people: Home) -> None:
    cookie, _, value = signed_in(people, "cy").headers["Cookie"].partition("=")
    payload, stamp, signature = value.rsplit(".", 2)
    ana = sessions.session_cookie(people, manage_accounts.list_accounts(people)[0])[1]
    tries = [
        f"{ana.rsplit('.', 2)[0]}.{stamp}.{signature}",
        f"{payload}.{stamp}",
        f"{payload}.{stamp}.",
        f"{payload}x.{stamp}.{signature}",
        f"{payload}.{stamp}.{signature[:-2]}AA",
        value * 30,
        "",
        "." * 100,
        "x" * 1_000_000,
        "é\x00",
    ]
    for tampered in tries:
        assert sessions.visitor_with({cookie: tampered}, people) is None
    assert sessions.visitor_with({cookie: value}, people) is not None
    device, known = sessions.device_cookie(people, manage_accounts.list_accounts(people)[0])
    assert device != cookie
    assert sessions.visitor_with({cookie: known}, people) is None


def test_a_cookie_ends_after_14_days(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    cookie, _, value = signed_in(people, "cy").headers["Cookie"].partition("=")
    clock = time.time
    for days, holds in ((13.9, True), (14.1, False)):
        monkeypatch.setattr(time, "time", lambda days=days: clock() + days * 86400)
        assert (sessions.visitor_with({cookie: value}, people) is not None) is holds


def test_a_cookie_of_another_install_is_refused(
    people: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, value = signed_in(people, "cy").headers["Cookie"].partition("=")
    other = Home(tmp_path / "other")
    other.root.mkdir()
    (other.root / ACCOUNTS).write_bytes((people.root / ACCOUNTS).read_bytes())
    (other.root / ACCOUNTS).chmod(0o600)
    account = manage_accounts.list_accounts(other)[0]
    cookie, _ = sessions.session_cookie(other, account)
    assert sessions.visitor_with({cookie: value}, other) is None


@pytest.mark.parametrize(
    "harm", ["not json", "{}", '{"version": 1, "accounts": [], "ended": {}}', '{"version": 9}']
)
def test_damaged_accounts_close_the_app_and_never_open_it(people: Home, harm: str) -> None:
    visiting = signed_in(people, "Ana")
    (people.root / ACCOUNTS).write_text(harm)
    for one in (client(), visiting):
        assert one.get("/wb/who").status_code == 503
        with pytest.raises(WebSocketDisconnect), one.websocket_connect(SOCKET):
            pass


def test_accounts_that_others_can_read_close_the_app(people: Home) -> None:
    (people.root / ACCOUNTS).chmod(0o644)
    assert client().get("/").status_code == 503


# Small rules


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "///evil.example", "http://evil.example", "javascript:alert(1)", "/\\evil.example", "\\\\evil",
     "/a\r\nSet-Cookie: x=1", "/a\tb", " /a", "evil", "", "/é", "/login", "/logout", "/login?next=/", "/" + "a" * 3000],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_elsewhere(target: str) -> None:
    assert local_target(target) == "/"


@pytest.mark.parametrize(
    "target", ["/review?project=a&question=b", "/", "/annotate", "/a?next=http://b.example"]
)
def test_after_signing_in_the_deep_link_is_kept(target: str) -> None:
    assert local_target(target) == target


def test_loopback_is_this_machine_only() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.9.1", "::1", "localhost", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "localhost.evil", "", "127.1")))


def test_hashes_are_cheap_in_these_tests_only() -> None:
    assert hash_password("x" * 12).n == 2
