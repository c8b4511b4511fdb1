"""A hundred script payloads in every place that holds foreign text: none may run on any page."""

from __future__ import annotations

import ast
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Error

from tests.weightless import WeightlessModel
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.domain.settings import QuestionSettings
from workbench.errors import InputError
from workbench.ui.launch import MAIN
from workbench.usecases.judge import judge
from workbench.usecases.manage_accounts import add_account
from workbench.usecases.project import open_project
from workbench.usecases.runs import publish_run
from workbench.usecases.set_question import set_question

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse battery"
PARAMETERS = (
    "project", "question", "run", "annotator", "label", "gold", "predicted", "document", "job", "bundle", "part",
    "slice", "metadata", "filter", "other", "text",
)  # fmt: skip
# Runs before any script of a page, in every frame of it.
WATCH = """
window.ran = window.alert = window.confirm = window.prompt = (n) => { window.tell_ran(String(n)); return true; };
"""
# What no page makes of text: scripts in addresses and in handlers. (A link to a data: address is nothing that
# a browser follows, and a picture of another host would be seen among the requests.)
PLANTED = """() => [...document.querySelectorAll('*')].flatMap((element) => {
  const found = [...element.attributes].filter(({ name, value }) => {
    const said = value.replace(/[\\t\\n]/g, '').trimStart();
    if (/^on/i.test(name)) return /ran\\(|alert|confirm|title=/.test(said);
    if (name === 'href') return /^javascript/i.test(said);
    return ['src', 'action', 'formaction', 'srcdoc', 'data'].includes(name)
      && /^(javascript|data:text)|<script/i.test(said);
  });
  return found.map((attribute) => element.tagName + ' ' + attribute.name + '=' + attribute.value);
})"""


def load_payloads() -> ModuleType:
    path = Path(__file__).with_name("payloads.py")
    spec = importlib.util.spec_from_file_location("payloads", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAYLOADS: tuple[str, ...] = load_payloads().PAYLOADS


def as_name(payload: str) -> str:
    """Return a payload as a label or a name: without what those cannot hold."""
    return "".join(sign for sign in payload if sign.isprintable())[:200].strip()


@dataclass
class Watched:
    """A page, and everything that a payload did on it."""

    page: Any
    host: str
    done: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.expose_function("tell_ran", lambda n: self.done.append(f"ran {n}"))
        self.page.add_init_script(WATCH)
        self.page.on("dialog", self._dialog)
        self.page.context.route(lambda url: self._is_foreign(url), self._foreign)

    def check(self, where: str) -> None:
        """Fail if anything ran, or stands on the page as more than text."""
        title = self.page.title()
        if title.startswith("ran"):
            self.done.append(title)
        assert (where, self.done, self.page.evaluate(PLANTED)) == (where, [], [])

    def settle(self) -> None:
        """Wait until Streamlit has drawn the page."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
        self.page.wait_for_selector(
            "[data-testid=stMain] [data-testid=stElementContainer]", timeout=60_000, state="attached"
        )

    def _is_foreign(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host

    def _foreign(self, route: Any) -> None:
        self.done.append(f"asked {route.request.url}")
        route.abort()

    def _dialog(self, dialog: Any) -> None:
        self.done.append(f"dialog {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def watched(browser: Any, app: Any) -> Iterator[Watched]:
    """Give a page on which nothing may run."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    found = Watched(context.new_page(), f"127.0.0.1:{app.port}")
    found.watch()
    yield found
    context.close()


LABELS = tuple(as_name(payload) for payload in PAYLOADS)


@pytest.fixture
def poisoned(app: Any) -> Any:
    """Serve a project that has the payloads wherever foreign text can stand."""
    home = Home(app.home)
    made = [
        LabelledDocument(
            Document(f"{n} {payload}", f"{payload}\n\n{payload}", {"channel": payload, as_name(payload): n})
        )
        for n, payload in enumerate(PAYLOADS)
    ]
    question = Question("poison", "textcat", LABELS)
    spans = Question("marks", "ner", LABELS)
    with open_project(home, "tickets") as project:
        store = project.store
        store.import_documents(
            Imported((question, spans), tuple(made), ConversionReport(kept=len(made))),
            file_name=PAYLOADS[0], file_sha256="1" * 64, format="csv",
        )  # fmt: skip
        for guided in ("poison", "marks", "topic"):
            # In import order: each payload is to come onto the card once.
            set_question(project, guided, QuestionSettings(guidelines="\n\n".join(PAYLOADS), live=False))
        store.record(
            [
                Annotation(
                    f"{who} {n}", f"{n} {PAYLOADS[n]}", "poison", as_name(PAYLOADS[who]),
                    (LABELS[(n + who) % 100],), comment=PAYLOADS[n], flagged=True,
                )
                for n in range(0, 100, 2)
                for who in (n, (n + 1) % 100)
            ]
        )  # fmt: skip
        for number in range(2):
            publish_poisoned_run(project, question, number)
    return app


def publish_poisoned_run(project: Any, question: Question, number: int) -> None:
    """Publish a run that takes one label of a payload for the next one, in fifty documents."""
    places = range(50 * number, 50 * number + 50)
    examples = [Example(f"{n} {PAYLOADS[n]}", PAYLOADS[n], (LABELS[number],)) for n in places]
    values = np.full((50, 100), 0.001, dtype=np.float32)
    values[:, number + 2] = 1 - 0.099
    judgement = judge(question, examples, ClassScores(LABELS, values), basis="held-out")
    run = Run(
        id=f"poison-tfidf-{number}", question="poison", learner="tfidf", seed=0, labels=LABELS, label_version=0,
        n_examples=50, data_hash="0" * 64, figures=judgement.figures.as_dict(), basis="held-out", seconds=1.0,
        created_at=now(),
    )  # fmt: skip
    publish_run(project, run, WeightlessModel(), judgement)  # type: ignore[arg-type]


def page_paths() -> list[str]:
    """Return the addresses of all pages, from the source: a new page is covered by itself."""
    calls = [
        node for node in ast.walk(ast.parse(MAIN.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    paths = [
        ast.literal_eval(word.value)
        for call in calls
        if ast.unparse(call.func) == "st.Page"
        for word in call.keywords
        if word.arg == "url_path"
    ]
    return ["", *paths]


def test_the_payloads_are_a_hundred_and_run_on_an_unsafe_page(watched: Watched, app: Any) -> None:
    """The detector must see them: this page is as unsafe as can be."""
    assert len(set(PAYLOADS)) == len(set(LABELS)) == 100
    page = watched.page
    showing = [""]
    page.route("**/planted", lambda route: route.fulfill(body=showing[0], content_type="text/html"))
    seen, planted = set(), set()
    for n, payload in enumerate(PAYLOADS):
        showing[0] = f"<!doctype html><title>planted</title><body><p>{payload}</p>"
        try:
            page.goto(f"{app.url}/planted", wait_until="commit")
        except Error:  # the payload before is still leading the page elsewhere
            page.wait_for_timeout(500)
            page.goto(f"{app.url}/planted", wait_until="commit")
        page.wait_for_timeout(60)
        try:
            if page.evaluate(PLANTED):
                planted.add(n)
            if page.title().startswith("ran"):
                watched.done.append(page.title())
        except Exception as error:  # it has led the page elsewhere
            watched.done.append(str(error))
        if watched.done:
            seen.add(n)
        watched.done.clear()
    print(f"{len(seen)} ran, {len(planted | seen)} were seen")
    assert len(seen) >= 50
    assert len(seen | planted) >= 75


def test_an_unsafe_streamlit_page_is_caught(watched: Watched, app: Any) -> None:
    watched.page.goto(app.url)
    watched.settle()
    watched.check("before")
    asked = "fetch('//evil.example/1').then(() => 'answered', () => 'stopped')"
    assert watched.page.evaluate(asked) == "stopped"
    watched.check("the browser is told to ask no other host")
    for harm in (
        "document.querySelector('[data-testid=stMain]').innerHTML += '<img src=x onerror=ran(1)>'",
        "document.title = 'ran'",
        "alert(1)",
        "document.body.insertAdjacentHTML('beforeend', '<a href=javascript:ran(1)>a</a>')",
        "document.body.insertAdjacentHTML('beforeend', '<iframe src=javascript:parent.ran(1)></iframe>')",
    ):
        watched.page.evaluate(f"() => {{ {harm} }}")
        watched.page.wait_for_timeout(300)
        with pytest.raises(AssertionError):
            watched.check(harm)
        watched.done.clear()
        watched.page.goto(app.url)
        watched.settle()


def test_no_payload_in_the_store_runs_on_any_page(watched: Watched, poisoned: Any) -> None:
    page, questions = watched.page, ("poison", "marks", "topic")
    for path in page_paths():
        for question in questions if path else ("",):
            for run in ("poison-tfidf-0", "poison-tfidf-1") if question == "poison" else ("",):
                chosen = {
                    "project": "tickets",
                    "question": question,
                    "run": run,
                    "annotator": as_name(PAYLOADS[30]),
                }
                page.goto(f"{poisoned.url}/{path}?{urlencode({k: v for k, v in chosen.items() if v})}")
                watched.settle()
                page.wait_for_timeout(700)
                watched.check(f"{path} {question} {run}")
                open_everything(watched, f"{path} {question}")
                upload_payloads(watched)


def open_everything(watched: Watched, where: str) -> None:
    """Open what a page keeps folded: tabs, expanders, popovers."""
    folded = "[role=tab], [data-testid=stExpander] summary, [data-testid=stPopover] button"
    for fold in watched.page.locator(folded).all()[:20]:
        if fold.is_visible():
            fold.click()
            watched.page.wait_for_timeout(500)
            watched.check(f"{where} unfolded")
            if watched.page.locator("[data-testid=stPopoverBody]").count():
                fold.click()


def upload_payloads(watched: Watched) -> None:
    """Give a page that takes files some whose names and content are payloads."""
    rows = "\n".join(
        json.dumps({"id": f"u{n}", "text": text, "label": text}) for n, text in enumerate(PAYLOADS)
    )
    for place, field_ in enumerate(watched.page.locator("input[type=file]").all()):
        for name in (f"{as_name(PAYLOADS[18])}.jsonl", f"{as_name(PAYLOADS[50])}.jsonl"):
            field_.set_input_files({"name": name, "mimeType": "application/json", "buffer": rows.encode()})
            watched.settle()
            watched.page.wait_for_timeout(1500)
            watched.check(f"upload {place} of {name}")


def test_no_payload_runs_while_all_are_labelled(watched: Watched, poisoned: Any) -> None:
    page = watched.page
    page.goto(f"{poisoned.url}/annotate?project=tickets&question=marks&annotator=ana")
    page.wait_for_selector(".wb-card[data-document]", timeout=60_000)
    shown = set()
    for _ in range(115):
        card = page.locator(".wb-card")
        shown.add(card.get_attribute("data-document") if card.count() else None)
        page.keyboard.press(" ")
        page.wait_for_timeout(90)
        if watched.done:
            break
    watched.check("labelling")
    seen = [n for n, payload in enumerate(PAYLOADS) if f"{n} {payload}" in shown]
    assert len(seen) >= 95, len(seen)


def test_no_payload_in_an_address_runs(watched: Watched, poisoned: Any) -> None:
    page, paths = watched.page, page_paths()
    for n, payload in enumerate(PAYLOADS):
        # One after the other is the wrong one: the first wrong one ends the page.
        right = {"project": "tickets", "question": "poison"}
        kept = ([], ["project"], ["project", "question"])[n % 3]
        query = {name: right[name] if name in kept else payload for name in PARAMETERS}
        page.goto(f"{poisoned.url}/{paths[n % len(paths)]}?{urlencode(query)}#{payload}")
        watched.settle()
        watched.check(f"{paths[n % len(paths)]} {payload}")


def test_no_payload_runs_as_a_name_or_on_the_login(watched: Watched, poisoned: Any, monkeypatch: Any) -> None:
    page, home = watched.page, Home(poisoned.home)
    monkeypatch.setattr("workbench.store.passwords.N", 2)
    add_account(home, "Ana", role="admin", password=PASSWORD)
    taken = 0
    for payload in PAYLOADS:
        page.goto(f"{poisoned.url}/login?{urlencode({'next': payload})}")
        page.fill("#name", payload.replace("\n", " ")[:200])
        page.fill("#password", PASSWORD)
        page.click("button")
        watched.check(f"login {payload}")
        try:
            add_account(home, as_name(payload), role="annotator", password=PASSWORD)
            taken += 1
        except InputError:  # two names that differ in capitals only
            continue
    assert taken >= 95
    page.goto(f"{poisoned.url}/login?next=/people")
    context = page.context
    context.clear_cookies()  # another device
    sign_in_as(watched, poisoned, home, "Ana")
    page.goto(f"{poisoned.url}/people")
    watched.settle()
    page.wait_for_timeout(1000)
    watched.check("people")
    for n in range(0, 100, 10):
        sign_in_as(watched, poisoned, home, as_name(PAYLOADS[n]))
        for path in ("people", "logout", "review", "annotate"):
            page.goto(f"{poisoned.url}/{path}")
            if path != "logout":
                watched.settle()
            watched.check(f"{path} of {PAYLOADS[n]}")


def sign_in_as(watched: Watched, app: Any, home: Home, name: str) -> None:
    """Give the browser the session of an account; its password was tried too often by now."""
    from workbench.ui.sessions import session_cookie
    from workbench.usecases.manage_accounts import list_accounts

    (account,) = [known for known in list_accounts(home) if known.name == name]
    cookie, value = session_cookie(home, account)
    watched.page.context.add_cookies([{"name": cookie, "value": value, "url": app.url}])
