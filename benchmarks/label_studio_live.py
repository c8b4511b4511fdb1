"""Claim: synchronising with Label Studio costs hardly more than the bare calls of its SDK.

On one real server with SQLite, in turns: 10,000 tasks made by `workbench` (read from the store, sent,
remembered) and by one `projects.import_tasks`; 9,800 predictions refreshed by `workbench` (sent, counted,
switched to) and by `projects.import_predictions` with `projects.update`; beside it the whole `publish`,
which pulls and runs the model too. Then the pull after 100 new labels, ten pulls without news, and how
long a person who submits an answer waits while old predictions are cleared away, against one call that
deletes a version.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from label_studio_sdk import LabelStudio

from benchmarks.real_label_studio import RealLabelStudio, copy_server
from benchmarks.reporting import write_result
from workbench.config import Home
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.usecases.label_studio.connect import create
from workbench.usecases.label_studio.publish import prepare, publish_order, publish_prepared
from workbench.usecases.label_studio.pull import pull_answers, pull_from
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.label_studio.server import open_server
from workbench.usecases.label_studio.versions import remove_old_versions
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.train_model import Training, train_model

N = 10_000
TURNS = 4  # even: what comes first in a turn meets a server that has just worked on something else
TOPIC = Question("topic", "textcat", ("delivery", "billing", "fault"))
WORDS = ("parcel", "invoice", "kettle", "refund", "courier", "noise")


def documents() -> list[Document]:
    """Return texts of a few sentences that all differ."""
    sentence = "I wrote about the {} last week and nobody answered; please look at case {} again."
    return [
        Document(f"mail-{n}", " ".join(sentence.format(WORDS[(n + k) % 6], n) for k in range(3)))
        for n in range(N)
    ]


def seconds_of(work: Callable[[], Any]) -> float:
    """Return how long something took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def choice(label: str) -> list[dict[str, Any]]:
    """Return the regions of a choice."""
    value = {"choices": [label]}
    return [{"from_name": "topic", "to_name": "text", "type": "choices", "value": value}]


class Turn:
    """One turn: a project of `workbench` and a bare one, on the same server."""

    def __init__(self, number: int, home: Home, server: RealLabelStudio, sdk: LabelStudio) -> None:
        self._number = number
        self._home = home
        self._server = server
        self._sdk = sdk

    def run(self) -> dict[str, float]:
        """Return the seconds of each kind of work."""
        name = f"bench-{self._number}"
        create_project(self._home, name, [TOPIC], control_share=0.0)
        with open_project(self._home, name) as project:
            labelled = tuple(map(LabelledDocument, documents()))
            imported = Imported((), labelled, ConversionReport(kept=N))
            project.store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
            number = create(project, url=self._server.url).link.remote_project
            config = self._sdk.projects.get(id=number).label_config
            bare = self._sdk.projects.create(title=f"bare {name}", label_config=config).id
            assert bare is not None
            assert number is not None
            # In turns: what comes first finds the server a little smaller.
            both = [("push", lambda: push_documents(project)), ("push, bare", lambda: self._bare_push(bare))]
            found = {what: seconds_of(work) for what, work in both[:: 1 - 2 * (self._number % 2)]}
            self._label(project, number)
            pull_answers(project)
            train_model(project, Training("topic", "tfidf"))
            proposals = tuple(Proposal(f"mail-{n}", 1 - n / N, "bench") for n in range(200, N))
            project.store.save_batch(Batch(f"batch-{name}", "topic", "random", 0, proposals))
            rows = self._rows(project, bare)
            if self._number % 2:
                found |= self._bare_publish(bare, rows)
            found |= self._publish(project)
            if not self._number % 2:
                found |= self._bare_publish(bare, rows)
            self._annotate(number, range(300, 400))
            found["pull of 100 new"] = seconds_of(lambda: pull_answers(project))
            found["whole pull, no news"] = seconds_of(lambda: pull_answers(project, whole=True))
            if self._number == 0:
                found["changes in 10 more pulls"] = sum(
                    pull_answers(project, whole=turn % 2 == 1).n_changes for turn in range(10)
                )
                found |= self._clearing(project, number, bare)
        return found

    def _bare_push(self, bare: int) -> None:
        tasks: Any = [{"data": {"text": d.text, "ext_id": d.id}} for d in documents()]
        self._sdk.projects.import_tasks(id=bare, request=tasks, return_task_ids=True)

    def _rows(self, project: Project, bare: int) -> list[dict[str, Any]]:
        """Return the same predictions for the tasks of the bare project."""
        prepared = prepare(project)
        params: dict[str, Any] = {
            "project": bare,
            "fields": "task_only",
            "include": "id,data",
            "page_size": N,
        }
        listed = self._server.client().get("/api/tasks/", params=params).json()["tasks"]
        tasks = {task["data"]["ext_id"]: task["id"] for task in listed}
        return [
            {
                "task": tasks[placed.document_id],
                "score": placed.score,
                "result": prepared.regions[placed.document_id],
                "model_version": "bare",
            }
            for placed in prepared.order
        ]

    def _publish(self, project: Project) -> dict[str, float]:
        """Do what `publish_order` does, step by step."""
        started = time.perf_counter()
        with open_server(project) as server:
            pull_from(server)
        prepared = prepare(project)
        before = time.perf_counter()
        with open_server(project) as server:
            publish_prepared(server, prepared)
        ended = time.perf_counter()
        return {"refresh": ended - before, "publish": ended - started}

    def _bare_publish(self, bare: int, rows: Any) -> dict[str, float]:
        started = time.perf_counter()
        self._sdk.projects.import_predictions(id=bare, request=rows)
        self._sdk.projects.update(id=bare, model_version="bare", sampling="Uncertainty sampling")
        seconds = time.perf_counter() - started
        return {"refresh, bare": seconds, "publish, bare": seconds}

    def _label(self, project: Project, number: int) -> None:
        """Annotate the first 200 tasks by one import each side would never do: through the API."""
        self._annotate(number, range(200))

    def _annotate(self, number: int, places: range) -> None:
        client = self._server.client()
        params: dict[str, Any] = {"project": number, "fields": "task_only", "include": "id", "page_size": N}
        ids = sorted(task["id"] for task in client.get("/api/tasks/", params=params).json()["tasks"])
        for place in places:
            submit(client, ids[place], TOPIC.labels[place % 3])

    def _clearing(self, project: Project, number: int, bare: int) -> dict[str, float]:
        """Return the longest waits of an annotator while old predictions are cleared away, by both ways."""
        publish_order(project)
        with open_server(project) as server, Annotator(self._server, number) as ours:
            remove_old_versions(server, at_most=200)
        with Annotator(self._server, bare) as theirs:
            self._server.client().request(
                "DELETE", f"/api/projects/{bare}/model-versions/", json={"model_version": "bare"}
            )
        return {"longest wait, clearing": max(ours.waits), "longest wait, one call": max(theirs.waits)}


def submit(client: httpx.Client, task: int, label: str) -> None:
    """Submit an answer as the page does."""
    body = {"result": choice(label), "lead_time": 1.0}
    client.post(f"/api/tasks/{task}/annotations/", json=body).raise_for_status()


class Annotator:
    """Submits answers until the block ends; `waits` are how long each took, in seconds."""

    def __init__(self, server: RealLabelStudio, project: int) -> None:
        self.waits: list[float] = []
        self._client = server.client()
        params: dict[str, Any] = {"project": project, "fields": "task_only", "include": "id", "page_size": N}
        listed = self._client.get("/api/tasks/", params=params).json()["tasks"]
        self._ids = sorted((task["id"] for task in listed), reverse=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        for task in self._ids:
            if self._over.wait(0.2):
                return
            started = time.perf_counter()
            with suppress(httpx.HTTPError):  # the database stayed locked: they would have to press again
                submit(self._client, task, "fault")
            self.waits.append(time.perf_counter() - started)

    def __enter__(self) -> Annotator:
        self._thread.start()
        time.sleep(1.0)
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


def main() -> None:
    """Measure some turns and write medians and ratios."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        server = copy_server(folder / "server")
        server.start()
        os.environ["LABEL_STUDIO_API_KEY"] = server.tokens["legacy"]
        sdk = LabelStudio(  # type: ignore[no-untyped-call]
            base_url=server.url, api_key=server.tokens["legacy"], timeout=600, max_retries=0
        )
        try:
            turns = [Turn(number, Home(folder / "home"), server, sdk).run() for number in range(TURNS)]
        finally:
            server.stop()
    names = list(dict.fromkeys(name for turn in turns for name in turn))
    rows: list[dict[str, Any]] = []
    for name in names:
        values = [turn[name] for turn in turns if name in turn]
        row = {
            "what": name,
            "median": statistics.median(values),
            "lowest": min(values),
            "highest": max(values),
        }
        if f"{name}, bare" in names:
            ratios = [turn[name] / turn[f"{name}, bare"] for turn in turns]
            row |= {
                "ratio to bare, median": statistics.median(ratios),
                "all ratios": [round(r, 3) for r in ratios],
            }
        rows.append(row)
    write_result("label_studio_live", rows, label_studio="1.23.2, SQLite", n=N)


if __name__ == "__main__":
    main()
