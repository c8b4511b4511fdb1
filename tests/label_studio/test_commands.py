"""The commands say what they did, in words that a person understands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import TOPIC, Desk, add_documents, choice, tickets
from workbench.cli.main import app
from workbench.config import Home
from workbench.domain.runs import Batch, Proposal
from workbench.errors import InputError
from workbench.store.links import Links
from workbench.usecases.project import create_project, open_project

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]


def run(*words: str) -> Result:
    """Run a command; its errors come out as they are."""
    return CliRunner().invoke(app, ["label-studio", *words], catch_exceptions=False)


def test_a_project_goes_there_is_answered_and_comes_back(home: Home, server: RealLabelStudio) -> None:
    create_project(home, "tickets", [TOPIC])
    with open_project(home, "tickets") as project:
        add_documents(project.store, tickets(4))
    said = run("create", "tickets", "--url", server.url).output
    assert f"connected to 'tickets' ({server.url}/projects/" in said
    assert "0 tasks there" in said
    assert "4 tasks made" in run("push", "tickets").output
    with open_project(home, "tickets") as project:
        number = Links(project.store).get().remote_project
        proposals = tuple(Proposal(f"ticket-{n}", 1.0, "why") for n in (2, 0))
        project.store.save_batch(Batch("batch", "topic", "random", 0, proposals))
    said = run("publish", "tickets").output
    assert (
        "2 tasks are served in the proposed order, 0 with an answer to accept or mend (workbench-1)" in said
    )
    desk = Desk(server.client("ana"), server.client("ben"), number)
    task = desk.next_task()
    assert task["data"]["ext_id"] == "ticket-2"
    desk.answer(task["id"], [choice("billing")])
    assert run("pull", "tickets").output.startswith("1 answer (looked at 1 task)")
    assert run("pull", "tickets", "--whole").output == "nothing new (looked at 0 tasks)\n"
    assert "is not connected to" in run("disconnect", "tickets").output


def test_a_command_before_its_time_says_which_one_comes_first(home: Home, tmp_path: Path) -> None:
    create_project(home, "tickets", [TOPIC])
    for command in ("push", "pull", "publish", "watch", "disconnect"):
        with pytest.raises(InputError, match="not connected") as caught:
            run(command, "tickets")
        assert "workbench label-studio connect" in caught.value.hint
