"""The order of the strategy is the order in which the labelling page asks, with answers to mend."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.label_studio.desk import ENTITIES, TOPIC, Desk, answers_here, choice, said
from workbench.domain.documents import Document
from workbench.domain.runs import Batch, Proposal
from workbench.errors import NotEnoughDataError, RemoteError
from workbench.sources.label_studio.client import LabelStudioClient
from workbench.usecases.label_studio.publish import publish_order
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.label_studio.server import open_server
from workbench.usecases.label_studio.versions import remove_old_versions
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

pytestmark = [pytest.mark.label_studio, pytest.mark.slow]

WORDS = {
    "delivery": ("parcel", "courier", "delivered", "tracking"),
    "billing": ("invoice", "refund", "charged", "payment"),
    "fault": ("broken", "leaks", "cracked", "noise"),
}


def mail(number: int) -> tuple[Document, str]:
    """Return a document whose words tell its topic, the rarer words less often."""
    topic = list(WORDS)[number % 3]
    words = WORDS[topic]
    text = f"Hello, about my {words[number % 4]} and the {words[(number // 4) % 4]}: case {number}."
    return Document(f"mail-{number}", text), topic


def batch_of(ids: list[str], strategy: str = "cluster-margin", question: str = "topic") -> Batch:
    proposals = tuple(Proposal(id, 1 - place / len(ids), "why") for place, id in enumerate(ids))
    return Batch(f"batch-{question}-{ids[0]}", question, strategy, 0, proposals)


def serve(desk: Desk, n: int, topics: dict[str, str]) -> list[str]:
    """Let two annotators take turns on the labelling stream; return what they were asked, in order."""
    asked = []
    for turn in range(n):
        who = ("ana", "ben")[turn % 2]
        task = desk.next_task(who)
        asked.append(task["data"]["ext_id"])
        desk.answer(task["id"], [choice(topics[asked[-1]])], who=who)
    return asked


def labels_there(desk: Desk) -> dict[tuple[str, str], tuple[str, ...]]:
    emails = {1: "ana@example.com", 2: "ben@example.com"}
    return {
        (name, emails[a["completed_by"]]): ("answered", *a["result"][0]["value"]["choices"])
        for name, task in desk.tasks().items()
        for a in task["annotations"]
    }


def test_three_rounds_with_two_annotators_ask_in_the_proposed_order_and_lose_no_label(made: Any) -> None:
    mails = [mail(number) for number in range(60)]
    topics = {document.id: topic for document, topic in mails}
    with made([TOPIC], [document for document, _ in mails]) as (project, desk, _):
        push_documents(project)
        project.store.save_batch(batch_of([f"mail-{n}" for n in range(12)], "random"))
        for strategy in ("margin", "random", "least-confidence"):
            publish_order(project)
            batch = project.store.latest_batch("topic")
            assert batch is not None
            proposed = [proposal.document_id for proposal in batch.proposals]
            assert serve(desk, len(proposed), topics) == proposed
            pull_answers(project)
            assert answers_here(project, "topic") == labels_there(desk)
            run_round(project, Training("topic", "tfidf"), Ranking(strategy, 12))
        assert len(labels_there(desk)) == 36


def test_served_tasks_carry_the_models_answer_with_its_confidence(made: Any) -> None:
    mails = [mail(number) for number in range(30)]
    topics = {document.id: topic for document, topic in mails}
    with made([TOPIC], [document for document, _ in mails]) as (project, desk, _):
        push_documents(project)
        for name, task in list(desk.tasks().items())[:12]:
            desk.answer(task["id"], [choice(topics[name])])
        pull_answers(project)
        run, batch = run_round(project, Training("topic", "tfidf"), Ranking("margin", 10))
        report = publish_order(project)
        assert (report.n_tasks, report.n_answers, report.warnings) == (10, 10, [])

        task = desk.next_task()
        (prediction,) = task["predictions"]
        (region,) = prediction["result"]
        assert prediction["model_version"] == report.version
        assert prediction["score"] == pytest.approx(1 - batch.proposals[0].utility)
        assert region["value"]["choices"][0] in TOPIC.labels
        assert 1 / 3 < region["score"] <= 1
        assert run.n_examples == 12


def test_batches_of_two_questions_take_turns(made: Any) -> None:
    documents = [mail(number)[0] for number in range(8)]
    with made([TOPIC, ENTITIES], documents) as (project, desk, _):
        push_documents(project)
        project.store.save_batch(batch_of(["mail-5", "mail-1"]))
        project.store.save_batch(batch_of(["mail-2", "mail-1", "mail-3"], question="entities"))
        publish_order(project)
        asked = [desk.next_task(who)["data"]["ext_id"] for who in ("ana", "ben")]
        assert asked == ["mail-5", "mail-2"]
        scores = {p["score"] for task in desk.tasks().values() for p in task["predictions"]}
        assert sorted(scores) == [0.125, 0.375, 0.625, 0.875]


def test_answered_tasks_are_not_asked_again_and_nothing_left_is_an_error(made: Any) -> None:
    documents = [mail(number)[0] for number in range(3)]
    with made([TOPIC], documents) as (project, desk, _):
        push_documents(project)
        project.store.save_batch(batch_of(["mail-0", "mail-1"]))
        tasks = desk.tasks()
        desk.answer(tasks["mail-0"]["id"], [choice("fault")])
        pull_answers(project)
        assert publish_order(project).n_tasks == 1
        desk.answer(tasks["mail-1"]["id"], [], was_cancelled=True)
        pull_answers(project)
        with pytest.raises(NotEnoughDataError, match="No proposed document waits"):
            publish_order(project)


def test_old_versions_go_in_pieces_and_the_served_one_stays(made: Any) -> None:
    documents = [mail(number)[0] for number in range(6)]
    with made([TOPIC], documents) as (project, desk, _):
        push_documents(project)
        project.store.save_batch(batch_of([document.id for document in documents]))
        versions = [publish_order(project).version for _ in range(3)]
        there = f"/api/projects/{desk.project}/model-versions/"
        assert said(desk.ana.get(there)) == dict.fromkeys(versions, 6)
        with open_server(project) as server:
            assert remove_old_versions(server, at_most=4) == 4
            assert remove_old_versions(server) == 8
            assert remove_old_versions(server) == 0
        assert said(desk.ana.get(there)) == {versions[-1]: 6}
        assert said(desk.ana.get(f"/api/projects/{desk.project}/"))["model_version"] == versions[-1]


def test_predictions_that_the_server_leaves_out_keep_the_old_order(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [mail(number)[0] for number in range(4)]
    with made([TOPIC], documents) as (project, desk, _):
        push_documents(project)
        project.store.save_batch(batch_of(["mail-3", "mail-0"]))
        first = publish_order(project).version
        whole = LabelStudioClient.import_predictions

        def wrong(self: LabelStudioClient, number: int, rows: Any) -> int:
            rows = [dict(row) for row in rows]
            rows[0]["result"] = [
                {"from_name": "no such control", "to_name": "text", "type": "choices", "value": {}}
            ]
            return whole(self, number, rows)

        monkeypatch.setattr(LabelStudioClient, "import_predictions", wrong)
        with pytest.raises(RemoteError, match="Of 2 predictions Label Studio has"):
            publish_order(project)
        assert said(desk.ana.get(f"/api/projects/{desk.project}/"))["model_version"] == first
        assert desk.next_task()["data"]["ext_id"] == "mail-3"


class Backend(BaseHTTPRequestHandler):
    """An ML backend that says what Label Studio asks it to say and predicts nothing."""

    def do_GET(self) -> None:
        self.answer({"status": "UP", "model_class": "Quiet"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.answer({"model_version": "quiet"} if self.path.endswith("/setup") else {"results": []})

    def answer(self, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def test_the_title_of_an_ml_backend_follows_the_version(made: Any, backend: str) -> None:
    documents = [mail(number)[0] for number in range(5)]
    with made([TOPIC], documents) as (project, desk, _):
        push_documents(project)
        said(desk.ana.post("/api/ml/", json={"project": desk.project, "url": backend, "title": "theirs"}))
        for ids in (["mail-4", "mail-2"], ["mail-1", "mail-3"]):
            project.store.save_batch(batch_of(ids))
            version = publish_order(project).version
            (connected,) = said(desk.ana.get("/api/ml/", params={"project": desk.project}))
            there = said(desk.ana.get(f"/api/projects/{desk.project}/"))
            assert (connected["title"], there["model_version"]) == (version, version)
            assert desk.next_task()["data"]["ext_id"] == ids[0]
            desk.answer(desk.next_task()["id"], [choice("fault")])
            pull_answers(project)
