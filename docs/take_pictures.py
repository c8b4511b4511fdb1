"""Take the pictures of the app that the guides show: on the sample project, labelled round by round.

    .venv/bin/python docs/take_pictures.py [FOLDER] [NAME…]

The project is made in a temporary folder, or in the one that PICTURES_HOME names, which may have it already. Its
annotators are simulated: ana gives the sample's own answers, ben others here and there. FOLDER (default:
docs/images) is where the pictures go; after it, NAME… takes only these. Takes a few minutes and needs Chromium.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.chromium import open_chromium
from benchmarks.served import served, the_app
from workbench import catalog
from workbench.config import Home, stay_offline
from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.domain.settings import QuestionSettings
from workbench.usecases.ask_for_work import ask_for, jobs_of
from workbench.usecases.distil_model import distil_model
from workbench.usecases.export_model import export_model
from workbench.usecases.find_conflicts import find_conflicts, open_conflicts
from workbench.usecases.import_documents import import_documents
from workbench.usecases.manage_accounts import add_account
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.record_annotations import record_annotations
from workbench.usecases.run_round import run_round
from workbench.usecases.set_question import set_question
from workbench.usecases.settle_answer import settle_answer
from workbench.usecases.train_model import Training
from workbench.worker.loop import run_worker

ROOT = Path(__file__).parents[1]
FOLDER_OF_SAMPLE = ROOT / "projects" / "support-tickets"
SAMPLE = FOLDER_OF_SAMPLE / "label-studio"
FIRST, ROUNDS = 60, 6
PASSWORD = "only for pictures"
# What ben takes for what, in every eighth document.
TAKEN_FOR = {
    "delivery": "order_change",
    "returns": "order_change",
    "billing": "subscription",
    "technical_fault": "setup_help",
    "product_question": "setup_help",
    "complaint": "churn_threat",
}

Answers = dict[tuple[str, str], Annotation]  # by document and question


def make_project(home: Home) -> None:
    """Make `tickets`: some rounds of labelling by the sample's own answers, a run of each, one bundle."""
    pool = catalog.source("label-studio").read(SAMPLE / "pool.json", ReadOptions())
    gold = sample_answers()
    create_project(home, "tickets", pool.questions)
    with open_project(home, "tickets") as project:
        import_documents(project, SAMPLE / "held-out.json", held_out=True, options=ReadOptions())
        texts = Imported(
            (), tuple(LabelledDocument(d.document) for d in pool.documents), ConversionReport(kept=653)
        )
        project.store.import_documents(texts, file_name="pool.json", file_sha256="0" * 64, format="csv")
        first = [labelled.document.id for labelled in pool.documents]
        for question, n in (("topic", FIRST), ("urgency", 170), ("entities", 300)):
            answer(project, gold, question, first[:n])
        for _ in range(ROUNDS):
            _, batch = run_round(project, Training("topic", "linear"), Ranking("auto", 40))
            answer(project, gold, "topic", [proposal.document_id for proposal in batch.proposals])
        run_round(project, Training("topic", "linear"), Ranking("auto", 40))
        run_round(project, Training("urgency", "linear"), Ranking("margin", 40))
        run, _ = run_round(project, Training("entities", "bert"), Ranking("entropy", 40))
        export_model(project, "entities", run_id=distil_model(project, "entities", run_id=run.id).id)


def sample_answers() -> Answers:
    """Return the sample's answers about its pool."""
    pool = catalog.source("label-studio").read(SAMPLE / "pool.json", ReadOptions())
    return {(a.document_id, a.question): a for labelled in pool.documents for a in labelled.annotations}


def answer(project: Project, gold: Answers, question: str, documents: list[str]) -> None:
    """Record the sample's answers to a question about these documents, as ana's."""
    found = [gold[document, question] for document in documents if (document, question) in gold]
    record_annotations(project, [named(annotation, "ana") for annotation in found])


def named(annotation: Annotation, name: str, **changes: Any) -> Annotation:
    """Return the answer as somebody else's, with changes."""
    id = derived_client_id(
        "pictures", annotation.question, annotation.document_id, *([name] * (name != "ana"))
    )
    return replace(annotation, client_id=id, annotator=name, raw=None, **changes)


def add_second_annotator(project: Project) -> None:
    """Let ben answer what ana had, some of it differently, and flag a few; settle two of the conflicts."""
    gold = sample_answers()
    answers = []
    for i, id in enumerate(sorted({document for document, _ in gold})[:150]):
        topic = gold.get((id, "topic"))
        if topic is not None:
            other = TAKEN_FOR.get(topic.labels[0]) if i % 8 == 3 else None
            comment = "Is damp a fault, or is it set up wrongly?" if i in (27, 43) else ""
            day = topic.created_at.replace("2025-09-01", "2025-09-02")
            labels = (other,) if other else topic.labels
            changes = {"labels": labels, "created_at": day, "flagged": bool(comment), "comment": comment}
            answers.append(named(topic, "ben", seconds=(topic.seconds or 0) * 1.3, **changes))
        entities = gold.get((id, "entities"))
        if entities is not None and i < 60:
            spans = entities.spans[:-1] if i % 5 == 4 else entities.spans
            answers.append(named(entities, "ben", spans=spans))
    record_annotations(project, answers)
    for conflict in open_conflicts(find_conflicts(project, "topic"))[:2]:
        settle_answer(project, "topic", conflict.document_id, by="ana", labels=conflict.annotations[0].labels)


def finish_project(home: Home) -> None:
    """Add the second annotator and the guidelines, and let the worker do what the pages show."""
    with open_project(home, "tickets") as project:
        if jobs_of(project):
            return
        add_second_annotator(project)
        for question in project.store.questions():
            written = (FOLDER_OF_SAMPLE / "guidelines" / f"{question.name}.md").read_text(encoding="utf-8")
            set_question(project, question.name, QuestionSettings(guidelines=written))
        newest = project.store.runs("topic")[0].id
        for verb, arguments in (
            ("analyse", {"question": "topic"}),
            ("languages", {}),
            ("find-issues", {"question": "topic"}),
            ("export", {"question_name": "topic", "run_id": newest, "precision": "int8"}),
            ("control", {"question": "topic", "run_id": newest, "seed": 0}),
        ):
            ask_for(project, verb, arguments)
        folder = project.folder
    run_worker(folder, once=True)


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, how high its picture is, and what happens on it before the picture is taken."""

    path: str
    name: str
    height: int
    before: Callable[[Any], None] = lambda page: None
    is_dark: bool = False


def pictures() -> list[Picture]:
    """Return the pictures of a single-user app, in the order of the guides."""
    ana = "annotate?project=tickets&annotator=ana&question="
    topic = "project=tickets&question=topic"
    return [
        Picture("", "app-home", 340),
        Picture("?new=yes", "app-new-project", 560),
        Picture(ana + "topic", "app-annotate-topic", 620),
        Picture(ana + "entities", "app-annotate-entities", 560, choose_span),
        Picture(ana + "all+questions", "app-annotate-all", 640),
        Picture(ana + "topic", "app-annotate-dark", 620, is_dark=True),
        Picture(f"bulk?{topic}&annotator=ana&like=T-0001", "app-bulk", 760),
        Picture(f"progress?{topic}", "app-progress", 1200),
        Picture(f"progress?{topic}", "app-progress-control", 620, show_control),
        Picture(f"progress?{topic}&tab=agreement", "app-agreement", 620),
        Picture(f"progress?{topic}&tab=conflicts&document=T-0028", "app-conflicts", 680),
        Picture(f"review?{topic}", "app-review", 900),
        Picture(f"review?{topic}", "app-review-dark", 900, is_dark=True),
        Picture(f"review?{topic}&part=labels", "app-review-labels", 900),
        Picture(f"review?{topic}&part=issues", "app-review-issues", 760),
        Picture(f"review?{topic}&part=slices", "app-review-slices", 760),
        Picture(f"review?{topic}&part=compare", "app-review-compare", 760),
        Picture("review?project=tickets&question=entities", "app-review-entities", 1060),
        Picture("data?project=tickets&tab=documents", "app-data-documents", 700),
        Picture("data?project=tickets&tab=questions", "app-data-questions", 1180),
        Picture("data?project=tickets&tab=import", "app-data-import", 860, drop_file),
        Picture("data?project=tickets&tab=label-studio", "app-data-label-studio", 260),
        Picture(f"data?{topic}&tab=analysis", "app-data-analysis", 900),
        Picture(f"models?{topic}", "app-models", 900),
        Picture(f"models?{topic}&section=train", "app-models-train", 640),
        Picture(f"models?{topic}&section=export&job=4", "app-models-export", 1300),
    ]


def parts() -> list[Picture]:
    """Return the pictures of documents of which only some words are asked."""
    return [Picture("annotate?project=tickets&annotator=ana&question=entities", "app-annotate-parts", 560)]


def ask_parts(home: Home) -> None:
    """Ask about the doubtful words of the entities from now on."""
    with open_project(home, "tickets") as project:
        propose_batch(project, "entities", Ranking("margin", 40, spans=True))


def show_control(page: Any) -> None:
    """Bring the control sample to the top."""
    page.get_by_text("Control sample").first.scroll_into_view_if_needed()
    page.get_by_text("Control sample").first.evaluate("heading => heading.scrollIntoView()")


def choose_span(page: Any) -> None:
    """Take the first of the suggested spans for the answer, and choose the next one."""
    page.wait_for_selector(".wb-tag")
    label = page.get_attribute(".wb-tag", "data-label").split()[0]
    page.keyboard.press("ArrowDown")
    page.click(f".wb-labels button:has-text('{label}')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")


def drop_file(page: Any) -> None:
    """Give the page a file with a few tickets, one of which is wrong."""
    rows = ["text,topic", "Where is my parcel?,delivery", "The kettle smokes,safety_hazard", ",delivery"]
    file = {"name": "new.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page.wait_for_selector("input[type=file]", state="attached")
    page.set_input_files("input[type=file]", files=[file])
    page.get_by_label("Its answers are for the question").click()
    page.get_by_role("option", name="topic").click()
    page.wait_for_timeout(2000)


def take(browser: Any, address: str, folder: Path, wanted: list[Picture]) -> None:
    """Take pictures of an app that needs no login."""
    for picture in wanted:
        size = {"width": 1280, "height": picture.height}
        page = browser.new_page(viewport=size, color_scheme="dark" if picture.is_dark else "light")
        page.goto(f"{address}/{picture.path}")
        save(page, folder / f"{picture.name}.png", picture.before)
        page.close()


def take_people(browser: Any, address: str, folder: Path) -> None:
    """Take pictures of the login and, signed in, of the accounts."""
    page = browser.new_page(viewport={"width": 1280, "height": 480})
    page.goto(f"{address}/people")
    page.wait_for_selector("#password")
    page.screenshot(path=folder / "app-sign-in.png")
    page.fill("#name", "Ana")
    page.fill("#password", PASSWORD)
    page.click("button")
    page.set_viewport_size({"width": 1280, "height": 700})
    save(page, folder / "app-people.png")


def save(page: Any, path: Path, before: Callable[[Any], None] = lambda page: None) -> None:
    """Wait until the page stands still, and write its picture."""
    page.wait_for_selector("[data-testid=stMain] [data-testid=stElementContainer]")
    page.wait_for_timeout(2000)
    before(page)
    page.wait_for_timeout(1000)
    page.screenshot(path=path)
    print(f"wrote {path}", flush=True)  # noqa: T201


def main() -> None:
    """Make the project, serve it, take the pictures."""
    stay_offline()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    names = sys.argv[2:]
    home = Home(Path(os.environ.get("PICTURES_HOME") or tempfile.mkdtemp(prefix="pictures-")))
    if not home.project("tickets").exists():
        make_project(home)
    finish_project(home)
    wanted = [picture for picture in pictures() if not names or picture.name in names]
    with open_chromium() as browser:
        with served(the_app(), home.root) as app:
            take(browser, app.url, folder, wanted)
            wanted_parts = [picture for picture in parts() if not names or picture.name in names]
            if wanted_parts:
                ask_parts(home)
                take(browser, app.url, folder, wanted_parts)
        if not names or "app-people" in names:
            add_account(home, "Ana", role="admin", password=PASSWORD)
            add_account(home, "ben", role="annotator", password=PASSWORD)
            with served(the_app(), home.root) as app:
                take_people(browser, app.url, folder)
            (home.root / "accounts.json").unlink()


if __name__ == "__main__":
    main()
