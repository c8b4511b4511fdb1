"""Going from page to page in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_chosen_question_goes_along_to_other_pages_and_through_a_reload(page: Any, app: Any) -> None:
    page.goto(app.url)
    page.get_by_role("link", name="Annotate").nth(2).click(timeout=60_000)  # in the line of aspects
    chosen = page.get_by_role("radio", name="aspects")
    expect(chosen).to_be_checked(timeout=20_000)

    page.get_by_role("radio", name="entities").click()
    expect(page.locator(".wb-card.wb-spans")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Review").click()
    # Until the address is there, the radio button seen is that of the page before.
    expect(page).to_have_url(re.compile(r"/review\?.*question=entities"), timeout=20_000)
    expect(page.get_by_role("radio", name="entities")).to_be_checked(timeout=20_000)
    page.reload()
    expect(page.get_by_role("radio", name="entities")).to_be_checked(timeout=20_000)


def test_keys_work_at_once_after_another_question_was_chosen(page: Any, app: Any) -> None:
    page.goto(f"{app.url}/annotate?project=tickets&question=topic&annotator=ana")
    page.get_by_role("radio", name="aspects").click(timeout=60_000)
    expect(page.get_by_role("button", name="1 price")).to_be_visible(timeout=20_000)
    page.keyboard.press("1")
    page.keyboard.press("a")
    page.wait_for_function("document.querySelector('[data-part=saved]')?.textContent.includes('all saved')")
    (answer,) = app.answers("aspects")
    assert answer.labels == ("price",)


def test_nothing_is_fetched_from_another_host(page: Any, app: Any) -> None:
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
    for path in ("/", "/annotate", "/bulk", "/progress", "/review", "/models"):
        page.goto(app.url + path)
        page.wait_for_timeout(2000)
    assert {host for host in hosts if host} == {f"127.0.0.1:{app.port}"}
