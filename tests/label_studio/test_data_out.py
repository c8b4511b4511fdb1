"""What was pulled goes out in every format, with its ids, by a named rule where annotators disagree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.label_studio.desk import ENTITIES, TOPIC, answers_here, choice, marked, said, tickets
from workbench import catalog
from workbench.config import Home
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.usecases.export_data import export_data
from workbench.usecases.label_studio.connect import connect, create
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.project import create_project, open_project

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]

SCRIPTS = "\r\n".join(
    [
        "👩‍👩‍👧\tO", "Ana\tB-PERSON", "Müller\tI-PERSON", "🫖\tO", "Łódź\tB-PLACE", "",
        "東京\tB-PLACE", "の\tO", "田中\tB-PERSON", "さん\tO", "",
        "سارة\tB-PERSON", "من\tO", "القاهرة\tB-PLACE", "🇵🇱🇯🇵\tO", "",
    ]
) + "\r\n"  # fmt: skip


def test_iob2_that_was_annotated_there_comes_back_byte_for_byte(
    home: Home, server: Any, tmp_path: Path
) -> None:
    path = tmp_path / "scripts.conll"
    path.write_bytes(SCRIPTS.encode())
    read = catalog.source("iob2").read(path, ReadOptions(question="entities", kind="ner"))
    create_project(home, "scripts", read.questions)
    with open_project(home, "scripts") as project:
        bare = tuple(LabelledDocument(labelled.document) for labelled in read.documents)
        imported = Imported(read.questions, bare, read.report, read.file_layout)
        project.store.import_documents(imported, file_name=path.name, file_sha256="0" * 64, format="iob2")
        number = create(project, url=server.url).link.remote_project
        push_documents(project)
        client = server.client("ana")
        params: dict[str, Any] = {"project": number, "fields": "all", "page_size": 100}
        tasks = {
            task["data"]["ext_id"]: task for task in said(client.get("/api/tasks/", params=params))["tasks"]
        }
        for labelled in read.documents:
            task = tasks[labelled.document.id]
            assert task["data"]["text"] == labelled.document.text
            spans = labelled.annotations[0].spans
            result = [marked(labelled.document.text, span.covered, span.label) for span in spans]
            said(client.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result}))
        pull_answers(project)
        out = tmp_path / "out.conll"
        export_data(project, "entities", out, format_name="iob2", file_name=path.name)
    assert out.read_bytes() == SCRIPTS.encode()


def test_every_format_writes_what_was_pulled_with_its_ids(made: Any, tmp_path: Path) -> None:
    documents = [Document(f"ticket-{n}", f"Ana wrote from Oslo, case {n}.") for n in range(3)]
    with made([TOPIC, ENTITIES], documents) as (project, desk, _):
        push_documents(project)
        for task in desk.tasks().values():
            text = task["data"]["text"]
            regions = [choice("billing"), marked(text, "Ana", "PERSON"), marked(text, "Oslo", "PLACE")]
            desk.answer(task["id"], regions)
        pull_answers(project)
        for format_name in ("iob2", "conll2003", "docbin", "jsonl", "label-studio"):
            out = tmp_path / f"entities-{format_name}"
            report = export_data(project, "entities", out, format_name=format_name)
            assert (report.kept, report.adjusted, report.rejected) == (3, 0, 0), format_name
        export_data(project, "topic", tmp_path / "topic.csv", format_name="csv")
        table = (tmp_path / "topic.csv").read_text()
        lines = [json.loads(line) for line in (tmp_path / "entities-jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["ticket-0", "ticket-1", "ticket-2"]
    assert all(f"ticket-{n}" in table for n in range(3))
    assert table.count("billing") == 3
    assert "Oslo\tB-PLACE" in (tmp_path / "entities-iob2").read_text()


def test_where_annotators_disagree_the_named_rule_settles_and_is_counted(made: Any, tmp_path: Path) -> None:
    with made([TOPIC], tickets(2)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        gold = desk.answer(ids["ticket-0"], [choice("billing")])
        said(desk.ana.patch(f"/api/annotations/{gold['id']}/", json={"ground_truth": True}))
        desk.answer(ids["ticket-0"], [choice("fault")], who="ben")
        desk.answer(ids["ticket-1"], [choice("delivery")])
        pull_answers(project)

        written = {}
        for rule in ("gold-first", "latest"):
            out = tmp_path / f"{rule}.csv"
            options = WriteOptions(rule=rule)  # type: ignore[arg-type]
            report = export_data(project, "topic", out, format_name="csv", options=options)
            assert report.warnings[f"documents with different answers, settled by the rule {rule}"] == 1
            written[rule] = out.read_text()
    assert "billing" in written["gold-first"]
    assert "fault" not in written["gold-first"]
    assert "fault" in written["latest"]


def test_what_the_workbench_does_not_know_survives_there_and_back(
    home: Home, server: Any, tmp_path: Path
) -> None:
    config = """<View><Text name="text" value="$text"/><Choices name="topic" toName="text"><Choice value="a"/>
    <Choice value="b"/></Choices><TextArea name="remark" toName="text"/><Rating name="mood" toName="text"/></View>"""
    client = server.client("ana")
    number = said(client.post("/api/projects/", json={"title": "rich", "label_config": config}))["id"]
    tasks = [{"data": {"text": "Hello", "ext_id": "one", "channel": "mail", "nested": {"deep": [1, None]}}}]
    said(client.post(f"/api/projects/{number}/import", json=tasks))
    task = said(client.get("/api/tasks/", params={"project": number, "fields": "all"}))["tasks"][0]
    regions = [
        {"id": "r1", "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["b"]}},
        {
            "id": "r2",
            "from_name": "remark",
            "to_name": "text",
            "type": "textarea",
            "value": {"text": ["odd 🫖"]},
        },
        {"id": "r3", "from_name": "mood", "to_name": "text", "type": "rating", "value": {"rating": 4}},
    ]
    said(client.post(f"/api/tasks/{task['id']}/annotations/", json={"result": regions, "lead_time": 7.5}))
    connect(home, "rich", url=server.url, remote_project=number)
    out = tmp_path / "rich.json"
    with open_project(home, "rich") as project:
        pull_answers(project)
        assert list(answers_here(project, "topic").values()) == [("answered", "b")]
        export_data(project, "topic", out, format_name="label-studio")
    (back,) = json.loads(out.read_text())
    assert back["id"] == task["id"]
    assert back["data"] == tasks[0]["data"]
    (annotation,) = back["annotations"]
    assert annotation["result"] == regions
    assert annotation["lead_time"] == 7.5
    again = said(client.post("/api/projects/", json={"title": "again", "label_config": config}))["id"]
    taken = said(client.post(f"/api/projects/{again}/import", json=[back]))
    assert (taken["task_count"], taken["annotation_count"]) == (1, 1)
