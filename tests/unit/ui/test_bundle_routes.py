"""The downloads of exported models: what they give, and what they refuse."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from workbench import artefacts
from workbench.config import Home
from workbench.ui import bundle_routes
from workbench.ui.asgi import ROUTES
from workbench.usecases import verify_bundle
from workbench.usecases.project import open_project
from workbench.usecases.show_progress import BUNDLE_MANIFEST, GRAPH
from workbench.usecases.verify_bundle import note_export, whole_bundle

pytestmark = pytest.mark.slow
NAME = "topic-linear-1-int8"
FIGURE = {"name": "equal answers", "value": 0.99, "limit": 0.98, "direction": "at least", "passed": True}
GATE = {"passed": True, "figures": [FIGURE]}


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture
def bundle(tickets: Home) -> Path:
    """Return a published folder of the right files; nobody could predict with it."""
    return make_bundle(tickets.models("tickets"), b"graph" * 1000)


def make_bundle(models: Path, graph: bytes) -> Path:
    work = artefacts.empty_folder(models / ".work")
    for name in ("tokenizer.json", "labels.json"):
        artefacts.write_json(work / name, {})
    (work / "README.md").write_text("# card 🔥")
    (work / "model.onnx").write_bytes(graph)
    artefacts.publish_folder(
        work, models / NAME, {"question": "topic", "gate": GATE}, manifest=BUNDLE_MANIFEST
    )
    return models / NAME


def test_the_zip_holds_exactly_the_files_of_the_manifest(client: TestClient, bundle: Path) -> None:
    answer = client.get(f"/wb/bundles/tickets/{NAME}.zip")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert found == {f"{NAME}/{path.name}": path.read_bytes() for path in bundle.iterdir()}
    assert client.get(f"/wb/bundles/tickets/{NAME}.zip").content == answer.content


def test_the_graph_can_be_had_alone(client: TestClient, bundle: Path) -> None:
    answer = client.get(f"/wb/bundles/tickets/{NAME}/model.onnx")
    assert answer.content == (bundle / "model.onnx").read_bytes()
    assert f"{NAME}.onnx" in answer.headers["content-disposition"]


def test_a_zip_is_made_without_holding_it_in_memory(tickets: Home) -> None:
    folder = make_bundle(tickets.models("tickets"), bytes(40_000_000))
    bundle = whole_bundle(folder)
    tracemalloc.start()
    try:
        n_bytes = sum(len(chunk) for chunk in bundle_routes.zipped(bundle))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_bytes > 40_000_000
    assert peak < 5_000_000


@pytest.mark.parametrize("way", ["changed", "missing", "extra", "link", "file of another kind"])
def test_a_bundle_that_is_not_whole_is_refused_with_a_reason(
    client: TestClient, bundle: Path, tmp_path: Path, way: str
) -> None:
    graph = bundle / "model.onnx"
    if way == "changed":
        graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    elif way == "missing":
        graph.unlink()
    elif way == "extra":
        (bundle / "more.txt").touch()
    elif way == "link":
        (tmp_path / "elsewhere").write_bytes(graph.read_bytes())
        graph.unlink()
        graph.symlink_to(tmp_path / "elsewhere")
    else:
        work = bundle.with_name(".odd")
        bundle.rename(work)
        (work / BUNDLE_MANIFEST).unlink()
        (work / "more.txt").touch()
        artefacts.publish_folder(work, bundle, {}, manifest=BUNDLE_MANIFEST)
    for path in (f"{NAME}.zip", f"{NAME}/model.onnx"):
        answer = client.get(f"/wb/bundles/tickets/{path}")
        assert answer.status_code == 409
        assert "file" in answer.text.lower()
        assert b"PK" not in answer.content


@pytest.mark.parametrize("name", ["model.onnx", BUNDLE_MANIFEST])
def test_a_file_that_changes_while_it_is_sent_breaks_the_download_off(bundle: Path, name: str) -> None:
    whole = whole_bundle(bundle)
    (bundle / name).write_bytes(b"another")
    with pytest.raises(artefacts.ArtefactError, match="changed while"):
        list(bundle_routes.zipped(whole))


def test_a_graph_that_changes_while_it_is_sent_never_arrives_whole(bundle: Path) -> None:
    whole = whole_bundle(bundle)
    (bundle / GRAPH).write_bytes(b"another")
    received = []
    with pytest.raises(artefacts.ArtefactError, match="changed while"):
        received.extend(bundle_routes.checked_chunks(whole, GRAPH))
    assert received == []
    (bundle / GRAPH).unlink()
    (bundle / GRAPH).symlink_to(bundle / "README.md")
    with pytest.raises(OSError, match="symbolic links"):
        list(bundle_routes.checked_chunks(whole, GRAPH))


def test_a_bundle_is_hashed_once_until_one_of_its_files_is_touched(
    client: TestClient, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = artefacts.file_sha256
    monkeypatch.setattr(artefacts, "file_sha256", lambda path: hashed.append(path.name) or real(path))
    for _ in range(3):
        assert client.get(f"/wb/bundles/tickets/{NAME}/model.onnx").status_code == 200
    assert hashed.count(GRAPH) == 1
    written = (bundle / GRAPH).stat()
    (bundle / GRAPH).write_bytes(b"GRAPH" * 1000)  # of the same size, and its time set back
    os.utime(bundle / GRAPH, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert client.get(f"/wb/bundles/tickets/{NAME}/model.onnx").status_code == 409


def edited(bundle: Path, gate: object) -> None:
    manifest = json.loads((bundle / BUNDLE_MANIFEST).read_text())
    artefacts.write_json(bundle / BUNDLE_MANIFEST, {**manifest, "gate": gate})


@pytest.mark.parametrize(
    "gate",
    [
        {"passed": False, "figures": [{**FIGURE, "passed": False}]},
        {"passed": True, "figures": [{**FIGURE, "value": 0.1}]},
        {"passed": False, "figures": []},
        {"passed": True, "figures": []},
    ],
)
def test_a_bundle_that_did_not_pass_its_gate_is_not_sent(
    client: TestClient, bundle: Path, gate: object
) -> None:
    edited(bundle, gate)
    for path in (f"{NAME}.zip", f"{NAME}/model.onnx"):
        answer = client.get(f"/wb/bundles/tickets/{path}")
        assert answer.status_code == 409
        assert "gate" in answer.text


def test_a_manifest_that_was_edited_after_its_export_is_noticed(
    tickets: Home, client: TestClient, bundle: Path
) -> None:
    with open_project(tickets, "tickets") as project:
        note_export(project, bundle)
    assert client.get(f"/wb/bundles/tickets/{NAME}.zip").status_code == 200
    edited(bundle, {"passed": True, "figures": [{**FIGURE, "value": 1.0}]})
    answer = client.get(f"/wb/bundles/tickets/{NAME}.zip")
    assert answer.status_code == 409
    assert "bundle.json" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "tickets/nope-int8.zip",
        "nope/topic-linear-1-int8.zip",
        "tickets/..%2F..%2Fprojects%2Ftickets.zip",
        "..%2Fmodels%2Ftickets/topic-linear-1-int8.zip",
        "tickets/%2e%2e/model.onnx",
        "tickets/.work/model.onnx",
        "tickets/topic-tfidf-1.zip",
        "tickets/UPPER.zip",
        "tickets/linked-int8.zip",
    ],
)
def test_no_path_leaves_the_models_of_the_project(
    client: TestClient, bundle: Path, tmp_path: Path, path: str
) -> None:
    outside = tmp_path / "outside"
    bundle.rename(outside)
    (bundle.parent / "linked-int8").symlink_to(outside)
    answer = client.get(f"/wb/bundles/{path}")
    assert answer.status_code == 404
    assert b"PK" not in answer.content


def test_a_manifest_that_names_a_file_outside_is_refused(client: TestClient, bundle: Path) -> None:
    manifest = json.loads((bundle / BUNDLE_MANIFEST).read_text())
    secret = bundle.parent / "secret.txt"
    secret.write_text("secret")
    manifest["files"]["../secret.txt"] = {"bytes": 6, "sha256": artefacts.file_sha256(secret)}
    artefacts.write_json(bundle / BUNDLE_MANIFEST, manifest)
    answer = client.get(f"/wb/bundles/tickets/{NAME}.zip")
    assert answer.status_code == 409
    assert b"secret\x00" not in answer.content
    assert b"PK" not in answer.content


def test_whoever_may_not_download_gets_nothing(
    client: TestClient, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_routes, "may_download", lambda request: False)
    for path in (f"{NAME}.zip", f"{NAME}/model.onnx", "nope.zip"):
        assert client.get(f"/wb/bundles/tickets/{path}").status_code == 403


def test_the_files_are_those_that_serving_wants() -> None:
    from workbench.serving.bundle import FILES

    assert verify_bundle.FILES == FILES
