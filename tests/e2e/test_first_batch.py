"""Who begins to label in the app gets the first batch without asking for it, and then the live ranking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_live_ranking import QUEUE, give_answers, wait_for
from tests.unit.usecases.live_desk import TOPIC, add_texts, ids
from workbench.config import Home
from workbench.store.jobs import Jobs
from workbench.usecases.project import Project, create_project, open_project

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE = 90_000  # milliseconds: the encoder is loaded and reads all documents


@pytest.fixture
def desk(empty_app: Any) -> Iterator[Project]:
    """Open a project as an import leaves it: nothing answered, embedded or proposed."""
    home = Home(empty_app.home)
    create_project(home, "desk", [TOPIC], control_share=0.0)
    with open_project(home, "desk") as project:
        add_texts(project, ids(0, 200))
        yield project


def test_the_first_batch_comes_behind_what_is_seen_without_a_key_and_the_live_ranking_follows(
    page: Any, empty_app: Any, desk: Project
) -> None:
    page.goto(f"{empty_app.url}/annotate?project=desk&question=topic&annotator=ana")
    page.wait_for_selector(".wb-card[data-document=d0]", timeout=60_000)
    why = page.locator(".wb-ranked")
    expect(why).to_contain_text("the first batch is being chosen")
    seen = page.evaluate(QUEUE)
    assert seen == ids(0, 20), "meanwhile in import order"
    expect(why).to_have_text("chosen by auto", timeout=PATIENCE)
    batch = desk.store.latest_batch("topic")
    assert batch is not None
    proposed = [p.document_id for p in batch.proposals if p.document_id not in seen[:2]]
    assert page.evaluate(QUEUE)[: 2 + len(proposed)] == seen[:2] + proposed
    (job,) = Jobs(desk.store).list()
    assert (job.verb, job.state, len(batch.proposals)) == ("first-batch", "done", 20)

    answered = give_answers(page, 6)
    assert answered[:2] == seen[:2]
    wait_for(lambda: n_batches(desk) > 1)
    give_answers(page, 1)  # a ranker that has just been started may be later than the card's looks for it
    expect(why).to_contain_text("ranked live after", timeout=PATIENCE)
    assert len(Jobs(desk.store).list()) == 1, "asked once"


def n_batches(project: Project) -> int:
    return len(project.store.batches("topic"))


def test_answers_that_are_given_while_the_first_batch_is_chosen_are_kept_and_not_asked_again(
    page: Any, empty_app: Any, desk: Project
) -> None:
    page.goto(f"{empty_app.url}/annotate?project=desk&question=topic&annotator=ana")
    page.wait_for_selector(".wb-card[data-document=d0]", timeout=60_000)
    given = give_answers(page, 4)
    wait_for(lambda: desk.store.latest_batch("topic"))
    given += give_answers(page, 8)
    assert len(set(given)) == 12
    assert sorted(a.document_id for a in desk.store.current("topic")) == sorted(given)
