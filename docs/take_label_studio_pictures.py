"""Take the pictures of the guide to Label Studio: the real pages, over the sample's tickets.

    .venv/bin/python docs/take_label_studio_pictures.py [FOLDER]

Server and project are made in a temporary folder; the first answers are the sample's own, what is mended
on a picture is mended on the page. FOLDER (default: docs/images) is where the pictures go. Takes a few
minutes, needs Chromium and the Label Studio of `make label-studio`.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from benchmarks.chromium import log_in, open_chromium
from benchmarks.real_label_studio import ADMIN, RealLabelStudio, copy_server
from workbench.config import Home, stay_offline
from workbench.domain.conversion import ReadOptions
from workbench.usecases.label_studio.connect import create
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import create_project, open_project, parse_question
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.label_studio.publish import publish_order
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "projects" / "support-tickets"
QUESTIONS = ("topic", "entities")
FIRST = 120
WIDTH = 1280


def make_project(home: Home, server: RealLabelStudio) -> None:
    """Make `tickets` here and there, with a round of answers, a model for each question, and its order."""
    create_project(home, "tickets", [parse_question("topic:textcat"), parse_question("entities:ner")])
    with open_project(home, "tickets") as project:
        import_documents(project, unlabelled(home.root), options=ReadOptions(question="topic"))
        topics = ReadOptions(question="topic", label_column="topic")
        import_documents(project, SAMPLE / "csv" / "held-out.csv", held_out=True, options=topics)
        entities = ReadOptions(question="entities")
        import_documents(project, SAMPLE / "iob2" / "held-out.conll", held_out=True, options=entities)
        number = create(project, url=server.url).link.remote_project
        push_documents(project)
        for question in QUESTIONS:
            propose_batch(project, question, Ranking("random", FIRST))
        publish_order(project)
        label(server, number)
        pull_answers(project)
        run_round(project, Training("topic", "linear"), Ranking("auto", 100))
        run_round(project, Training("entities", "bert"), Ranking("auto", 100))
        publish_order(project)


def unlabelled(folder: Path) -> Path:
    """Write the ids and texts of the sample's pool, without its answers."""
    with (SAMPLE / "csv" / "pool.csv").open(encoding="utf-8", newline="") as file:
        rows = [row[:2] for row in csv.reader(file)]
    with (folder / "tickets.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder / "tickets.csv"


def label(server: RealLabelStudio, number: int) -> None:
    """Answer what the server serves with the sample's own answers, as two annotators in turn."""
    answers = gold()
    with server.client("ana") as ana, server.client("ben") as ben:
        for turn in range(FIRST):
            client = (ana, ben)[turn % 2]
            task = said(client.get(f"/api/projects/{number}/next/"))
            body = {"result": answers[task["data"]["ext_id"]], "lead_time": 9.0}
            said(client.post(f"/api/tasks/{task['id']}/annotations/", json=body))


def gold() -> dict[str, list[dict[str, Any]]]:
    """Return the sample's regions of the two questions by document."""
    tasks = json.loads((SAMPLE / "label-studio" / "pool.json").read_text(encoding="utf-8"))
    return {
        task["data"]["ext_id"]: [
            {key: value for key, value in region.items() if key != "id"}
            for region in task["annotations"][0]["result"]
            if region["from_name"] in QUESTIONS
        ]
        for task in tasks
    }


def said(answer: httpx.Response) -> Any:
    """Return the JSON of an answer that went well."""
    answer.raise_for_status()
    return answer.json()


def shoot(page: Any, folder: Path, name: str, height: int) -> None:
    """Take a picture of the page as it stands."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"label-studio-{name}.png")
    print(f"wrote label-studio-{name}.png", flush=True)


def take(server: RealLabelStudio, folder: Path) -> None:
    """Go through the pages as an annotator does."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": 800})
        log_in(page, server.url, *ADMIN)
        page.goto(f"{server.url}/projects/1/data")
        page.get_by_text("Label All Tasks").wait_for()
        shoot(page, folder, "tasks", 574)
        page.get_by_text("Label All Tasks").click()
        page.locator("[class*=richtext__container]").wait_for()
        shoot(page, folder, "labelling", 800)
        page.goto(f"{server.url}/user/account")
        page.get_by_text("Personal Access Token").first.click()
        shoot(page, folder, "token", 480)


def main() -> None:
    """Serve, make the project, take the pictures."""
    stay_offline()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    given = os.environ.get("PICTURES_HOME")
    home = Home(Path(given or tempfile.mkdtemp(prefix="pictures-")))
    is_made = (home.root / "server").exists()
    server = RealLabelStudio(home.root / "server", 8598) if is_made else copy_server(home.root / "server")
    server.port = 8598
    server.start()
    try:
        os.environ["LABEL_STUDIO_API_KEY"] = server.tokens["ana"]
        if not is_made:
            make_project(home, server)
        take(server, folder)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
