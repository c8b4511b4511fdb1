"""Connecting: both kinds of token work, and what cannot work says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.real_label_studio import RealLabelStudio
from tests.label_studio.desk import ENTITIES, TOPIC, answers_here, choice, said, tickets
from workbench.config import Home
from workbench.domain.questions import LabelChange, Question
from workbench.errors import AccessError, GoneError, InputError, UnreachableError
from workbench.store.links import Links
from workbench.usecases.label_studio.connect import connect, create, disconnect
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.project import create_project, open_project

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]
CONFIG = """<View>
  <Text name="body" value="$body"/>
  <Choices name="topic" toName="body" choice="single"><Choice value="a"/><Choice value="b"/></Choices>
  <Choices name="aspects" toName="body" choice="multiple"><Choice value="price"/><Choice value="speed"/></Choices>
  <Labels name="Named Entities" toName="body"><Label value="PER"/></Labels>
  <TextArea name="remark" toName="body"/>
</View>"""


def made_there(server: RealLabelStudio, config: str = CONFIG) -> int:
    made = said(server.client("ana").post("/api/projects/", json={"title": "theirs", "label_config": config}))
    return int(made["id"])


@pytest.mark.parametrize("kind", ["legacy", "ana"])
def test_a_labelling_config_makes_the_questions_with_either_kind_of_token(
    home: Home, server: RealLabelStudio, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.tokens[kind])
    connected = connect(home, "theirs", url=server.url, remote_project=made_there(server))
    with open_project(home, "theirs") as project:
        asked = {(q.name, q.kind, q.labels) for q in project.store.questions()}
    assert asked == {
        ("topic", "textcat", ("a", "b")),
        ("aspects", "textcat-multi", ("price", "speed")),
        ("named-entities", "ner", ("PER",)),
    }
    assert any("TextArea" in warning for warning in connected.warnings)


def test_the_token_may_stand_in_a_file_that_only_its_owner_may_read(
    home: Home, server: RealLabelStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    number = made_there(server)
    file = tmp_path / "token"
    file.write_text(server.tokens["ana"] + "\n")
    file.chmod(0o644)
    with pytest.raises(InputError, match="can be read by others") as caught:
        connect(home, "theirs", url=server.url, remote_project=number, token_file=file)
    assert server.tokens["ana"] not in str(caught.value)
    file.chmod(0o600)
    connect(home, "theirs", url=server.url, remote_project=number, token_file=file)
    with open_project(home, "theirs") as project:
        pull_answers(project)


def test_without_a_token_it_says_where_one_can_stand(
    home: Home, server: RealLabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    with pytest.raises(InputError, match="no token") as caught:
        connect(home, "theirs", url=server.url, remote_project=1)
    assert "LABEL_STUDIO_API_KEY" in caught.value.hint


def test_a_wrong_token_says_which_kinds_there_are_and_what_the_server_answered(
    home: Home, server: RealLabelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "f" * 40)
    with pytest.raises(AccessError, match="Invalid token") as caught:
        connect(home, "theirs", url=server.url, remote_project=1)
    assert "It looks like a legacy token, and the server takes that kind" in caught.value.hint
    assert "f" * 40 not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "other", "setting", "said_kind"),
    [
        ("legacy", "ana", "legacy_api_tokens_enabled", "takes personal access tokens only"),
        ("ana", "legacy", "api_tokens_enabled", "takes legacy tokens only"),
    ],
)
def test_a_token_of_the_other_kind_says_which_kind_the_server_allows(
    home: Home,
    server: RealLabelStudio,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    other: str,
    setting: str,
    said_kind: str,
) -> None:
    # What is switched off is switched on again by a token of the other kind.
    client = server.client(other)
    both = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": True}
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.tokens[kind])
    said(client.post("/api/jwt/settings", json={**both, setting: False}))
    try:
        with pytest.raises(AccessError, match="does not take the token") as caught:
            connect(home, "theirs", url=server.url, remote_project=1)
    finally:
        said(client.post("/api/jwt/settings", json=both))
    assert said_kind in caught.value.hint


def test_a_project_that_is_not_there_is_named(home: Home, server: RealLabelStudio) -> None:
    with pytest.raises(GoneError, match="no project 99999"):
        connect(home, "theirs", url=server.url, remote_project=99999)


def test_a_server_that_is_not_there_is_told_from_one_that_answers_nonsense(
    home: Home, server: RealLabelStudio
) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        connect(home, "theirs", url="http://127.0.0.1:9", remote_project=1)
    for url in ("ftp://x", "127.0.0.1:8080", "http://ana:secret@127.0.0.1:1"):
        with pytest.raises(InputError):
            connect(home, "theirs", url=url, remote_project=1)
    with pytest.raises((UnreachableError, GoneError)):
        connect(home, "theirs", url=f"{server.url}/user/login", remote_project=1)


def test_a_project_belongs_to_one_there(made: Any, server: RealLabelStudio, home: Home) -> None:
    with made([TOPIC], tickets(1)) as (project, _, connected):
        with pytest.raises(InputError, match="already"):
            create(project, url=server.url)
        with pytest.raises(InputError, match="is connected to"):
            connect(home, "tickets", url=server.url, remote_project=made_there(server))
        again = connect(home, "tickets", url=server.url, remote_project=connected.link.remote_project)
        assert again.link.remote_project == connected.link.remote_project


def test_a_project_that_was_let_go_keeps_its_answers_and_can_be_connected_again(
    made: Any, server: RealLabelStudio, home: Home
) -> None:
    with made([TOPIC], tickets(2)) as (project, desk, _):
        push_documents(project)
        desk.answer(desk.tasks()["ticket-0"]["id"], [choice("billing")])
        pull_answers(project)
        disconnect(project)
        with pytest.raises(InputError, match="not connected"):
            pull_answers(project)
        before = answers_here(project, "topic")
        connect(home, "tickets", url=server.url, remote_project=desk.project)
        pull_answers(project)
        assert answers_here(project, "topic") == before
        assert push_documents(project).pushed == 0
        assert len(desk.all_tasks()) == 2


def test_a_new_project_there_asks_the_questions_of_here(made: Any) -> None:
    with made([TOPIC, ENTITIES], tickets(1)) as (_, desk, connected):
        there = said(desk.ana.get(f"/api/projects/{desk.project}/"))
        assert there["sampling"] == "Uncertainty sampling"
        assert set(there["parsed_label_config"]) == {"topic", "entities"}
        assert connected.title == "tickets"


def test_a_deleted_project_is_an_error_and_changes_nothing(made: Any) -> None:
    with made([TOPIC], tickets(2)) as (project, desk, _):
        push_documents(project)
        assert desk.ana.delete(f"/api/projects/{desk.project}/").status_code == httpx.codes.NO_CONTENT
        with pytest.raises(GoneError, match="not on the server any more"):
            pull_answers(project, whole=True)
        assert len(project.store.document_ids()) == 2


def test_a_question_of_another_kind_connects_nothing(home: Home, server: RealLabelStudio) -> None:
    create_project(home, "mine", [Question("aspects", "textcat", ("price",))])
    with pytest.raises(InputError, match="'aspects' is a textcat question here, but textcat-multi"):
        connect(home, "mine", url=server.url, remote_project=made_there(server))
    with open_project(home, "mine") as project:
        assert [question.name for question in project.store.questions()] == ["aspects"]
        assert Links(project.store).find() is None


def test_a_project_there_that_asks_two_annotators_asks_them_here_too(
    home: Home, server: RealLabelStudio
) -> None:
    number = made_there(server)
    said(server.client("ana").patch(f"/api/projects/{number}/", json={"maximum_annotations": 2}))
    connect(home, "theirs", url=server.url, remote_project=number)
    with open_project(home, "theirs") as project:
        assert {question.overlap for question in project.store.questions()} == {2}


def test_labels_that_were_renamed_here_do_not_come_back(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
        (task,) = desk.tasks().values()
        desk.answer(task["id"], [choice("fault")])
        report = pull_answers(project)
        assert (report.news, report.problems) == ([], [])
        assert project.store.question("topic").labels == ("delivery", "billing", "defect")
        assert list(answers_here(project, "topic").values()) == [("answered", "defect")]
