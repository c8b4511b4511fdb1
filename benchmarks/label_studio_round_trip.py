"""Claim: documents that go to a real Label Studio and are annotated there come back byte for byte.

WNUT17 train, and a file of emoji, Chinese, Japanese, Arabic and `\\r\\n` lines: read from IOB2 without
their answers, pushed, annotated through the server's API with the file's entities (two annotators, one
request each), pulled, and written as IOB2. Peer: the server's own CONLL2003 export of the same answers.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.real_label_studio import RealLabelStudio, copy_server
from benchmarks.reporting import data_folder, write_result
from workbench import catalog
from workbench.config import Home
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions
from workbench.usecases.export_data import export_data
from workbench.usecases.label_studio.connect import create
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.project import create_project, open_project

SCRIPTS = "\r\n".join(
    [
        "👩‍👩‍👧\tO", "Ana\tB-PERSON", "Müller\tI-PERSON", "🫖\tO", "Łódź\tB-PLACE", "",
        "東京\tB-PLACE", "の\tO", "田中\tB-PERSON", "さん\tO", "",
        "سارة\tB-PERSON", "من\tO", "القاهرة\tB-PLACE", "🇵🇱🇯🇵\tO", "",
        "नमस्ते\tO", "दिल्ली\tB-PLACE", "é\tO", "",
    ]
) + "\r\n"  # fmt: skip


def annotate(client: httpx.Client, tasks: Sequence[tuple[int, LabelledDocument]]) -> None:
    """Submit the known entities of each task, one request a task."""
    for task, labelled in tasks:
        result = [
            {
                "from_name": "entities",
                "to_name": "text",
                "type": "labels",
                "value": {"start": span.start, "end": span.end, "text": span.covered, "labels": [span.label]},
            }
            for span in labelled.annotations[0].spans
        ]
        body = {"result": result, "lead_time": 1.0}
        client.post(f"/api/tasks/{task}/annotations/", json=body).raise_for_status()


def measure(name: str, path: Path, server: RealLabelStudio, home: Home) -> dict[str, Any]:
    """Return the counts of one file's way there and back."""
    content = path.read_bytes()
    read = catalog.source("iob2").read(path, ReadOptions(question="entities", kind="ner"))
    gold = {labelled.document.id: labelled for labelled in read.documents}
    create_project(home, name, read.questions)
    with open_project(home, name) as project:
        bare = tuple(LabelledDocument(labelled.document) for labelled in read.documents)
        imported = Imported(read.questions, bare, read.report, read.file_layout)
        project.store.import_documents(imported, file_name=path.name, file_sha256="0" * 64, format="iob2")
        number = create(project, url=server.url).link.remote_project
        started = time.perf_counter()
        pushed = push_documents(project).pushed
        push_seconds = time.perf_counter() - started
        params: dict[str, Any] = {
            "project": number,
            "fields": "task_only",
            "include": "id,data",
            "page_size": 100_000,
        }
        listed = server.client("legacy").get("/api/tasks/", params=params).json()["tasks"]
        tasks = [(task["id"], gold[task["data"]["ext_id"]]) for task in listed]
        halves = [("ana", tasks[::2]), ("ben", tasks[1::2])]
        threads = [
            threading.Thread(target=annotate, args=(_steady(server, who), half)) for who, half in halves
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        started = time.perf_counter()
        report = pull_answers(project, whole=True)
        pull_seconds = time.perf_counter() - started
        out = home.root / f"{name}.conll"
        export_data(project, "entities", out, format_name="iob2", file_name=path.name)
        here = sum(len(a.spans) for a in project.store.current("entities"))
        again = sum(pull_answers(project, whole=True).n_changes for _ in range(10))
    theirs = server.client("legacy").get(f"/api/projects/{number}/export", params={"exportType": "CONLL2003"})
    n_spans = sum(len(labelled.annotations[0].spans) for labelled in read.documents)
    tags = [line.rsplit(" ", 1)[-1] for line in theirs.text.splitlines() if line.strip()]
    return {
        "file": name,
        "documents": len(gold),
        "pushed": pushed,
        "answers pulled": report.answers_new,
        "left out": len(report.problems),
        "entities": n_spans,
        "entities here": here,
        "byte for byte": out.read_bytes() == content,
        "changes in 10 more pulls": again,
        "push s": push_seconds,
        "pull s": pull_seconds,
        "entities in the server's CONLL2003": sum(tag.startswith("B-") for tag in tags),
    }


def _steady(server: RealLabelStudio, who: str) -> httpx.Client:
    """Return a client whose token lasts longer than the personal one's five minutes."""
    client = server.client(who)
    if who == "ana":
        client.headers["Authorization"] = f"Token {server.tokens['legacy']}"
    return client


def main() -> None:
    """Measure both files on one server."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        server = copy_server(folder / "server")
        server.start()
        os.environ["LABEL_STUDIO_API_KEY"] = server.tokens["ana"]
        home = Home(folder / "home")
        scripts = folder / "scripts.conll"
        scripts.write_bytes(SCRIPTS.encode())
        try:
            rows = [
                measure("scripts", scripts, server, home),
                measure("wnut17-train", data_folder("wnut17") / "train.conll", server, home),
            ]
        finally:
            server.stop()
    write_result("label_studio_round_trip", rows, label_studio="1.23.2, SQLite")


if __name__ == "__main__":
    main()
