"""Documents go to a real Label Studio and answers come back: all of them, once, as they are there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.label_studio.desk import ENTITIES, TOPIC, answers_here, choice, marked, said, tickets
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.errors import GoneError
from workbench.sources.label_studio.client import LabelStudioClient
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]


def test_every_document_becomes_one_task_however_often_it_is_pushed(made: Any) -> None:
    with made([TOPIC], tickets(12)) as (project, desk, _):
        assert push_documents(project).pushed == 12
        assert push_documents(project).pushed == 0
        tasks = desk.tasks()
        assert sorted(tasks) == sorted(f"ticket-{n}" for n in range(12))
        assert tasks["ticket-3"]["data"]["text"] == "Ticket number 3: where is my parcel?"


def test_a_document_that_comes_back_has_the_fields_it_went_with(made: Any) -> None:
    document = Document("mail-1", "Where is my parcel?", {"channel": "mail"})
    with made([TOPIC], [document]) as (project, desk, _):
        push_documents(project)
        desk.answer(desk.tasks()["mail-1"]["id"], [choice("delivery")])
        pull_answers(project)
        (known,) = project.store.documents()
        assert known.metadata == {"channel": "mail"}


def test_answers_skips_and_several_annotators_come_in_as_they_are_there(made: Any) -> None:
    with made([TOPIC], tickets(4)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        desk.answer(ids["ticket-0"], [choice("billing")])
        desk.answer(ids["ticket-0"], [choice("fault")], who="ben")
        desk.answer(ids["ticket-1"], [], was_cancelled=True)
        report = pull_answers(project)

        assert (report.answers_new, report.skips, report.problems) == (2, 1, [])
        assert answers_here(project, "topic") == {
            ("ticket-0", "ana@example.com"): ("answered", "billing"),
            ("ticket-0", "ben@example.com"): ("answered", "fault"),
            ("ticket-1", "ana@example.com"): ("skipped",),
        }
        assert {a.seconds for a in project.store.current("topic")} == {2.5}


def test_changed_answers_take_the_place_of_the_old_ones_and_deleted_ones_are_taken_back(made: Any) -> None:
    with made([TOPIC], tickets(3)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        first = desk.answer(ids["ticket-0"], [choice("billing")])
        second = desk.answer(ids["ticket-1"], [choice("fault")])
        pull_answers(project)
        said(desk.ana.patch(f"/api/annotations/{first['id']}/", json={"result": [choice("delivery")]}))
        said(desk.ana.delete(f"/api/annotations/{second['id']}/"))
        report = pull_answers(project)

        assert (report.answers_new, report.answers_changed, report.withdrawn) == (0, 1, 1)
        assert answers_here(project, "topic") == {("ticket-0", "ana@example.com"): ("answered", "delivery")}
        statuses = sorted(a.status for a in project.store.annotations("topic"))
        assert statuses == ["answered", "answered", "answered", "withdrawn"]


def test_an_earlier_answer_holds_again_when_the_later_one_is_deleted(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        desk.answer(task["id"], [choice("billing")])
        later = desk.answer(task["id"], [choice("fault")])
        pull_answers(project)
        assert list(answers_here(project, "topic").values()) == [("answered", "fault")]
        said(desk.ana.delete(f"/api/annotations/{later['id']}/"))
        pull_answers(project)
        assert list(answers_here(project, "topic").values()) == [("answered", "billing")]
        assert pull_answers(project, whole=True).n_changes == 0


def test_looking_again_ten_times_changes_nothing(made: Any) -> None:
    with made([TOPIC, ENTITIES], tickets(6)) as (project, desk, _):
        push_documents(project)
        for name, task in desk.tasks().items():
            desk.answer(task["id"], [choice("billing"), marked(task["data"]["text"], "parcel", "PLACE")])
            desk.ana.post(
                f"/api/tasks/{task['id']}/drafts", json={"result": [choice("fault")], "lead_time": 1}
            )
            assert name
        pull_answers(project, whole=True)
        before = [project.store.annotations(question) for question in ("topic", "entities")]
        again = [pull_answers(project, whole=turn % 2 == 1) for turn in range(10)]
        assert [report.n_changes for report in again] == [0] * 10
        assert [project.store.annotations(question) for question in ("topic", "entities")] == before


def test_spans_in_emoji_cjk_arabic_and_windows_lines_keep_their_code_points(made: Any) -> None:
    texts = [
        ("👩‍👩‍👧 Ana Müller 🫖 from Łódź", "Ana Müller"),
        ("東京の田中さんに荷物を送った。", "田中"),
        ("مرحبا، اسمي سارة من القاهرة", "سارة"),
        ("First line\r\nAna lives here\r\n", "Ana"),
    ]
    documents = [Document(f"text-{n}", text) for n, (text, _) in enumerate(texts)]
    with made([ENTITIES], documents) as (project, desk, _):
        push_documents(project)
        tasks = desk.tasks()
        for n, (text, words) in enumerate(texts):
            assert tasks[f"text-{n}"]["data"]["text"] == text
            desk.answer(tasks[f"text-{n}"]["id"], [marked(text, words, "PERSON")])
        assert pull_answers(project).problems == []
        answers = {a.document_id: a.spans for a in project.store.current("entities")}
        for n, (text, words) in enumerate(texts):
            start = text.index(words)
            assert answers[f"text-{n}"] == (Span(start, start + len(words), "PERSON", words),)


def test_tasks_of_others_come_in_with_their_fields(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        task = {"data": {"text": "A new one", "ext_id": "other-1", "channel": "mail"}}
        said(desk.ben.post(f"/api/projects/{desk.project}/import", json=[task]))
        assert pull_answers(project).documents_new == 1
        document = project.store.document("other-1")
        assert (document.text, document.metadata) == ("A new one", {"channel": "mail"})
        assert push_documents(project).pushed == 0
        assert len(desk.tasks()) == 2


def test_an_annotation_that_cannot_be_understood_keeps_nobody_elses_out(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        (task,) = desk.tasks().values()
        desk.answer(task["id"], [choice("billing")])
        desk.answer(task["id"], [choice("weather")], who="ben")
        report = pull_answers(project)
        assert answers_here(project, "topic") == {("ticket-0", "ana@example.com"): ("answered", "billing")}
        (problem,) = report.problems
        assert problem.record == f"task {task['id']}"
        assert "weather" in problem.message


def test_a_deleted_task_takes_its_answers_back_and_is_not_made_again(made: Any) -> None:
    with made([TOPIC], tickets(3)) as (project, desk, _):
        push_documents(project)
        ids = {name: task["id"] for name, task in desk.tasks().items()}
        for task in ids.values():
            desk.answer(task, [choice("billing")])
        pull_answers(project)
        said(desk.ana.delete(f"/api/tasks/{ids['ticket-1']}/"))
        report = pull_answers(project, whole=True)
        assert (report.tasks_gone, report.withdrawn) == (1, 1)
        assert {document for document, _ in answers_here(project, "topic")} == {"ticket-0", "ticket-2"}
        assert push_documents(project).pushed == 0


def test_a_server_that_lost_most_tasks_is_not_believed_at_once(made: Any) -> None:
    with made([TOPIC], tickets(60)) as (project, desk, _):
        push_documents(project)
        tasks = desk.tasks()
        desk.answer(tasks["ticket-0"]["id"], [choice("billing")])
        pull_answers(project)
        chosen = {"selectedItems": {"all": True, "excluded": []}}
        said(
            desk.ana.post(
                "/api/dm/actions/", params={"id": "delete_tasks", "project": desk.project}, json=chosen
            )
        )
        with pytest.raises(GoneError, match="60 of 60"):
            pull_answers(project, whole=True)
        assert len(answers_here(project, "topic")) == 1
        assert pull_answers(project, whole=True, accept_deletions=True).withdrawn == 1
        assert answers_here(project, "topic") == {}


def test_labels_that_are_added_there_are_asked_here_too(made: Any) -> None:
    with made([TOPIC], tickets(1)) as (project, desk, _):
        push_documents(project)
        config = said(desk.ana.get(f"/api/projects/{desk.project}/"))["label_config"]
        wider = config.replace('<Choice value="fault"/>', '<Choice value="fault"/><Choice value="praise"/>')
        said(desk.ana.patch(f"/api/projects/{desk.project}/", json={"label_config": wider}))
        (task,) = desk.tasks().values()
        desk.answer(task["id"], [choice("praise")])
        report = pull_answers(project)
        assert report.news == ["'topic' got the labels praise"]
        assert list(answers_here(project, "topic").values()) == [("answered", "praise")]


def test_an_answer_that_is_given_while_its_task_is_fetched_is_not_missed(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made([TOPIC], tickets(3)) as (project, desk, _):
        push_documents(project)
        task = desk.tasks()["ticket-1"]["id"]
        fetch, late = LabelStudioClient.tasks_with_ids, [task]

        def answered_meanwhile(self: LabelStudioClient, *arguments: Any, **more: Any) -> Any:
            if late:
                desk.answer(late.pop(), [choice("billing")])
            return fetch(self, *arguments, **more)

        monkeypatch.setattr(LabelStudioClient, "tasks_with_ids", answered_meanwhile)
        pull_answers(project)
        pull_answers(project)
        assert answers_here(project, "topic") == {("ticket-1", "ana@example.com"): ("answered", "billing")}
