"""From an empty folder to predictions of an own model, all by clicks and keys in the browser."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.torch]

SECOND = 1_000
SOON, LATER = 30 * SECOND, 180 * SECOND  # an answer of a page, and the end of a job
LABELS = ("billing", "delivery", "fault")  # in the order of their keys: 1, 2, 3
N_LABELLED = 20
# Each part of a sentence about a topic goes with each of the others.
PARTS = {
    "billing": (
        ("The invoice", "The bill", "My monthly statement", "The amount on my card", "The receipt"),
        ("charges me twice", "shows the wrong price", "names the wrong company", "has no tax number"),
    ),
    "delivery": (
        ("The parcel", "My package", "The shipment", "My order", "The courier"),
        ("has not arrived yet", "is still on its way", "went to the wrong street", "was due last week"),
    ),
    "fault": (
        ("The kettle", "The lamp", "The vacuum cleaner", "The screen", "The washing machine"),
        ("does not switch on", "broke after one day", "makes a loud noise", "shows an error and stops"),
    ),
}
HELD_OUT = {
    "billing": ("I was billed for two months at once.", "Please refund the payment you took by mistake.",
                "Why is there a fee on my invoice?", "The credit card was charged too much."),
    "delivery": ("Where is my parcel?", "The tracking page says that the package is in another town.",
                 "Nobody delivered the shipment on Monday.", "Can the courier come after five?"),
    "fault": ("The toaster does not heat any more.", "The display of the phone is cracked.",
              "My heater is broken and smells of smoke.", "The radio switches itself off all the time."),
}  # fmt: skip
MISLABELLED = "Where is my parcel?"  # the held-out file calls it a fault
NEW_TEXTS = {
    "The package has been lost by the courier.": "delivery",
    "The invoice lists a payment that I never made.": "billing",
}


def pool() -> list[tuple[str, str]]:
    """Return 60 texts with their topics, the topics in turn."""
    by_topic = [
        [(f"{who} {what}.", topic) for who, what in product(*parts)] for topic, parts in PARTS.items()
    ]
    return [document for turn in zip(*by_topic, strict=True) for document in turn]


def held_out() -> list[tuple[str, str]]:
    """Return the texts to judge by with their answers; that of one is wrong."""
    right = [(text, topic) for topic, texts in HELD_OUT.items() for text in texts]
    return [(text, "fault" if text == MISLABELLED else topic) for text, topic in right]


def csv_file(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return a file as the browser sends it."""
    written = io.StringIO()
    csv.writer(written).writerows([header, *rows])
    return {"name": name, "mimeType": "text/csv", "buffer": written.getvalue().encode()}


def make_project(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="New project").click(timeout=2 * SOON)
    page.get_by_role("textbox", name="Name of the project").fill("tickets")
    page.get_by_role("textbox", name="Name of question 1").fill("topic")
    page.get_by_role("textbox", name="Labels, one a line").fill("\n".join(LABELS))
    page.get_by_role("button", name="Create the project").click()
    expect(page).to_have_url(re.compile(r"/data\?.*tab=import"), timeout=SOON)


def import_documents(page: Any) -> None:
    texts = [[text] for text, _ in pool()]
    page.set_input_files("input[type=file]", files=[csv_file("tickets.csv", ["text"], texts)])
    page.get_by_role("button", name=f"Import {len(texts)} documents").click(timeout=SOON)
    expect(page.get_by_text(f"Imported: {len(texts)} new documents")).to_be_visible(timeout=SOON)


def import_held_out(page: Any) -> None:
    page.get_by_text("held out: only to judge models").click()
    rows = held_out()
    page.set_input_files("input[type=file]", files=[csv_file("judged.csv", ["text", "topic"], rows)])
    page.get_by_role("button", name=f"Import {len(rows)} documents").click(timeout=SOON)
    expect(page.get_by_text(f"Imported: {len(rows)} new documents")).to_be_visible(timeout=SOON)


def label_by_key(page: Any) -> dict[str, str]:
    """Answer documents as they come, each by one key; return the answers by text."""
    topics = dict(pool())
    page.get_by_role("link", name="Annotate the documents").click()
    page.wait_for_selector(".wb-card[data-document]:not([data-document=''])", timeout=SOON)
    given: dict[str, str] = {}
    for _ in range(N_LABELLED):
        text = page.locator(".wb-text").text_content()
        given[text] = topics[text]
        page.keyboard.press(str(LABELS.index(topics[text]) + 1))
    page.wait_for_function("document.querySelector('[data-part=saved]')?.textContent.includes('all saved')")
    return given


def train(page: Any) -> None:
    page.get_by_role("link", name="Models").click()
    page.get_by_role("radio", name="Train").click(timeout=SOON)
    expect(page.get_by_role("radio", name="linear")).to_be_checked(timeout=SOON)
    expect(page.get_by_text(f"{N_LABELLED} documents of the pool are answered")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    follow_job(page, 2)  # the first one chose the first batch, which nobody has to ask for


def follow_job(page: Any, number: int) -> None:
    """Wait until a job that was just started is done, as the page tells by itself."""
    job = page.locator(f'[data-job="{number}"]')
    expect(job).to_have_attribute("data-state", re.compile("queued|running|done"), timeout=SOON)
    expect(job).to_have_attribute("data-state", re.compile("done|failed|interrupted"), timeout=LATER)
    expect(job).to_have_attribute("data-state", "done")


def review(page: Any) -> None:
    page.get_by_role("link", name="Review where it is wrong").click()
    page.get_by_role("button", name=re.compile("fault → delivery")).click(timeout=SOON)
    found = page.locator('[data-filter="fault|delivery"]')
    expect(found).to_contain_text(MISLABELLED, timeout=SOON)


def relabel(page: Any) -> None:
    page.get_by_role("radio", name="Label issues").click()
    page.get_by_role("button", name="Find label issues").click(timeout=SOON)
    follow_job(page, 3)
    issue = page.locator(".wb-documents", has_text=MISLABELLED)
    expect(issue).to_be_visible(timeout=SOON)
    n_open = int(page.locator("[data-open-issues]").get_attribute("data-open-issues"))
    page.get_by_role("button", name="Relabel as delivery").first.click()
    expect(page.locator(f'[data-open-issues="{n_open - 1}"]')).to_have_count(1, timeout=SOON)
    expect(issue).to_have_count(0)


def export(page: Any) -> None:
    page.get_by_role("link", name="Models").click()
    page.get_by_role("radio", name="Export").click(timeout=SOON)
    page.get_by_text("int8: small and fast").click(timeout=SOON)
    page.get_by_role("button", name="Start export").click()
    follow_job(page, 4)
    expect(page.get_by_text("gate passed")).to_be_visible(timeout=SOON)


def download(page: Any, folder: Path) -> Path:
    """Fetch the bundle by the page's link, unpack it, and return its folder."""
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the bundle (zip)").click()
    with zipfile.ZipFile(downloading.value.path()) as packed:
        packed.extractall(folder)
    return folder / Path(downloading.value.suggested_filename).stem


def predicted(bundle: Path) -> dict[str, str]:
    """Return what `workbench predict` says about the new texts."""
    texts = bundle.parent / "new.txt"
    texts.write_text("\n".join(NEW_TEXTS), encoding="utf-8")
    program = "from workbench.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "predict", str(bundle), str(texts)],
        capture_output=True, text=True, encoding="utf-8", timeout=120,
        cwd=bundle.parent, env={**os.environ, "WORKBENCH_HOME": str(bundle.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {each["text"]: "+".join(label["label"] for label in each["labels"]) for each in said}


def test_a_newcomer_gets_from_an_empty_folder_to_predictions(
    page: Any, empty_app: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make_project(page, empty_app.url)
    import_documents(page)
    import_held_out(page)
    given = label_by_key(page)
    assert len(given) == len(empty_app.answers("topic")) - len(held_out()) == N_LABELLED

    train(page)
    review(page)
    relabel(page)
    settled = [answer for answer in empty_app.history("topic") if answer.is_settled]
    assert [answer.labels for answer in settled] == [("delivery",)]

    export(page)
    bundle = download(page, tmp_path_factory.mktemp("elsewhere"))
    assert predicted(bundle) == NEW_TEXTS
