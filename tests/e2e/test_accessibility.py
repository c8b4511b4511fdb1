"""Every page meets WCAG 2.1 AA as far as axe can see, in both themes."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from workbench.config import Home
from workbench.domain.annotations import Annotation, new_client_id
from workbench.domain.spans import Span
from workbench.store.project_store import ProjectStore
from workbench.ui.launch import MAIN
from workbench.usecases.project import open_project
from workbench.usecases.train_model import Training, train_model

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
# States of a page beyond its first one.
STATES: dict[str, tuple[str, ...]] = {
    "progress": (
        "&question=topic&tab=agreement",
        "&question=topic&tab=conflicts",
        "&question=entities&tab=agreement",
        "&question=entities&tab=conflicts",
    ),
    "bulk": ("&question=aspects", "&question=entities", "&question=topic&like=ticket-0"),
}


def page_paths() -> list[str]:
    """Return the path of every page that main.py makes, also of those without a place in the menu."""
    calls = [node for node in ast.walk(ast.parse(MAIN.read_text())) if isinstance(node, ast.Call)]
    pages = [call for call in calls if ast.unparse(call.func) == "st.Page"]
    assert len(pages) > 3
    named = [{word.arg: word.value for word in page.keywords} for page in pages]
    return [ast.literal_eval(page["url_path"]) if "url_path" in page else "" for page in named]


@pytest.fixture
def labelled(app: Any) -> Any:
    """The served project with answers of two annotators who do not always agree, and a run."""
    app.add_documents(30)
    home = Home(app.home)
    with open_project(home, "tickets") as project:
        record_answers(project.store)
        train_model(project, Training("topic", "tfidf"))
    return app


def record_answers(store: ProjectStore) -> None:
    """Let ana and ben answer; on every fifth document ben says something else."""
    topics = ("delivery", "billing", "fault")
    more = [
        Annotation(
            new_client_id(), f"more-{n}", "topic", who, (topics[(n + (who == "ben" and n % 5 == 0)) % 3],)
        )
        for who in ("ana", "ben")
        for n in range(24)
    ]
    name = Span(45, 55, "PERSON", "Ana Müller")
    marked = [Annotation(new_client_id(), "ticket-0", "entities", "ana", spans=(name,))]
    store.record(more + marked + [Annotation(new_client_id(), "ticket-0", "entities", "ben")])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_wcag_2_1_aa(browser: Any, labelled: Any, theme: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    addresses = [
        f"{path}?project=tickets{state}" for path in page_paths() for state in ("", *STATES.get(path, ()))
    ]
    found = [line for address in addresses for line in violations(page, f"{labelled.url}/{address}")]
    page.close()
    assert not found, "\n".join(found)


def violations(page: Any, address: str) -> list[str]:
    """Return what axe finds on a page, one line a place."""
    page.goto(address)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
    page.wait_for_timeout(1500)  # the parts of a page fade in
    result = Axe().run(page, options=RULES).response
    assert result["passes"], f"axe saw nothing on {address}"
    return [
        f"{address}: {rule['id']} at {node['target']}: {rule['help']}. {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
