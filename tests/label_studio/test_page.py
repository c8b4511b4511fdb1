"""The app's page against a real Label Studio: connect, push, pull, and the watch on and off."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import TOPIC, Desk, add_documents, answers_here, choice, tickets
from workbench.config import Home
from workbench.usecases.label_studio.keep_watch import watch_log, watch_state
from workbench.usecases.label_studio.show_link import link_state
from workbench.usecases.project import create_project, open_project
from workbench.worker.loop import run_worker

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]


def open_tab() -> AppTest:
    script = (
        "from workbench.ui.views import data\n"
        "from workbench.ui.messages import errors_shown\n"
        "with errors_shown():\n    data.show()"
    )
    page = AppTest.from_string(script, default_timeout=120)
    for name, value in {"project": "tickets", "tab": "label-studio"}.items():
        page.query_params[name] = value
    return page.run()


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    assert [error.value for error in page.error] == []
    return page


def make_there(server: RealLabelStudio) -> AppTest:
    """Give the page an address and a token, and have it make the project on the server."""
    page = open_tab()
    page.text_input(key="ls url").set_value(server.url)
    next(field for field in page.text_input if field.label == "Token").set_value(server.tokens["ana"])
    checked(page.button[0].click().run())
    return checked(page.button(key="ls create").click().run())


@pytest.fixture
def project_here(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")  # the page's token alone must do
    monkeypatch.setattr("workbench.ui.jobs.start_worker", lambda project: False)
    monkeypatch.setattr("workbench.ui.jobs.keep_working", lambda project: None)
    create_project(home, "tickets", [TOPIC])
    with open_project(home, "tickets") as project:
        add_documents(project.store, tickets(4))
    return home


def test_a_project_is_made_there_filled_and_its_answers_come_back(
    project_here: Home, server: RealLabelStudio
) -> None:
    make_there(server)
    folder = project_here.project("tickets")
    checked(open_tab().button(key="ls-push").click().run())
    run_worker(folder, once=True)
    with open_project(project_here, "tickets") as project:
        state = link_state(project)
        assert state is not None
        assert (state.n_linked, state.n_without_task) == (4, 0)
        desk = Desk(server.client("ana"), server.client("ben"), state.link.remote_project)
    desk.answer(desk.tasks()["ticket-1"]["id"], [choice("billing")])
    checked(open_tab().button(key="ls-pull").click().run())
    run_worker(folder, once=True)
    page = checked(open_tab())
    shown = "\n".join(element.proto.body for element in page.main if element.type == "html")
    assert "1 new answers" in shown
    assert "4 tasks made" in shown
    with open_project(project_here, "tickets") as project:
        assert answers_here(project, "topic") == {("ticket-1", "ana@example.com"): ("answered", "billing")}


def test_the_watch_is_switched_on_and_off_from_the_page(project_here: Home, server: RealLabelStudio) -> None:
    make_there(server)
    page = open_tab()
    page.button(key="watch on").click().run()
    checked(page)
    with open_project(project_here, "tickets") as project:
        state: Any = watch_state(project)
        try:
            assert state.is_on
            assert any(str(state.process) in element.value for element in page.markdown)
        finally:
            page.button(key="watch off").click().run()
        assert not watch_state(project).is_on
        assert "watching tickets" in watch_log(project)
    checked(page)
