"""What happens on servers that are used for long: nobody's answer is lost, and nothing is replaced unasked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.label_studio.desk import (
    ENTITIES,
    TOPIC,
    add_documents,
    answers_here,
    choice,
    marked,
    said,
    tickets,
)
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange
from workbench.errors import InputError
from workbench.sources.label_studio.client import LabelStudioClient
from workbench.usecases.export_data import export_data
from workbench.usecases.import_documents import import_documents
from workbench.usecases.label_studio.publish import open_tasks
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]
ANA, BEN = "ana@example.com", "ben@example.com"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_span_over_a_line_break_comes_in_as_the_page_writes_it(made: Any, line_end: str) -> None:
    text = f"I live in Main Street{line_end}Oslo 🫖 now"
    with made([ENTITIES], [Document("lines", text)]) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        region = marked(text, f"Street{line_end}Oslo", "PLACE")
        # Label Studio's page writes each character of a line break as a backslash and an n.
        region["value"]["text"] = region["value"]["text"].replace("\r", "\\n").replace("\n", "\\n")
        desk.answer(task["id"], [region])
        assert pull_answers(project).problems == []
        ((span,),) = [a.spans for a in project.store.current("entities")]
        assert span.covered == f"Street{line_end}Oslo"


def test_of_two_tasks_of_one_document_the_answer_of_the_other_holds_when_one_is_deleted(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        twin = {"data": {"text": tickets(1)[0].text, "ext_id": "ticket-0"}}
        said(desk.ana.post(f"/api/projects/{desk.project}/import", json=[twin]))
        first, second = sorted(task["id"] for task in desk.all_tasks())
        desk.answer(first, [choice("billing")])
        desk.answer(second, [choice("fault")])
        pull_answers(project, whole=True)
        said(desk.ana.delete(f"/api/tasks/{second}/"))
        pull_answers(project, whole=True)
        assert answers_here(project, "topic") == {("ticket-0", ANA): ("answered", "billing")}
        said(desk.ana.delete(f"/api/tasks/{first}/"))
        pull_answers(project, whole=True)
        assert answers_here(project, "topic") == {}


def test_the_answers_of_removed_users_stay_theirs(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        own = desk.answer(task["id"], [choice("billing")])
        desk.answer(task["id"], [choice("fault")], who="ben")
        pull_answers(project)
        # Simulated: the list that a server gives after both were removed. All removed users have this email.
        monkeypatch.setattr(LabelStudioClient, "users", lambda self: {1: "Deleted", 2: "Deleted"})
        said(desk.ana.patch(f"/api/annotations/{own['id']}/", json={"result": [choice("delivery")]}))
        pull_answers(project)
        assert answers_here(project, "topic") == {
            ("ticket-0", ANA): ("answered", "delivery"),
            ("ticket-0", BEN): ("answered", "fault"),
        }


def test_an_answer_with_a_retired_label_keeps_no_other_answer_out(made: Any) -> None:
    with made([TOPIC, ENTITIES], tickets(1)) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        place = marked(task["data"]["text"], "parcel", "PLACE")
        project.store.change_labels("topic", LabelChange("retire", ("fault",), ()))
        desk.answer(task["id"], [choice("fault"), place])
        desk.answer(task["id"], [choice("billing"), place], who="ben")
        report = pull_answers(project)
        assert answers_here(project, "topic") == {("ticket-0", BEN): ("answered", "billing")}
        assert {annotator for _, annotator in answers_here(project, "entities")} == {ANA, BEN}
        (problem,) = report.problems
        assert "fault, which was split or retired here" in problem.message


def test_an_annotation_that_nobody_understands_hides_no_deletion_of_others(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        own = desk.answer(task["id"], [choice("billing")])
        theirs = desk.answer(task["id"], [choice("fault")], who="ben")
        pull_answers(project)
        said(desk.ben.patch(f"/api/annotations/{theirs['id']}/", json={"result": [choice("weather")]}))
        said(desk.ana.delete(f"/api/annotations/{own['id']}/"))
        pull_answers(project)
        # What ben says now cannot be read, so what he said before is not taken back.
        assert answers_here(project, "topic") == {("ticket-0", BEN): ("answered", "fault")}


def test_a_task_that_somebody_made_is_found_though_another_was_deleted(made: Any) -> None:
    with made([TOPIC], tickets(3)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        add_documents(project.store, [Document("late", "A late one")])
        said(desk.ana.delete(f"/api/tasks/{ids['ticket-0']}/"))
        late = {"data": {"text": "A late one", "ext_id": "late"}}
        said(desk.ben.post(f"/api/projects/{desk.project}/import", json=[late]))
        assert push_documents(project).pushed == 0
        assert sorted(task["data"]["ext_id"] for task in desk.all_tasks()) == ["late", "ticket-1", "ticket-2"]


def test_answers_about_held_out_documents_replace_no_gold(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        gold = Annotation("gold", "exam", "topic", "import", ("fault",))
        exam = LabelledDocument(Document("exam", "The exam", part="held-out"), (gold,))
        imported = Imported((), (exam,), ConversionReport(kept=1))
        project.store.import_documents(imported, file_name="gold", file_sha256="1" * 64, format="csv")
        task = {"data": {"text": "The exam", "ext_id": "exam"}}
        said(desk.ana.post(f"/api/projects/{desk.project}/import", json=[task]))
        (made_there,) = desk.all_tasks()
        desk.answer(made_there["id"], [choice("billing")])
        report = pull_answers(project)
        assert answers_here(project, "topic") == {("exam", "import"): ("answered", "fault")}
        assert report.warnings["answers to held-out documents, whose gold stays as it is"] == 1


def test_what_an_imported_export_held_stays_when_its_document_is_annotated_live(
    made: Any, tmp_path: Path
) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, connected):
        remark = {
            "id": "r",
            "from_name": "remark",
            "to_name": "text",
            "type": "textarea",
            "value": {"text": ["odd"]},
        }
        task = {
            "id": 900,
            "data": {"text": "From an export", "ext_id": "old-1"},
            "odd_field": {"kept": True},
            "annotations": [{"id": 901, "result": [remark], "created_at": "2026-01-01T00:00:00Z"}],
        }
        (tmp_path / "old.json").write_text(json.dumps([task]))
        config = str(connected.link.state["label_config"])
        more = '<TextArea name="remark" toName="text"/></View>'
        (tmp_path / "old.label_config.xml").write_text(config.replace("</View>", more))
        import_documents(project, tmp_path / "old.json", options=ReadOptions(question="topic"))
        push_documents(project)
        desk.answer(desk.tasks()["old-1"]["id"], [choice("billing")])
        pull_answers(project)
        out = tmp_path / "out.json"
        export_data(project, "topic", out, format_name="label-studio")
        (back,) = [found for found in json.loads(out.read_text()) if found["data"]["ext_id"] == "old-1"]
        assert back["odd_field"] == {"kept": True}
        assert [remark] in [annotation["result"] for annotation in back["annotations"]]
        assert any(annotation["result"][0]["type"] == "choices" for annotation in back["annotations"])


def test_where_two_annotators_are_asked_on_a_share_only_those_tasks_stay_open(made: Any) -> None:
    asked = replace(TOPIC, overlap=2, overlap_share=0.2)
    with made([asked], tickets(10)) as (project, desk, _):
        push_documents(project)
        for task in desk.all_tasks():
            desk.answer(task["id"], [choice("billing")])
        pull_answers(project, whole=True)
        wanted = {task["data"]["ext_id"] for task in desk.all_tasks() if task["overlap"] == 2}
        assert 0 < len(wanted) < 10
        assert set(open_tasks(project)) == wanted


def test_a_document_that_no_task_can_hold_keeps_no_other_out(made: Any) -> None:
    documents = [*tickets(2), Document("odd", "Odd", {"text": "another text"})]
    with made([TOPIC], documents) as (project, desk, _):
        report = push_documents(project)
        assert (report.pushed, [problem.record for problem in report.problems]) == (2, ["odd"])
        assert sorted(desk.tasks()) == ["ticket-0", "ticket-1"]


def test_a_labelling_config_that_asks_nothing_any_more_is_named(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        config = '<View><Text name="text" value="$text"/><TextArea name="remark" toName="text"/></View>'
        said(desk.ana.patch(f"/api/projects/{desk.project}/", json={"label_config": config}))
        with pytest.raises(InputError, match="asks nothing that can be asked here any more"):
            pull_answers(project)
