"""Label issues of questions with several labels and of entities, from models that were really trained."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path

import pytest

pytest.importorskip("cleanlab")

from tests.unit.ui.pages import html_of, open_review
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.find_label_issues import find_label_issues
from workbench.usecases.label_issue_files import FoundIssues
from workbench.usecases.project import create_project, open_project
from workbench.usecases.train_model import Training, train_model

pytestmark = pytest.mark.slow

SAYS = {
    "price": "the price is expensive and not cheap",
    "quality": "it feels solid and well made",
    "service": "support answered my call at once",
}
SETS = [set(), *({label} for label in SAYS), *map(set, combinations(SAYS, 2))]


def found_in(
    home: Home, answers: Mapping[str, Annotation], texts: Mapping[str, str], question: Question, how: Training
) -> FoundIssues:
    """Make a project of these answers, train on them and return what is disputed."""
    create_project(home, "p", [question])
    labelled = tuple(LabelledDocument(Document(id, text), (answers[id],)) for id, text in texts.items())
    with open_project(home, "p") as project:
        imported = Imported((), labelled, ConversionReport(kept=len(labelled)))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        train_model(project, how)
        return find_label_issues(project, question.name)


def answer_to(home: Home, question: str, id: str) -> Annotation:
    with open_project(home, "p") as project:
        return settled_answers(project, question, [id])[id]


def test_planted_wrong_sets_of_labels_are_disputed_first_and_each_is_decided_on_the_page(
    home: Home,
) -> None:
    truth = {f"d{n}": SETS[n % len(SETS)] for n in range(84)}
    texts = {
        id: " and ".join(["we got it", *(SAYS[label] for label in SAYS if label in own), f"in week {id}"])
        for id, own in truth.items()
    }
    # One label is left out, one is too much, one stands for another.
    planted = {"d12": {"price"}, "d29": {"price", "quality"}, "d37": {"service"}}
    assert [truth[id] for id in planted] == [{"price", "service"}, {"price"}, {"quality"}]
    given = {
        id: Annotation(f"c-{id}", id, "about", "ana", tuple(sorted(planted.get(id, own))))
        for id, own in truth.items()
    }
    question = Question("about", "textcat-multi", tuple(SAYS))
    found = found_in(home, given, texts, question, Training("about", "tfidf"))
    assert {issue.document_id for issue in found.issues[:3]} == set(planted)
    suggested = {issue.document_id: set(issue.suggested_labels) for issue in found.issues}
    assert all(suggested[id] == truth[id] for id in planted)
    page = open_review(project="p", question="about", part="issues")
    assert "the model gives the most disputed label" in html_of(page)
    page.button(key="keep out-of-fold d12").click().run()
    page.button(key="take out-of-fold d29").click().run()
    page.multiselect(key="other out-of-fold d37").set_value([]).run()
    page.button(key="set out-of-fold d37").click().run()
    assert not page.exception
    assert [answer_to(home, "about", id).labels for id in planted] == [("price",), ("price",), ()]
    assert not {f"keep out-of-fold {id}" for id in planted} & {button.key for button in page.button}


@pytest.mark.torch
def test_planted_wrong_spans_are_disputed_first_and_each_is_decided_on_the_page(
    home: Home, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.learners.fine_tuning.default_base", lambda: tiny_bert)
    begins = ("", "so ", "very ", "big ", "good ", "bad ", "so good ", "very bad ")
    said = [
        f"{begin}{who} is in {where}"
        for begin, who, where in product(begins, ("ada", "good", "ada and"), ("rome", "nyc", "big"))
    ]
    texts = {f"d{n}": text for n, text in enumerate(said)}
    labels = {"ada": "PER", "rome": "LOC", "nyc": "LOC"}
    truth = {
        id: tuple(Span.of(t, t.index(w), t.index(w) + len(w), label) for w, label in labels.items() if w in t)
        for id, t in texts.items()
    }
    # One span is left out, one has another label, one is too much.
    wrong = ("so ada is in nyc", "big ada and is in rome", "very good is in big")
    missed, mistyped, spurious = (said.index(text) for text in wrong)
    planted = {
        f"d{missed}": truth[f"d{missed}"][1:],
        f"d{mistyped}": (truth[f"d{mistyped}"][0], Span.of(wrong[1], 18, 22, "PER")),
        f"d{spurious}": (Span.of(wrong[2], 5, 9, "PER"),),
    }
    given = {
        id: Annotation(f"c-{id}", id, "names", "ana", (), planted.get(id, own)) for id, own in truth.items()
    }
    quick = {"learning_rate": 1e-2, "head_learning_rate": 1e-2, "epochs": 8, "min_steps": 0, "dropout": 0.0}
    question = Question("names", "ner", ("PER", "LOC", "ORG"))  # nobody found an ORG
    found = found_in(home, given, texts, question, Training("names", "bert", config=quick))
    assert {issue.document_id for issue in found.issues[:3]} == set(planted)
    suggested = {issue.document_id: issue.suggested_spans for issue in found.issues}
    assert all(suggested[id] == truth[id] for id in planted)
    page = open_review(project="p", question="names", part="issues")
    assert "the model gives the most disputed word" in html_of(page)
    page.button(key=f"keep out-of-fold d{spurious}").click().run()
    page.button(key=f"take out-of-fold d{missed}").click().run()
    page.button(key=f"take out-of-fold d{mistyped}").click().run()
    assert not page.exception
    assert answer_to(home, "names", f"d{spurious}").spans == planted[f"d{spurious}"]
    assert [answer_to(home, "names", f"d{n}").spans for n in (missed, mistyped)] == [
        truth[f"d{missed}"],
        truth[f"d{mistyped}"],
    ]
    assert not {f"keep out-of-fold {id}" for id in planted} & {button.key for button in page.button}
