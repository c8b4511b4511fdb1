"""Who may see which page, what the page of accounts does, and that every route is behind the gate."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit.runtime import Runtime
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import open_view
from workbench.config import Home
from workbench.domain.accounts import ROLES, Role
from workbench.errors import InputError, MachineError, RefusedError
from workbench.ui import addresses, sessions
from workbench.ui.asgi import MIDDLEWARE, ROUTES
from workbench.ui.attempts import OF_ACCOUNT_AND_ADDRESS, Attempts
from workbench.ui.gate import OPEN
from workbench.ui.launch import MAIN, check_address, check_port
from workbench.ui.roles import LEAST_ROLE
from workbench.ui.views import people as people_view
from workbench.ui.visitors import current_visitor
from workbench.usecases.manage_accounts import add_account, list_accounts, remove_account, verify

STREAMLIT_FILES = Path(st.__file__).parent / "static"
PASSWORD = "correct horse battery"
HERE = "http://127.0.0.1:8501"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.store.passwords.N", 2)


@pytest.fixture
def people(tickets: Home) -> Home:
    """Return the home with the project `tickets`, and one account of each role."""
    for name, role in (("Ana", "admin"), ("ben", "lead"), ("cy", "annotator")):
        add_account(tickets, name, role=role, password=PASSWORD)
    return tickets


def cookies_of(home: Home, name: str) -> dict[str, str]:
    (account,) = [known for known in list_accounts(home) if known.name == name]
    return dict([sessions.session_cookie(home, account)])


def sign_in(monkeypatch: pytest.MonkeyPatch, home: Home, name: str) -> None:
    """Let the pages see the cookie of somebody."""
    cookies = cookies_of(home, name)
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: cookies))


# Every route


def pages_of_main() -> set[str]:
    tree = ast.parse(MAIN.read_text(encoding="utf-8"))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.Page"
    ]
    said = [{word.arg: word.value for word in call.keywords} for call in calls]
    return {ast.literal_eval(words["url_path"]) if "url_path" in words else "" for words in said}


@pytest.fixture
def whole_app(people: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, list[BaseRoute]]]:
    """Give a client of the app as it is served, and all its routes: those of Streamlit too."""
    monkeypatch.setattr(Runtime, "_instance", None)  # there is one a process
    served = st.App(MAIN, routes=ROUTES, middleware=MIDDLEWARE)
    visiting = TestClient(served, HERE, client=("127.0.0.1", 50000), follow_redirects=False)
    with visiting:
        assert served._starlette_app is not None
        yield visiting, list(served._starlette_app.routes)


def example_of(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "example", path) or "/"


def test_every_page_has_a_least_role() -> None:
    assert len(pages_of_main()) >= 5
    assert pages_of_main() <= set(LEAST_ROLE)


@pytest.mark.slow
def test_every_route_and_deep_link_needs_a_cookie(whole_app: tuple[TestClient, list[BaseRoute]]) -> None:
    visiting, routes = whole_app
    assert len(routes) > 20
    seen, let_in = 0, set()
    for route in routes:
        path = example_of(route.path if isinstance(route, Route | WebSocketRoute | Mount) else "")
        if isinstance(route, WebSocketRoute):
            with pytest.raises(WebSocketDisconnect), visiting.websocket_connect(f"ws://127.0.0.1:8501{path}"):
                pass
            seen += 1
            continue
        methods = (isinstance(route, Route) and route.methods) or {"GET", "POST", "PUT", "DELETE", "OPTIONS"}
        for method in methods | {"POST"}:
            answer = visiting.request(method, path)
            seen += 1
            if path in OPEN:
                let_in.add(path)
            elif answer.status_code == 303:
                assert method in ("GET", "HEAD")
                assert answer.headers["location"].startswith("/login")
            else:
                assert answer.status_code in (401, 403), (method, path)
    for page in pages_of_main():
        for query in ("", "?project=tickets&question=topic"):
            answer = visiting.get(f"/{page}{query}")
            assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login")
            assert "tickets" not in answer.text
            seen += 1
    for file in sorted(STREAMLIT_FILES.rglob("*.*"))[::20]:
        assert visiting.get(f"/{file.relative_to(STREAMLIT_FILES).as_posix()}").status_code == 401
        seen += 1
    assert let_in == {"/login", "/login.css", "/_stcore/health"} == OPEN
    assert seen > 50


@pytest.mark.slow
def test_with_a_cookie_streamlit_answers(people: Home, whole_app: tuple[TestClient, list[BaseRoute]]) -> None:
    visiting, _ = whole_app
    visiting.cookies.update(cookies_of(people, "cy"))
    assert "<title>Streamlit</title>" in visiting.get("/review?project=tickets").text
    assert visiting.get("/_stcore/host-config").status_code == 200


# Pages by role


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_pages_and_is_told_about_others(
    people: Home, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    name = {"admin": "Ana", "lead": "ben", "annotator": "cy"}[role]
    sign_in(monkeypatch, people, name)
    script = """
import streamlit as st
from workbench.ui.messages import errors_shown
from workbench.ui.roles import pages_for
from workbench.ui.views import people as people_view
from workbench.ui.visitors import current_visitor
def show():
    st.write("the data")
names = ("annotate", "review", "data", "models", "progress", "people", "unheard")
pages = pages_for(current_visitor(), [st.Page(show, title=n.title(), url_path=n) for n in names])
for page in pages:
    st.write(page.url_path + " " + page.visibility)
    with errors_shown():
        page._page()
"""
    shown = AppTest.from_string(script, default_timeout=60).run()
    assert not shown.exception
    visible = {line.value.split()[0] for line in shown.markdown if line.value.endswith(" visible")}
    expected = {
        "annotator": {"annotate", "progress", "people"},
        "lead": {"annotate", "progress", "people", "review", "data", "models"},
        "admin": {"annotate", "progress", "people", "review", "data", "models", "unheard"},
    }[role]
    # The first of the pages stands at "/", where Streamlit calls it the default one.
    assert visible | {"annotate"} == expected
    assert [line.value for line in shown.markdown].count("the data") == len(expected)
    assert len(shown.error) == 7 - len(expected)
    assert all("is for" in error.value for error in shown.error)


@pytest.mark.slow
def test_every_page_says_who_is_signed_in_and_leads_to_the_sign_out(
    people: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> str:
        page = AppTest.from_file(str(MAIN), default_timeout=60).run()
        assert not page.exception
        return "".join(element.proto.body for element in page.main if element.type == "html")

    add_account(people, "<i>di", role="annotator", password=PASSWORD)
    sign_in(monkeypatch, people, "<i>di")
    assert '<a href="/logout" target="_self">Sign out</a>' in shown()
    assert "&lt;i&gt;di</strong>" in shown()
    monkeypatch.setattr(addresses.st, "get_option", lambda _: "behind/proxy/")
    assert '<a href="/behind/proxy/logout" target="_self">Sign out</a>' in shown()


@pytest.mark.slow
def test_without_accounts_no_page_speaks_of_signing_out(tickets: Home) -> None:
    page = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert "wb-who" not in "".join(element.proto.body for element in page.main if element.type == "html")


@pytest.mark.slow
def test_an_annotator_is_shown_no_link_to_pages_of_leads(
    people: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, links in (("cy", {"Annotate"}), ("ben", {"Annotate", "Data", "Review"})):
        sign_in(monkeypatch, people, name)
        page = AppTest.from_file(str(MAIN), default_timeout=60).run()
        assert not page.exception
        assert {link.proto.label for link in page.get("page_link")} == links


@pytest.mark.slow
def test_a_session_that_ended_shows_no_data(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, people, "cy")
    remove_account(people, "cy")
    page = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert [error.value.split("\n")[0] for error in page.error] == ["You are signed out\\."]
    assert not page.get("page_link")
    with pytest.raises(RefusedError):
        current_visitor()


# The page of accounts


def open_people() -> AppTest:
    return open_view("people")


def click(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    page = button.click().run()
    assert not page.exception
    return page


def test_the_first_admin_is_made_in_single_user_mode(home: Home) -> None:
    page = open_people()
    assert "whoever sits here may do everything" in page.markdown[0].value
    page.text_input(key="first name").input("Ana")
    page.text_input(key="password first").input(PASSWORD)
    page.text_input(key="again first").input("something else")
    page = click(page, "Make the account")
    assert "differ" in page.error[0].value
    assert list_accounts(home) == ()
    page.text_input(key="again first").input(PASSWORD)
    page = click(page, "Make the account")
    assert [(account.name, account.role) for account in list_accounts(home)] == [("Ana", "admin")]
    assert "/login" in "".join(element.proto.body for element in page.get("html"))


def test_an_admin_adds_changes_and_removes(people: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, people, "Ana")
    page = open_people()
    page.text_input(key="new name").input("dot*y*")
    page.text_input(key="password new").input(PASSWORD)
    page.text_input(key="again new").input(PASSWORD)
    page = click(page, "Add")
    assert page.success[0].value == "dot\\*y\\* can sign in now, as annotator\\."
    page = page.selectbox(key="account").select("cy").run()
    page.selectbox(key="role of cy").select("lead")
    click(page, "Change the role")
    assert {account.name: account.role for account in list_accounts(people)}["cy"] == "lead"

    page = open_people().selectbox(key="account").select("cy").run()
    page = page.segmented_control(key="what to change").set_value("Password").run()
    page.text_input(key="password of cy").input("another long one")
    page.text_input(key="again of cy").input("another long one")
    click(page, "Set the password")
    assert verify(people, "cy", "another long one")

    page = open_people().selectbox(key="account").select("cy").run()
    page = page.segmented_control(key="what to change").set_value("Remove").run()
    page = click(page, "Remove")
    assert "Tick the box first" in page.error[0].value
    page.checkbox(key="sure cy").check()
    click(page, "Remove")
    assert "cy" not in {account.name for account in list_accounts(people)}


@pytest.mark.parametrize("name", ["ben", "cy"])
def test_others_change_their_own_password_only(
    people: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    sign_in(monkeypatch, people, name)
    page = open_people()
    assert not page.dataframe
    assert [button.label for button in page.button] == ["Change the password"]
    page.text_input(key="old").input("wrong wrong")
    page.text_input(key="password own").input("another long one")
    page.text_input(key="again own").input("another long one")
    page = click(page, "Change the password")
    assert "present password is not right" in page.error[0].value
    page.text_input(key="old").input(PASSWORD)
    page = click(page, "Change the password")
    assert verify(people, name, "another long one")
    assert verify(people, "Ana", PASSWORD)


def test_an_open_window_is_no_place_to_guess_the_password(
    people: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_view, "ATTEMPTS", Attempts())
    sign_in(monkeypatch, people, "cy")
    page = open_people()
    page.text_input(key="password own").input("another long one")
    page.text_input(key="again own").input("another long one")
    for n in range(OF_ACCOUNT_AND_ADDRESS + 1):
        page.text_input(key="old").input(f"guess number {n}")
        page = click(page, "Change the password")
    assert "wrong too often" in page.error[0].value
    page.text_input(key="old").input(PASSWORD)
    page = click(page, "Change the password")
    assert verify(people, "cy", PASSWORD)


def test_an_admin_who_was_demoted_meanwhile_changes_nothing(
    people: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.usecases.manage_accounts import change_role

    sign_in(monkeypatch, people, "Ana")
    page = open_people()
    page.text_input(key="new name").input("eve")
    page.text_input(key="password new").input(PASSWORD)
    page.text_input(key="again new").input(PASSWORD)
    change_role(people, "ben", "admin")
    change_role(people, "Ana", "lead")
    (button,) = [button for button in page.button if button.label == "Add"]
    page = button.click().run()
    assert "signed out" in page.error[0].value
    assert "eve" not in {account.name for account in list_accounts(people)}


# Starting


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "work.example"])
def test_a_public_address_needs_accounts(home: Home, address: str) -> None:
    with pytest.raises(InputError, match="Without accounts") as refused:
        check_address(address)
    assert "workbench account add" in refused.value.hint
    add_account(home, "Ana", role="admin", password=PASSWORD)
    check_address(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_none(home: Home, address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.host.invalid", "a b", "2001:db8::1"])
def test_an_address_of_another_machine_is_said_so(address: str) -> None:
    with pytest.raises(MachineError, match=re.escape(address)):
        check_port(23456, address)


def workbench(*arguments: str, said: str = "") -> Any:
    program = "from workbench.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], input=said, capture_output=True, text=True, timeout=60
    )


@pytest.mark.slow
def test_the_command_line_manages_accounts_and_never_takes_a_password_as_an_argument(home: Home) -> None:
    refused = workbench("app", "--address", "0.0.0.0", "--port", "23457")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "workbench account add" in refused.stderr
    assert "no accounts" in workbench("account", "list").stdout
    assert (
        "at least 10 characters"
        in workbench("account", "add", "Ana", "--role", "admin", said="short\n").stderr
    )
    assert workbench("account", "add", "Ana", "--role", "admin").returncode == 2  # nothing on standard input
    assert workbench("account", "add", "Ana", "--role", "admin", "--password", PASSWORD).returncode == 2
    added = workbench("account", "add", "Ana", "--role", "admin", said=f"{PASSWORD}\nmore\n")
    assert (added.returncode, added.stdout) == (0, "added Ana, admin\n")
    assert workbench("account", "add", "ben", said=PASSWORD).returncode == 0
    assert workbench("account", "role", "ben", "lead").stdout == "ben is now lead\n"
    assert workbench("account", "password", "ben", said="another long one\r\n").returncode == 0
    assert verify(home, "ben", "another long one")
    assert "last admin" in workbench("account", "remove", "Ana").stderr
    assert workbench("account", "password", "nobody", said=PASSWORD).returncode == 2
    assert workbench("account", "remove", "ben").returncode == 0
    listed = workbench("account", "list").stdout.splitlines()
    assert [line.split()[0::2] for line in listed] == [["admin", "Ana"]]


@pytest.mark.slow
def test_a_terminal_is_asked_for_the_password_and_does_not_show_it(home: Home) -> None:
    import os
    import pty

    program = "from workbench.cli.main import main; main()"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", program, "account", "add", "Ana", "--role", "admin"])
    shown = b""
    # The last space comes when the terminal shows no more of what is typed.
    for question in (b"Password: ", b"Repeat for confirmation: "):
        while question not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, f"{PASSWORD}\n".encode())
    while b"added" not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitpid(child, 0)[1] == 0
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    assert verify(home, "Ana", PASSWORD)
