"""The queue follows the answers by itself, in a real browser, whatever happens to the trainings beside it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_labelling import wait_until_saved
from tests.unit.usecases.live_desk import ids, label_of, live_desk
from workbench.store.jobs import Jobs
from workbench.usecases.project import Project
from workbench.worker.company import LIVE_LOG

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE_SECONDS = 60.0
QUEUE = """() => {
  const { card } = [...document.querySelectorAll('*')].find((one) => one.workbenchCard).workbenchCard;
  return card.queue.upcoming.map(({ id }) => id);
}"""


@pytest.fixture
def desk(empty_app: Any) -> Iterator[Project]:
    with live_desk(empty_app.home, n=300) as project:
        yield project


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def open_card(page: Any, app: Any, desk: Project) -> None:
    """Open the card, and answer once so that a ranker starts; wait until it looks for answers."""
    page.goto(f"{app.url}/annotate?project=desk&question=topic&annotator=ana")
    page.wait_for_selector(".wb-card[data-document=d10]", timeout=60_000)
    give_answers(page, 1)
    wait_for(lambda: (desk.folder / LIVE_LOG).exists())
    page.wait_for_timeout(4_000)


def give_answers(page: Any, n: int) -> list[str]:
    """Answer n documents rightly by key and return them."""
    shown = []
    for _ in range(n):
        document = str(page.locator(".wb-card").get_attribute("data-document"))
        page.keyboard.press(str("abc".index(label_of(document)) + 1))
        shown.append(document)
        page.wait_for_timeout(150)
    wait_until_saved(page)
    return shown


def ranked(page: Any, n: int) -> float:
    """Wait until the page says that the pool was ranked after n answers, and return the seconds."""
    started = time.monotonic()
    page.wait_for_function(
        f"document.querySelector('.wb-ranked')?.textContent.includes('ranked live after {n} answers')",
        timeout=PATIENCE_SECONDS * 1_000,
    )
    return time.monotonic() - started


def test_after_five_answers_the_queue_behind_changes_while_what_is_seen_stays(
    page: Any, empty_app: Any, desk: Project
) -> None:
    open_card(page, empty_app, desk)
    answered = ids(10, 11) + give_answers(page, 4)
    seen = page.evaluate(QUEUE)[:2]
    seconds = ranked(page, 15)
    print(f"ranked anew {seconds:.2f} s after the answers were saved")
    queue = page.evaluate(QUEUE)
    batch = desk.store.latest_batch("topic")
    assert batch is not None
    assert queue[:2] == seen
    proposed = [p.document_id for p in batch.proposals if p.document_id not in seen]
    assert queue[2 : 2 + len(proposed)] == proposed
    assert [a.document_id for a in desk.store.annotations("topic")][10:] == answered
    given = give_answers(page, 5)
    ranked(page, 20)
    assert given[:2] == seen
    assert len({a.document_id for a in desk.store.current("topic")}) == 20


def child_of(project: Project) -> int | None:
    """Return the process that does the project's job."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"workbench.worker.child" in words and str(project.folder).encode() in words:
            return int(path.parent.name)
    return None


def test_a_job_that_is_killed_beside_it_costs_neither_answers_nor_the_ranking(
    page: Any, empty_app: Any, desk: Project
) -> None:
    open_card(page, empty_app, desk)
    jobs = Jobs(desk.store)
    job = jobs.enqueue("train", {"question": "topic", "learner": "bert"})
    wait_for(lambda: child_of(desk))
    give_answers(page, 4)
    ranked(page, 15)
    assert jobs.get(job.id).state == "running"
    os.kill(child_of(desk) or 0, signal.SIGKILL)
    give_answers(page, 5)
    ranked(page, 20)
    wait_for(lambda: jobs.get(job.id).state == "failed")
    assert len({a.document_id for a in desk.store.current("topic")}) == 20
