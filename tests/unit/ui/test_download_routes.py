"""Downloads through the server: the file, its name, what is refused, and that nothing is left."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.ui import download_routes
from workbench.ui.asgi import ROUTES
from workbench.ui.download_routes import download_link
from workbench.usecases.download_data import Download
from workbench.usecases.project import open_project


@pytest.fixture
def client(tickets: Home) -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_file_is_streamed_as_an_attachment_and_deleted_afterwards(
    client: TestClient, temporary: Path
) -> None:
    answer = client.get("/download/tickets/data/topic?format=csv")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="tickets-topic.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.splitlines()[1:] == ["ticket-0,My parcel is late.,delivery"]
    assert list(temporary.iterdir()) == []


def test_every_format_of_a_textcat_question_can_be_had(client: TestClient) -> None:
    for name in ("csv", "jsonl", "docbin", "label-studio"):
        answer = client.get(download_link("tickets", Download("topic", name)))
        assert answer.status_code == 200, (name, answer.text)
        assert answer.content


def test_an_export_with_a_config_comes_as_one_archive(client: TestClient) -> None:
    answer = client.get("/download/tickets/data/topic?format=label-studio")
    assert 'filename="tickets-topic.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["tickets-topic.json", "tickets-topic.label_config.xml"]


def test_the_rule_and_the_part_are_heeded(client: TestClient, tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        for id, label in (("two", "billing"), ("three", "billing")):
            project.store.record([Annotation(f"x{id}", "ticket-0", "topic", f"annotator {id}", (label,))])
        project.store.record([Annotation("newest", "ticket-0", "topic", "zoe", ("fault",))])
    found = {
        rule: client.get(f"/download/tickets/data/topic?format=csv&rule={rule}").text
        for rule in ("majority", "latest")
    }
    assert "billing" in found["majority"]
    assert "fault" in found["latest"]
    assert client.get("/download/tickets/data/topic?format=csv&part=held-out").status_code == 422


def test_cells_can_be_kept_from_running_as_formulas(client: TestClient, tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.record([Annotation("eq", "ticket-3", "topic", "ben", ("delivery",))])
    plain = client.get("/download/tickets/data/topic?format=csv").text
    safe = client.get("/download/tickets/data/topic?format=csv&excel-safe=yes").text
    assert plain == safe  # nothing in it looks like a formula
    assert Download("topic", "csv", excel_safe=True).as_query()["excel-safe"] == "yes"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/download/nope/data/topic", 404),
        ("/download/tickets/data/nope", 404),
        ("/download/tickets/data/topic?format=exe", 404),
        ("/download/tickets/data/topic?part=all", 404),
        ("/download/..%2f..%2fetc/data/topic", 404),
        ("/download/%2e%2e/data/topic", 422),
        ("/download/tickets/data/%2e%2e", 422),
        ("/download/tick%0d%0aets/data/topic", 422),
        ("/download/tickets/data/entities", 422),
    ],
)
def test_what_is_not_there_is_refused_in_words_and_leaves_nothing(
    client: TestClient, temporary: Path, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert list(temporary.iterdir()) == []


def test_without_the_right_nothing_is_written(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_routes, "may_download", lambda request: False)
    answer = client.get("/download/tickets/data/topic")
    assert answer.status_code == 403
    assert "parcel" not in answer.text


def test_a_link_says_what_the_route_reads() -> None:
    wanted = Download("topic", "csv", "pool", "majority", excel_safe=True, allow_loss=True)
    assert Download.parse("topic", wanted.as_query()) == wanted
