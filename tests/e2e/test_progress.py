"""Bulk answers and the settling of conflicts in a real browser."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import expect

from workbench.domain.annotations import Annotation, new_client_id
from workbench.store.project_store import ProjectStore

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MARKER_X, FIRST_ROW_Y, ROW_PIXELS = 16, 56, 36  # where the boxes of rows stand in the table's canvas


def select_rows(page: Any, *rows: int) -> None:
    """Click the boxes in front of rows, counted from 0; the table is one picture."""
    box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()
    for n, row in enumerate(rows, start=1):
        page.mouse.click(box["x"] + MARKER_X, box["y"] + FIRST_ROW_Y + ROW_PIXELS * row)
        expect(page.locator(f'[data-selected="{n}"]')).to_be_attached(timeout=20_000)
        box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()


def test_rows_selected_in_the_bulk_view_get_one_answer_once_and_lose_it_again(page: Any, app: Any) -> None:
    app.add_documents(60)
    page.goto(f"{app.url}/bulk?project=tickets&question=topic&annotator=ana&contains=Ticket")
    expect(page.locator('[data-found="60"]')).to_be_attached(timeout=60_000)
    select_rows(page, 0, 2)
    page.get_by_role("button", name="billing").dblclick()
    expect(page.locator('[data-found="58"]')).to_be_attached(timeout=20_000)
    expect(page.locator('[data-selected="0"]')).to_be_attached(timeout=20_000)
    assert {a.document_id: (a.annotator, a.labels) for a in app.answers("topic")} == {
        "more-0": ("ana", ("billing",)),
        "more-2": ("ana", ("billing",)),
    }
    assert len(app.history("topic")) == 2

    page.reload()
    page.get_by_role("button", name="Undo the last bulk answer (2 documents)").click(timeout=20_000)
    expect(page.locator('[data-found="60"]')).to_be_attached(timeout=20_000)
    assert app.answers("topic") == []


def choose(page: Any, name: str, option: str) -> None:
    """Choose an option; a list that opens while the page is still being drawn anew is closed by that."""
    wanted = page.get_by_role("option", name=option)
    for _ in range(5):
        page.get_by_role("combobox", name=name).click()
        with suppress(TookTooLong):
            wanted.click(timeout=3_000)
            return
    raise AssertionError(f"The list of '{name}' never stayed open.")


def test_a_lead_settles_conflicts_one_after_the_other(page: Any, app: Any) -> None:
    said = {
        "ticket-0": ("fault", "delivery"),
        "ticket-1": ("billing", "fault"),
        "ticket-2": ("fault", "fault"),
    }
    with ProjectStore.open(app.home / "projects" / "tickets") as store:
        store.record(
            [
                Annotation(new_client_id(), document, "topic", who, (label,))
                for document, labels in said.items()
                for who, label in zip(("ana", "ben"), labels, strict=True)
            ]
        )
    page.goto(f"{app.url}/progress?project=tickets&question=topic&tab=conflicts&annotator=lea")
    expect(page.locator('[data-open="2"]')).to_be_attached(timeout=60_000)
    page.get_by_role("button", name="Settle on delivery").click()
    expect(page.locator('[data-open="1"][data-settled="1"]')).to_be_attached(timeout=20_000)
    expect(page.get_by_text("<script>document.title")).to_be_visible()  # the next one, as text
    choose(page, "Another label", "delivery")
    page.get_by_role("button", name="Settle on this").click()
    expect(page.get_by_text("All conflicts are settled.")).to_be_visible(timeout=20_000)
    settled = {a.document_id: (a.annotator, a.labels) for a in app.answers("topic") if a.is_settled}
    assert settled == {"ticket-0": ("lea", ("delivery",)), "ticket-1": ("lea", ("delivery",))}
    assert page.title() != "taken over"
