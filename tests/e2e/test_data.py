"""A project made, filled and given away again in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CSV = b"text,topic\nWhere is my card?,delivery\n<img src=x onerror=alert(1)>,billing\n"


def test_a_project_is_made_filled_and_downloaded(page: Any, app: Any) -> None:
    said = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(app.url)
    page.get_by_role("button", name="New project").click(timeout=60_000)
    page.get_by_role("textbox", name="Name of the project").fill("mails")
    page.get_by_role("textbox", name="Name of question 1").fill("topic")
    page.get_by_role("textbox", name="Labels, one a line").fill("billing\ndelivery")
    page.get_by_role("button", name="Create the project").click()
    expect(page).to_have_url(re.compile(r"/data\?.*tab=import"), timeout=20_000)

    name = "<img src=x onerror=alert(2)>.csv"
    page.set_input_files("input[type=file]", files=[{"name": name, "mimeType": "text/csv", "buffer": CSV}])
    page.get_by_role("button", name="Import 2 documents").click(timeout=20_000)
    expect(page.get_by_text("Imported: 2 new documents")).to_be_visible(timeout=20_000)

    page.goto(f"{app.url}/data?project=mails&tab=download&question=topic")
    page.get_by_role("button", name="Prepare the file").click(timeout=20_000)
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=20_000)
    with page.expect_download() as downloading:
        link.click()
    assert downloading.value.suggested_filename == "mails-topic.jsonl"
    assert "Where is my card?" in Path(downloading.value.path()).read_text(encoding="utf-8")
    assert said == []
    assert not list((app.home / "projects" / "mails" / "data").rglob("*.csv"))
