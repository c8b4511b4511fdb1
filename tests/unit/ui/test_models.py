"""The page of models: what it starts, what it refuses, and how it shows jobs, runs and bundles."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import as_plain, html_of, open_view
from workbench import artefacts, catalog
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Run
from workbench.domain.spans import Span
from workbench.store import schema
from workbench.store.jobs import Job, Jobs
from workbench.ui import visitors
from workbench.ui.models import forms
from workbench.ui.models.comparison import comparison_html
from workbench.ui.models.dots import dots_spec
from workbench.usecases import keep_worker
from workbench.usecases.compare_runs import compare_runs
from workbench.usecases.judged_files import DOCUMENTS
from workbench.usecases.offer_training import offers
from workbench.usecases.project import open_project
from workbench.usecases.show_progress import BUNDLE_MANIFEST
from workbench.usecases.time_bundle import TIMINGS
from workbench.usecases.verify_bundle import note_export

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _workers_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes that end at once instead of workers: the jobs stay as they are."""
    monkeypatch.setattr(keep_worker, "PROGRAM", "pass")


def open_models(**chosen: str) -> AppTest:
    return open_view("models", **{"project": "tickets", "question": "topic", **chosen})


def jobs_of(home: Home) -> list[Job]:
    with open_project(home, "tickets") as project:
        return Jobs(project.store).list()


def add_answers(home: Home, *labels: str) -> None:
    with open_project(home, "tickets") as project:
        project.store.record(
            [Annotation(f"a{n}", f"ticket-{n}", "topic", "eva", (label,)) for n, label in enumerate(labels)]
        )


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    button.click().run()
    assert not page.exception, page.exception
    return page


def shown(page: AppTest) -> str:
    return "\n".join(
        [html_of(page), *(as_plain(m.value) for kind in (page.error, page.warning, page.info) for m in kind)]
    )


def test_a_training_is_queued_with_what_was_changed_and_its_job_is_in_the_url(tickets: Home) -> None:
    add_answers(tickets, "delivery", "billing", "fault")
    page = open_models(section="train")
    page.segmented_control(key="learner of topic").set_value("tfidf").run()
    page.selectbox(key="balance of tfidf, topic").set_value("sqrt")
    page.number_input(key="seed topic").set_value(7)
    press(page, "Start training")
    (job,) = jobs_of(tickets)
    assert (job.verb, job.state) == ("train", "queued")
    assert job.arguments == {
        "question": "topic",
        "learner": "tfidf",
        "seed": 7,
        "config": {"balance": "sqrt"},
    }
    assert page.query_params["job"] in (str(job.id), [str(job.id)])
    assert "waits for the worker" in shown(open_models(job=str(job.id)))


def test_a_job_behind_another_one_names_it(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        jobs = Jobs(project.store)
        for learner in ("bert", "setfit"):
            jobs.enqueue("train", {"question": "topic", "learner": learner})
        asked = jobs.enqueue("export", {"question_name": "topic"})
    words = shown(open_models(job=str(asked.id)))
    assert "waits for job 1, training topic · bert, and 1 more" in words
    with open_project(tickets, "tickets") as project:
        Jobs(project.store).cancel(2)
    assert "waits for job 1, training topic · bert<" in shown(open_models(job=str(asked.id)))


def test_two_tabs_that_start_the_same_training_start_it_once(tickets: Home) -> None:
    add_answers(tickets, "delivery", "billing", "fault")
    first, second = (open_models(section="train") for _ in range(2))
    press(first, "Start training")
    press(second, "Start training")
    (job,) = jobs_of(tickets)
    assert second.query_params["job"] in (str(job.id), [str(job.id)])
    assert "asked for already" in shown(second)
    assert "asked for already" not in shown(first)
    with open_project(tickets, "tickets") as project:
        Jobs(project.store).cancel(job.id)  # what has ended may be asked for again
    press(open_models(section="train"), "Start training")
    assert len(jobs_of(tickets)) == 2


def test_another_training_is_started_beside_one_that_waits(tickets: Home) -> None:
    add_answers(tickets, "delivery", "billing", "fault")
    press(open_models(section="train"), "Start training")
    page = open_models(section="train")
    page.number_input(key="seed topic").set_value(7)
    press(page, "Start training")
    assert len(jobs_of(tickets)) == 2


def test_a_training_that_goes_on_to_choose_documents_is_a_round(tickets: Home) -> None:
    add_answers(tickets, "delivery", "billing")
    page = open_models(section="train")
    labels = [field.label for kind in (page.selectbox, page.number_input) for field in kind]
    assert "How many documents" not in labels  # nothing is to be chosen yet
    page.checkbox(key="then topic").check().run()
    page.number_input(key="how many topic").set_value(20)
    press(page, "Start training")
    (job,) = jobs_of(tickets)
    assert job.verb == "round"
    assert job.arguments["training"]["learner"] == "linear"
    assert job.arguments["ranking"] == {"strategy": "auto", "n": 20, "seed": 0}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ((), "1 answered documents to learn from"),
        (("delivery", "delivery"), "there is nothing to tell apart"),
    ],
)
def test_too_few_answers_are_said_before_a_job_is_queued(
    tickets: Home, labels: tuple[str, ...], words: str
) -> None:
    add_answers(tickets, *labels)
    page = press(open_models(section="train"), "Start training")
    assert words in shown(page)
    assert jobs_of(tickets) == []


def test_a_question_without_labels_cannot_be_trained(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        project.store.add_question(Question("empty", "textcat"))
    page = press(open_models(section="train", question="empty"), "Start training")
    assert "has no labels; it needs at least 2" in shown(page)
    assert jobs_of(tickets) == []


def test_runs_without_a_network_are_not_offered(tickets: Home) -> None:
    for section, word in (("distil", "learn from"), ("export", "export")):
        page = open_models(section=section)
        assert f"No run of this question has a network to {word}" in shown(page)


def add_linear_run(home: Home, **changes: Any) -> Run:
    with open_project(home, "tickets") as project:
        run = dataclasses.replace(
            project.store.runs("topic")[0], id="topic-linear-9", learner="linear", **changes
        )
        project.store.save_run(run, run.id)
        (project.models / run.id / "model").mkdir(parents=True)
        return run


def test_an_export_without_held_out_answers_or_with_lost_files_is_refused(tickets: Home) -> None:
    add_linear_run(tickets)
    page = press(open_models(section="export"), "Start export")
    assert "held-out documents with answers to 'topic', and there are none" in shown(page)
    answer_held_out(tickets)
    (tickets.models("tickets") / "topic-linear-9" / "model").rmdir()
    (tickets.models("tickets") / "topic-linear-9").rmdir()
    page = press(open_models(section="export"), "Start export")
    assert "files of the run topic-linear-9 are missing" in shown(page)
    assert jobs_of(tickets) == []


def test_a_run_of_other_labels_is_refused(tickets: Home) -> None:
    add_linear_run(tickets, label_version=3)
    for section, button in (("export", "Start export"), ("distil", "Start distillation")):
        assert "labels of 'topic' changed" in shown(press(open_models(section=section), button))
    assert jobs_of(tickets) == []


def answer_held_out(home: Home) -> None:
    with open_project(home, "tickets") as project:
        project.store.record([Annotation("h", "held-1", "topic", "eva", ("fault",))])


def test_an_export_and_a_distillation_are_queued(tickets: Home) -> None:
    add_linear_run(tickets)
    answer_held_out(tickets)
    page = open_models(section="export")
    page.radio(key="precision topic").set_value("float32")
    press(page, "Start export")
    press(open_models(section="distil"), "Start distillation")
    distillation, export = jobs_of(tickets)
    assert export.arguments == {
        "question_name": "topic",
        "run_id": "topic-linear-9",
        "precision": "float32",
    }
    assert distillation.arguments == {
        "question_name": "topic",
        "run_id": "topic-linear-9",
        "seed": 0,
        "config": {},
    }


def set_job(home: Home, **values: object) -> Job:
    with open_project(home, "tickets") as project:
        jobs = Jobs(project.store)
        job = jobs.enqueue("train", {"question": "topic", "learner": "tfidf"})
        if values.get("state") != "queued":
            jobs.claim("test")
            with project.store.database.write() as connection:
                connection.execute(update(schema.jobs).where(schema.jobs.c.id == job.id).values(**values))
        return jobs.get(job.id)


def test_a_failed_job_says_why_and_can_be_resumed(tickets: Home) -> None:
    job = set_job(
        tickets,
        state="failed",
        message="No *space* left.",
        what="judge",
        finished_at="2026-01-01T00:00:00+00:00",
    )
    page = open_models(job=str(job.id))
    assert "No *space* left." in shown(page)
    assert '<li class="stopped"><span aria-hidden="true">✕</span> judge' in shown(page)
    press(page, "Resume")
    assert jobs_of(tickets)[0].state == "queued"
    assert "Cancel" in [button.label for button in page.button]


def test_a_job_whose_worker_is_gone_is_said_to_be_interrupted(tickets: Home) -> None:
    job = set_job(tickets, heartbeat_at=time.time() - 86_400)
    page = open_models(job=str(job.id))
    assert "The process that worked on it is gone." in shown(page)
    assert jobs_of(tickets)[0].state == "interrupted"


def test_a_running_job_shows_its_step_and_how_far_it_is(tickets: Home) -> None:
    job = set_job(tickets, done=3, total=8, what="fit: training, epoch 1 of 2")
    with keep_worker.FileLock(tickets.projects / "tickets" / "worker.lock") as lock:
        assert lock.acquire()
        page = open_models(job=str(job.id))
    assert '<li class="over"><span aria-hidden="true">✓</span> collect' in shown(page)
    assert '<li class="now"><span aria-hidden="true">●</span> fit' in shown(page)
    assert '<li class="to-come"><span aria-hidden="true">○</span> judge' in shown(page)
    (bar,) = [element for element in page.main if element.type == "progress"]
    assert (bar.proto.value, as_plain(bar.proto.text)) == (37, "training, epoch 1 of 2: 3 of 8")


def test_a_waiting_job_can_be_called_off(tickets: Home) -> None:
    job = set_job(tickets, state="queued")
    press(open_models(job=str(job.id)), "Cancel")
    assert jobs_of(tickets)[0].state == "cancelled"


def test_a_job_that_there_is_none_of_is_said(tickets: Home) -> None:
    assert "There is no job" in shown(open_models(job="77"))
    for job in ("x<b>", "9" * 30, "²"):
        assert f"a job that cannot be chosen here: {job}" in shown(open_models(job=job))


def test_the_history_is_newest_first_and_can_be_filtered(tickets: Home) -> None:
    first = set_job(tickets, state="failed", message="Bad luck.")
    second = set_job(tickets, state="done", result=json.dumps({"run": "topic-tfidf-3", "figures": {}}))
    page = open_models()
    history = page.dataframe[1].value
    assert history["job"].tolist() == [second.id, first.id]
    assert history["outcome"].tolist() == ["run topic-tfidf-3", "Bad luck."]
    page.button_group(key="states of tickets").set_value(["failed"]).run()
    assert page.dataframe[1].value["job"].tolist() == [first.id]


def test_a_training_that_is_done_leads_to_the_review_of_its_run(tickets: Home) -> None:
    job = set_job(tickets, state="done", result=json.dumps({"run": "topic-tfidf-1", "figures": {}}))
    (link,) = page_links(open_models(job=str(job.id)))
    assert (link.label, link.page) == ("Review where it is wrong", "review")
    assert "question=topic" in link.query_string
    assert "run=topic-tfidf-1" in link.query_string
    job = set_job(tickets, state="failed", message="Bad luck.")
    assert page_links(open_models(job=str(job.id))) == []


def page_links(page: AppTest) -> list[Any]:
    return [element.proto for element in page.main if element.type == "page_link"]


def test_who_does_not_lead_sees_results_and_starts_nothing(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visitors.Visitor("ana", "annotator")
    for module in ("views.models", "models.bundles", "jobs"):
        monkeypatch.setattr(f"workbench.ui.{module}.current_visitor", lambda: visitor)
    job = set_job(tickets, state="failed", message="Bad luck.")
    make_bundle(tickets)
    for section in ("train", "distil", "export"):
        page = open_models(section=section, job=str(job.id))
        assert "Jobs are started by a lead" in shown(page)
        assert [button.label for button in page.button] == []
    assert "SHA-256 of model.onnx" in shown(page)


def make_bundle(home: Home, name: str = "topic-good-int8", card: str = "", **more: object) -> Path:
    gate = {"name": "share of equal answers", "value": 0.99, "limit": 0.98, "direction": "at least"}
    facts = {
        "question": "topic",
        "run": "topic-tfidf-2",
        "n_examples": 120,
        "created_at": "2026-05-04T10:11:12.000000+00:00",
        "recipe": {"name": "by-row", "words": "int8 <i>rows</i>", "why": "it passed"},
        "gate": {"passed": True, "figures": [{**gate, "basis": "2 held-out documents", "passed": True}]},
        **more,
    }
    folder = home.models("tickets") / name
    work = artefacts.empty_folder(folder.with_name(f".{name}.work"))
    for file in ("tokenizer.json", "labels.json"):
        artefacts.write_json(work / file, {})
    (work / "README.md").write_text(card, encoding="utf-8")
    (work / "model.onnx").write_bytes(bytes(5_000_000))
    artefacts.publish_folder(work, folder, facts, manifest=BUNDLE_MANIFEST)
    return folder


GRAPH_SHA256 = hashlib.sha256(bytes(5_000_000)).hexdigest()


def edit_manifest(folder: Path, **more: object) -> None:
    facts = artefacts.read_json(folder / BUNDLE_MANIFEST)
    artefacts.write_json(folder / BUNDLE_MANIFEST, {**facts, **more})


def card_and_badges() -> str:
    page = open_models(section="export")
    return "\n".join([shown(page), *(m.value for m in page.markdown)])


def test_a_bundle_that_changed_since_its_export_is_not_shown_as_a_sound_one(tickets: Home) -> None:
    folder = make_bundle(tickets)
    text = card_and_badges()
    assert "gate passed" in text
    (folder / "model.onnx").write_bytes(bytes(4_999_999) + b"x")
    text = card_and_badges()
    assert "gate passed" not in text
    assert "changed since export" in text
    assert "model.onnx is not the one that was published" in text
    assert "(as recorded at the export)" in text
    assert "/wb/bundles/" not in text


def test_a_manifest_that_was_edited_is_not_shown_as_a_sound_one(tickets: Home) -> None:
    folder = make_bundle(tickets)
    with open_project(tickets, "tickets") as project:
        note_export(project, folder)
    assert "gate passed" in card_and_badges()
    edit_manifest(folder, n_examples=12_000)
    text = card_and_badges()
    assert "gate passed" not in text
    assert "changed since export" in text
    assert "/wb/bundles/" not in text


@pytest.mark.parametrize(
    ("passed", "value", "n"), [(False, 0.99, 0), (True, 0.99, 0), (True, 0.5, 1), (False, 0.99, 1)]
)
def test_a_bundle_that_did_not_pass_its_gate_says_so_whatever_else_it_says(
    tickets: Home, passed: bool, value: float, n: int
) -> None:
    row = {"name": "a", "value": value, "limit": 0.98, "direction": "at least", "basis": "b", "passed": True}
    make_bundle(tickets, gate={"passed": passed, "figures": [row] * n})
    text = card_and_badges()
    assert "gate passed" not in text
    assert "gate failed" in text
    assert "/wb/bundles/" not in text


def label_row(label: str, support: int, predicted: int, correct: int) -> dict[str, Any]:
    f1 = 2 * correct / (support + predicted)
    return {"label": label, "f1": f1, "support": support, "predicted": predicted, "correct": correct}


def test_a_bundle_shows_its_size_gate_losses_and_how_to_get_it(tickets: Home) -> None:
    before = {
        "basis": "held-out",
        "n": 200,
        "per_label": [label_row("fault", 100, 100, 90), label_row("billing", 9, 9, 5)],
    }
    after = {
        "basis": "held-out",
        "n": 200,
        "per_label": [label_row("fault", 100, 100, 30), label_row("billing", 9, 9, 5)],
    }
    folder = make_bundle(tickets, figures_before_int8=before, figures=after)
    (tickets.models("tickets") / "topic-odd-int8").mkdir()
    artefacts.write_json(tickets.models("tickets") / "topic-odd-int8" / BUNDLE_MANIFEST, {"files": {}})
    page = open_models(section="export", bundle=folder.name)
    text = shown(page)
    assert "Export the model again" in text
    assert "5.0 MB" in text
    assert GRAPH_SHA256 in text
    assert artefacts.file_sha256(folder / BUNDLE_MANIFEST) in text
    assert "int8 &lt;i&gt;rows&lt;/i&gt;" in text
    assert 'href="/wb/bundles/tickets/topic-good-int8.zip"' in text
    assert '<td class="figure">0.99000</td><td class="figure">at least 0.98</td><td>yes</td>' in text
    losses = page.dataframe[0].value
    assert losses.values.tolist() == [["fault", "0.900", "0.300", "-0.600", "yes", 100]]
    assert "for 1 the 95 % intervals do not overlap" in text
    assert "Not measured on this machine yet" in text
    press(page, "Measure")
    assert jobs_of(tickets)[0].arguments == {"bundle": "topic-good-int8"}


def test_the_documents_whose_answer_an_export_changed_are_shown_with_both_answers_and_a_link(
    tickets: Home,
) -> None:
    changed = [
        {"document": "held-1", "before": ["fault"], "after": ["<i>delivery"]},
        {"document": "gone", "before": ["fault"], "after": []},
    ]
    make_bundle(tickets, changed_answers={"n": 7, "documents": changed})
    text = shown(open_models(section="export"))
    assert "7 held-out documents, the first 2 of them named" in text
    assert "It sparks." in text  # the text is the project's
    assert "<b>fault</b> → <b>&lt;i&gt;delivery</b>" in text
    assert "/data?project=tickets&amp;tab=documents&amp;question=topic&amp;document=held-1" in text
    assert "1 of these documents are not held out any more" in text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "This bundle does not say"),
        ({"changed_answers": {"n": 0, "documents": []}}, "answers every held-out document as"),
        ({"changed_answers": {"n": 1, "documents": [{"document": "a"}]}}, "Export the model again"),
    ],
)
def test_a_bundle_without_changed_answers_says_so(tickets: Home, said: dict[str, object], words: str) -> None:
    make_bundle(tickets, **said)
    assert words in shown(open_models(section="export"))


def test_a_model_card_is_text_even_when_its_labels_are_markdown(tickets: Home) -> None:
    card = (
        "# tickets\n\n2: `a`, ![x](https://example.org/x.png) <img src=x>\n\n"
        "| figure | value |\n|---|---|\n| f1 <i> | 0.5 |\n\n- one\n  goes on\n- two\n\n    code <x>\n"
    )
    make_bundle(tickets, card=card)
    page = open_models(section="export")
    inside = page.expander[-1] if page.expander[-1].label == "Model card" else page.expander[0]
    (html,) = [element.proto.body for element in inside if element.type == "html"]
    assert "<h4>tickets</h4>" in html
    assert "<code>a</code>, ![x](https://example.org/x.png) &lt;img src=x&gt;" in html
    assert "<td>f1 &lt;i&gt;</td><td>0.5</td>" in html
    assert "<li>one goes on</li><li>two</li>" in html
    assert "<pre>code &lt;x&gt;</pre>" in html
    assert "<img" not in html


def test_a_bundle_that_is_still_exported_is_chosen_when_it_is_there(tickets: Home) -> None:
    make_bundle(tickets)
    page = open_models(section="export", bundle="topic-new-int8")
    assert "topic-good-int8.zip" in shown(page)
    make_bundle(tickets, "topic-new-int8", created_at="2026-05-03T10:11:12.000000+00:00")
    page.run()
    assert "topic-new-int8.zip" in shown(page)
    assert page.selectbox(key="bundle of ['topic-good-int8', 'topic-new-int8']").value == "topic-new-int8"
    page.selectbox(key="bundle of ['topic-good-int8', 'topic-new-int8']").set_value("topic-good-int8").run()
    assert "topic-good-int8.zip" in shown(page)
    assert page.query_params["bundle"] in ("topic-good-int8", ["topic-good-int8"])


def test_labels_are_compared_with_the_float32_network_that_the_gate_measured(tickets: Home) -> None:
    """The run was judged on stored vectors, the gate on the network: one of the two is the baseline."""
    run, float32, exported = (
        {"basis": "held-out", "n": 200, "macro_f1": f1, "per_label": [label_row("fault", 100, 100, correct)]}
        for f1, correct in ((0.4854, 48), (0.4879, 50), (0.47, 47))
    )
    make_bundle(tickets, figures_before_int8=run, figures_float32=float32, figures=exported)
    page = open_models(section="export")
    table = page.dataframe[0].value
    assert table.columns[1] == "F1 in float32"
    assert table.values.tolist() == [["fault", "0.500", "0.470", "-0.030", "no", 100]]
    text = shown(page)
    assert "macro-F1 0.4854" in text
    assert "0.4879" in text
    assert "0.4700" in text


def test_figures_on_other_documents_are_not_compared(tickets: Home) -> None:
    before = {"basis": "out-of-fold", "n": 80, "per_label": [label_row("fault", 10, 10, 9)]}
    after = {"basis": "held-out", "n": 20, "per_label": [label_row("fault", 10, 10, 3)]}
    make_bundle(tickets, figures_before_int8=before, figures=after)
    assert "these figures cannot be compared" in shown(open_models(section="export"))


def test_figures_by_other_answers_to_the_same_documents_are_not_compared(tickets: Home) -> None:
    before = {"basis": "held-out", "n": 20, "per_label": [label_row("fault", 10, 10, 9)]}
    after = {"basis": "held-out", "n": 20, "per_label": [label_row("fault", 9, 10, 9)]}
    make_bundle(tickets, figures_before_int8=before, figures=after)
    page = shown(open_models(section="export"))
    assert "Answers of held-out documents were changed" in page
    assert "F1 changed for" not in page


def test_latency_is_shown_only_for_the_graph_it_was_measured_on(tickets: Home) -> None:
    make_bundle(tickets)
    path = tickets.projects / "tickets" / TIMINGS / "topic-good-int8.json"
    path.parent.mkdir(parents=True)
    timing = {
        "bundle": {"median_ms": 1.25, "p95_ms": 2.5},
        "run": {"median_ms": 6.0, "p95_ms": 9.0},
        "n_texts": 60,
        "median_characters": 80,
        "machine": "x86_64, 2 cores",
        "measured_at": "2026-05-04T10:11:12+00:00",
    }
    artefacts.write_json(path, {**timing, "sha256": GRAPH_SHA256})
    text = shown(open_models(section="export"))
    assert "<td>1.2 ms</td><td>2.5 ms</td>" in text
    assert "<td>6.0 ms</td><td>9.0 ms</td>" in text
    artefacts.write_json(path, {**timing, "sha256": "cd" * 32})
    assert "Not measured on this machine yet" in shown(open_models(section="export"))


def add_run(
    home: Home, id: str, learner: str, figures: dict[str, Any], gold: str = "fault", **more: Any
) -> None:
    """Record a run that was judged by one right answer."""
    with open_project(home, "tickets") as project:
        run = project.store.runs("topic")[-1]
        answers = {"labels": [gold], "spans": []}
        judged = [{"id": "held-1", "text": "It sparks.", "scope": None, "gold": answers}]
        (project.models / id).mkdir()
        artefacts.write_json(project.models / id / DOCUMENTS, judged)
        project.store.save_run(dataclasses.replace(run, id=id, learner=learner, figures=figures, **more), id)


def figures(n: int, correct: int, interval: tuple[float, float], basis: str = "held-out") -> dict[str, Any]:
    rows = [label_row("fault", 100, 100, correct), label_row("<b>", 10, 10, 5)]
    return {
        "n": n,
        "macro_f1": sum(interval) / 2,
        "macro_f1_interval": interval,
        "per_label": rows,
        "basis": basis,
    }


def test_runs_side_by_side_are_bold_only_beyond_their_intervals_and_on_one_basis(tickets: Home) -> None:
    add_run(tickets, "topic-a-1", "tfidf", figures(110, 90, (0.8, 0.9)), config={"c": 20.0, "x": "<i>"})
    add_run(tickets, "topic-b-1", "linear", figures(110, 60, (0.4, 0.6)), config={"c": 5.0, "x": "<i>"})
    add_run(tickets, "topic-c-1", "linear", figures(110, 91, (0.78, 0.93)))
    add_run(tickets, "topic-d-1", "linear", figures(50, 10, (0.1, 0.2), "out-of-fold"), basis="out-of-fold")
    with open_project(tickets, "tickets") as project:
        found = compare_runs(project, ["topic-a-1", "topic-b-1", "topic-c-1", "topic-d-1"])
    assert [run.comparable for run in found.runs] == [True, True, True, False]
    assert [run.figures["macro_f1"].differs for run in found.runs] == [False, True, False, False]
    assert [run.labels["fault"].differs for run in found.runs] == [False, True, False, False]
    assert found.settings["c"] == ("20.0", "5.0", "–", "–")
    html = str(comparison_html(found))
    assert html.count("<b>") == 1
    assert "<b>0.500</b>" in html
    assert "another basis: not compared" in html
    assert "&lt;i&gt;" in html
    values = dots_spec(found.runs)["data"]["values"]
    assert len(values) == 3 * 2  # the run on another basis has no dots
    assert [v["beyond"] for v in values if v["label"] == "fault"] == ["no", "yes", "no"]


def test_runs_judged_by_other_answers_are_not_compared_though_they_are_as_many(tickets: Home) -> None:
    add_run(tickets, "topic-a-1", "tfidf", figures(110, 90, (0.8, 0.9)))
    add_run(tickets, "topic-b-1", "linear", figures(110, 60, (0.4, 0.6)), gold="billing")
    add_run(tickets, "topic-c-1", "linear", figures(110, 60, (0.4, 0.6)))
    with open_project(tickets, "tickets") as project:
        (project.models / "topic-c-1" / DOCUMENTS).unlink()
        found = compare_runs(project, ["topic-a-1", "topic-b-1", "topic-c-1"])
    assert [run.not_compared for run in found.runs] == [
        "",
        "other documents or right answers: not compared",
        "its judged documents are gone: not compared",
    ]
    assert not any(run.figures["macro_f1"].differs for run in found.runs)
    assert "other documents or right answers" in str(comparison_html(found))


def test_the_two_newest_runs_are_compared_and_the_url_says_which(tickets: Home) -> None:
    page = open_models()
    assert page.query_params["runs"] in ("topic-tfidf-1,topic-tfidf-2", ["topic-tfidf-1,topic-tfidf-2"])
    assert "1. tfidf" in shown(page)
    assert page.dataframe[0].value["run"].tolist() == ["topic-tfidf-2", "topic-tfidf-1"]


def test_links_to_a_section_job_or_runs_that_are_not_there_keep_the_controls(tickets: Home) -> None:
    page = open_models(section="zzz", job="１", runs="topic-tfidf-1,zz")
    said = [as_plain(warning.value) for warning in page.warning]
    for words in ("a section that cannot be chosen here: zzz", "a job that", "a run that"):
        assert any(words in one for one in said), said
    assert page.segmented_control(key="section").value == "runs"
    assert "job" not in page.query_params


def test_another_question_is_no_wrong_link(tickets: Home) -> None:
    page = open_models(runs="topic-tfidf-1,topic-tfidf-2")
    page.segmented_control(key="question of tickets").set_value("entities").run()
    assert not page.warning
    assert not page.exception


def test_the_training_form_speaks_of_what_people_know(tickets: Home) -> None:
    page = open_models(section="train")
    page.segmented_control(key="learner of topic").set_value("tfidf").run()
    labels = {field.label for kind in (page.selectbox, page.number_input) for field in kind}
    assert {"Rare labels", "Closeness to the answers", "Random seed"} <= labels
    assert not labels & {"c", "balance", "seed", "longest run", "Strategy"}
    assert page.selectbox(key="balance of tfidf, topic").options[0] == "count as they come"
    folded = {field.label for field in page.expander[0].number_input}
    assert folded == {
        "Closeness to the answers",
        "Accuracy to give up",
        "Words taken together, up to",
        "Random seed",
    }


@pytest.mark.parametrize(
    ("learner", "setting", "step"), [("kernel", "sharpness", 100), ("bert", "focal_gamma", 1)]
)
def test_a_number_that_is_off_at_zero_can_be_stepped_up(
    tickets: Home, learner: str, setting: str, step: float
) -> None:
    page = open_models(section="train")
    page.segmented_control(key="learner of topic").set_value(learner).run()
    assert not page.exception
    field = page.number_input(key=f"{setting} of {learner}, topic")
    assert (field.value, field.step) == (0.0, step)


def test_the_choices_of_thresholds_have_words_of_their_own(tickets: Home) -> None:
    page = open_models(section="train")
    page.segmented_control(key="learner of topic").set_value("linear").run()
    assert page.selectbox(key="offsets of linear, topic").options[0] == "nothing: as the model comes"
    assert page.selectbox(key="balance of linear, topic").options[0] == "count as they come"


def test_every_setting_of_every_learner_has_words() -> None:
    for kind in ("textcat", "textcat-multi", "ner"):
        for offer in offers(Question("q", kind)):
            assert all(setting.title for setting in offer.settings), offer.learner
    assert set(catalog.STRATEGIES) <= set(forms.STRATEGY_WORDS)


def test_no_peer_can_be_chosen_in_the_app(tickets: Home) -> None:
    page = open_models(section="train")
    page.checkbox(key="then topic").check().run()
    names = {option for box in page.selectbox for option in box.options}
    assert "chance" in names
    assert not {name for name in names if "small-text" in name}


def test_a_run_of_old_labels_is_marked_before_anything_is_pressed(tickets: Home) -> None:
    add_linear_run(tickets)
    assert "labels" not in open_models().dataframe[0].value
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
    page = open_models()
    assert set(page.dataframe[0].value["labels"]) == {"old labels"}
    assert all(option.endswith("old labels") for option in page.multiselect[0].options)
    for section in ("distil", "export"):
        page = open_models(section=section)
        assert "changed since the run topic-linear-9" in as_plain(page.warning[0].value)


def test_the_card_of_a_bundle_says_that_its_labels_are_old(tickets: Home) -> None:
    make_bundle(tickets)
    assert not open_models(section="export").warning
    with open_project(tickets, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("fault",), ("defect",)))
    assert "changed since the run" in shown(open_models(section="export"))


def test_changed_spans_are_marked_in_the_text_of_their_document(tickets: Home) -> None:
    changed = [{"document": "held-1", "before": [[3, 9, "PRODUCT"]], "after": []}]
    make_bundle(
        tickets, "entities-good-int8", question="entities", changed_answers={"n": 1, "documents": changed}
    )
    text = shown(open_models(question="entities", section="export"))
    assert "line: before the export · dashed: after it" in text
    assert 'class="m gold wrong' in text


def test_only_of_entities_the_doubtful_words_can_be_asked_by_themselves(tickets: Home) -> None:
    page = open_models(section="train")
    page.checkbox(key="then topic").check().run()
    assert not [box for box in page.checkbox if box.key == "spans topic"]
    page = open_models(section="train", question="entities")
    page.checkbox(key="then entities").check().run()
    page.checkbox(key="spans entities").check()
    spans = (Span(0, 2, "PERSON", "My"),)
    with open_project(tickets, "tickets") as project:
        project.store.record(
            [Annotation(f"e{n}", f"ticket-{n}", "entities", "eva", spans=spans[: 1 - n]) for n in range(2)]
        )
    press(page, "Start training")
    (job,) = jobs_of(tickets)
    assert job.arguments["ranking"]["spans"] is True
