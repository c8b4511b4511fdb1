"""What an annotator does on Label Studio's own page is in the store seconds later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.chromium import log_in
from benchmarks.real_label_studio import ADMIN, RealLabelStudio
from tests.label_studio.desk import ENTITIES, TOPIC, Desk, answers_here, choice, said
from tests.label_studio.test_order import mail
from tests.label_studio.test_watch import Watched, wait_until, watching
from workbench.config import Home
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.sources.label_studio.predicting import span_regions
from workbench.usecases.label_studio.publish import Prepared, prepare, publish_prepared
from workbench.usecases.label_studio.pull import pull_answers
from workbench.usecases.label_studio.push import push_documents
from workbench.usecases.label_studio.server import open_server
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

pytestmark = [pytest.mark.label_studio, pytest.mark.browser, pytest.mark.slow]

PERSON, PLACE = "Zoë Łukasik", "Łódź"
SECONDS = 5.0
# Where some characters of the text stand on the screen, line by line: [left, top, right, bottom].
RECTANGLES = """(root, [start, end]) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  for (let before = 0, node; (node = walker.nextNode()); before += node.length) {
    if (start >= before && start < before + node.length) range.setStart(node, start - before)
    if (end > before && end <= before + node.length) range.setEnd(node, end - before)
  }
  return [...range.getClientRects()].map((r) => [r.left, r.top, r.right, r.bottom])
}"""


def emoji_mail(number: int) -> tuple[Document, str]:
    """Return a mail with characters outside the basic plane before and between its entities."""
    document, topic = mail(number)
    text = f"👩‍👩‍👧 {document.text} Yours, {PERSON} 🫖 of {PLACE}"
    return Document(document.id, text), topic


def span(text: str, words: str, label: str) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), label, words)


@contextmanager
def published(made: Any) -> Iterator[tuple[Project, Desk, Prepared]]:
    """Serve an order whose topics a model of twelve answers predicted and whose names a stand-in did."""
    mails = [emoji_mail(number) for number in range(30)]
    with made([TOPIC, ENTITIES], [document for document, _ in mails]) as (project, desk, _):
        push_documents(project)
        tasks = desk.tasks()
        for document, topic in mails[:12]:
            desk.answer(tasks[document.id]["id"], [choice(topic)], who="ben")
        pull_answers(project)
        run_round(project, Training("topic", "tfidf"), Ranking("margin", 10))
        prepared = prepare(project, "topic")
        with open_server(project) as server:
            control = server.config.control_of("entities")
            assert control is not None
            # No model was trained for the entities: this one knows the one name there is.
            names = {
                document.id: span_regions(control, [(span(document.text, PERSON, "PERSON"), 0.9)])
                for document, _ in mails
            }
            regions = {name: [*said, *names[name]] for name, said in prepared.regions.items()}
            publish_prepared(server, replace(prepared, regions=regions))
        yield project, desk, prepared


class LabellingPage:
    """Label Studio's page in a browser, as one annotator sees it."""

    def __init__(self, browser: Any, url: str, email: str, password: str) -> None:
        self._page = browser.new_page(viewport={"width": 1280, "height": 800})
        self._page.set_default_timeout(60_000)
        log_in(self._page, url, email, password)

    def start(self, url: str, number: int) -> None:
        """Go to the list of tasks and press the button with which labelling starts."""
        self._page.goto(f"{url}/projects/{number}/data")
        self._page.get_by_text("Label All Tasks").click()

    def wait_for_text(self, text: str) -> None:
        self._page.wait_for_function(
            "text => document.querySelector('[class*=richtext__container]')?.textContent === text", arg=text
        )

    def chosen(self, label: str) -> None:
        """Wait until this label, and no other, is chosen."""
        self._page.wait_for_function(
            """label => {
              const boxes = [...document.querySelectorAll('input[type=checkbox]')].filter((box) => box.checked)
              return boxes.length === 1 && boxes[0].name === label
            }""",
            arg=label,
        )

    def choose(self, label: str) -> None:
        self._page.locator(f"input[type=checkbox][name={label}]").click()
        self.chosen(label)

    def wait_for_marks(self, *words: str) -> None:
        """Wait until exactly these words are marked, in the order of the text."""
        self._page.wait_for_function(
            """words => {
              const marks = [...document.querySelectorAll('.htx-highlight')].map((mark) => mark.textContent)
              return JSON.stringify(marks) === JSON.stringify(words)
            }""",
            arg=list(words),
        )

    def mark(self, text: str, words: str, label: str) -> None:
        """Choose a label of spans and draw the mouse over words."""
        self._page.locator("[class*=label__text]", has_text=label).first.click()
        before = len(text[: text.index(words)].encode("utf-16-le")) // 2  # a browser counts in UTF-16
        place = [before, before + len(words.encode("utf-16-le")) // 2]
        (line,) = self._page.locator("[class*=richtext__container]").evaluate(RECTANGLES, place)
        left, top, right, bottom = line
        self._page.mouse.move(left + 1, (top + bottom) / 2)
        self._page.mouse.down()
        self._page.mouse.move(right - 1, (top + bottom) / 2, steps=8)
        self._page.mouse.up()

    def submit(self) -> None:
        self._page.get_by_role("button", name="Submit current annotation").click()

    def close(self) -> None:
        self._page.close()


def test_a_pre_annotation_is_mended_on_the_page_and_is_in_the_store_within_five_seconds(
    made: Any, home: Home, server: RealLabelStudio, browser: Any
) -> None:
    with published(made) as (project, desk, prepared):
        first, second = (placed.document_id for placed in prepared.order[:2])
        texts = {document.id: document.text for document in project.store.documents()}
        predicted = prepared.regions[first][0]["value"]["choices"][0]
        mended = next(label for label in TOPIC.labels if label != predicted)
        options = ("--question", "topic", "--every", "1000", "--poll", "600")
        with watching(home, *options) as watched:
            wait_until(lambda: "topic: 12 answered" in watched.printed(), 60, watched)
            with closing(LabellingPage(browser, server.url, *ADMIN)) as page:
                page.start(server.url, desk.project)
                page.wait_for_text(texts[first])
                page.chosen(predicted)
                page.wait_for_marks(PERSON)
                page.choose(mended)
                page.mark(texts[first], PLACE, "PLACE")
                page.wait_for_marks(PERSON, PLACE)
                page.submit()
                seconds = wait_for_answer(project, first, watched)
                print(f"the store had the answer {seconds:.2f} s after it was submitted")
                page.wait_for_text(texts[second])

        key, text = (first, ADMIN[0]), texts[first]
        spans = [span(text, PERSON, "PERSON"), span(text, PLACE, "PLACE")]
        assert answers_here(project, "topic")[key] == ("answered", mended)
        assert answers_here(project, "entities")[key] == (
            "answered",
            *((s.start, s.end, s.label) for s in spans),
        )
        assert [text[s.start : s.end] for s in spans] == [PERSON, PLACE]
        (annotation,) = said(desk.ana.get(f"/api/tasks/{prepared.tasks[first]}/annotations/"))
        assert annotation["parent_prediction"] is not None
        assert seconds < SECONDS


def wait_for_answer(project: Project, document: str, watched: Watched) -> float:
    """Return how long it took until ana's answers to both questions were here."""
    key = (document, ADMIN[0])
    return wait_until(
        lambda: all(key in answers_here(project, name) for name in ("topic", "entities")), 60, watched
    )
