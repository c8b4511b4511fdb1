"""Signing in and out, roles and the gate, in a real browser against the real server."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest
from playwright.sync_api import expect

from workbench.config import Home
from workbench.usecases.manage_accounts import add_account

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse battery"


@pytest.fixture
def people(app: Any) -> Any:
    """Serve the app to three people with accounts."""
    for name, role in (("Ana", "admin"), ("ben", "lead"), ("cy", "annotator")):
        add_account(Home(app.home), name, role=role, password=PASSWORD)
    return app


def sign_in(page: Any, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def handshake(port: int, *headers: str) -> str:
    """Ask for the app's websocket as a program of one's own would, and return the first line of the answer."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        *headers,
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode())
        return raw.recv(4096).decode("latin-1").splitlines()[0]


def test_a_deep_link_leads_through_the_login_and_an_annotator_stays_out_of_models(
    page: Any, people: Any
) -> None:
    page.goto(f"{people.url}/annotate?project=tickets&question=entities")
    expect(page).to_have_url(re.compile(r"/login\?next="))
    assert "tickets" not in page.content().replace("project%3Dtickets", "").replace("project=tickets", "")
    sign_in(page, "cy", "not the right one")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    sign_in(page, "cy")
    expect(page).to_have_url(re.compile(r"/annotate\?project=tickets&question=entities"))
    expect(page.get_by_role("radio", name="entities")).to_be_checked(timeout=60_000)
    expect(page.get_by_label("Annotator")).to_have_count(0)  # answers are recorded under the account

    page.goto(f"{people.url}/models?project=tickets")
    expect(page.get_by_text("The page Models is for leads and admins")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Models")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)


def test_signing_out_ends_every_window(browser: Any, people: Any) -> None:
    context = browser.new_context()
    page, other = context.new_page(), context.new_page()
    page.goto(people.url)
    sign_in(page, "Ana")
    expect(page.get_by_role("link", name="People")).to_be_visible(timeout=60_000)
    other.goto(f"{people.url}/annotate?project=tickets&question=topic")
    expect(other.get_by_role("button", name="1 delivery")).to_be_visible(timeout=60_000)

    page.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Sign out").click(timeout=20_000)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/login$"))

    other.get_by_text("aspects").click()  # the websocket closes at this message, and no new one opens
    other.wait_for_timeout(3000)
    assert not other.get_by_role("button", name="1 price").count()
    other.reload()
    expect(other).to_have_url(re.compile(r"/login\?next="))
    context.close()


def test_the_first_admin_is_made_in_the_browser_and_then_everybody_signs_in(page: Any, app: Any) -> None:
    page.goto(f"{app.url}/people")
    page.get_by_label("Name", exact=True).fill("Ana", timeout=60_000)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("link", name="Sign in").click(timeout=20_000)
    sign_in(page, "ana")
    expect(page.get_by_role("link", name="People")).to_be_visible(timeout=60_000)


def test_the_websocket_is_refused_without_a_cookie_and_to_foreign_pages(page: Any, people: Any) -> None:
    assert " 403 " in handshake(people.port)
    assert " 403 " in handshake(people.port, "Cookie: workbench-session=x")
    page.goto(people.url)
    sign_in(page, "cy")
    expect(page.get_by_role("link", name="Account")).to_be_visible(timeout=60_000)
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    assert " 101 " in handshake(people.port, f"Cookie: {cookie}")
    assert " 101 " in handshake(people.port, f"Cookie: {cookie}", f"Origin: {people.url}")
    assert " 403 " in handshake(people.port, f"Cookie: {cookie}", "Origin: http://evil.example")


def test_without_accounts_the_websocket_is_for_this_machine_under_its_own_name(app: Any) -> None:
    assert " 101 " in handshake(app.port)
    assert " 403 " in handshake(app.port, "Origin: http://evil.example")
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert b" 403 " in raw.recv(4096).splitlines()[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/people"])
def test_the_pages_of_accounts_are_accessible(browser: Any, people: Any, path: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(people.url + "/login")
    if path == "/login":
        sign_in(page, "cy", "not the right one")
    else:
        sign_in(page, "Ana")
        page.wait_for_url(re.compile("/$"))
        page.goto(people.url + path)
    expect(page.get_by_text(re.compile("not right|signed in as", re.IGNORECASE)).first).to_be_visible(
        timeout=60_000
    )
    page.wait_for_timeout(1000)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
    context.close()
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
