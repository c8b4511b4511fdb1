"""Disputed answers of a real (small) project: found, kept, relabelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cleanlab")

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.ports import silent
from workbench.domain.questions import LabelChange, Question
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError
from workbench.usecases.detect_languages import detect_languages, read_languages
from workbench.usecases.find_label_issues import find_label_issues, rank, run_job
from workbench.usecases.label_issue_files import issues_path, open_issues, read_issues
from workbench.usecases.project import create_project, open_project
from workbench.usecases.settle_answer import settle_answer
from workbench.usecases.train_model import Training, train_model

pytestmark = pytest.mark.slow

WORDS = {"delivery": "parcel courier late arrived", "billing": "invoice refund charged twice"}


def documents(part: str, n: int, wrong: dict[str, str]) -> list[LabelledDocument]:
    """Return n documents a label with an answer each; `wrong` answers of documents are planted."""
    found = []
    for label, words in WORDS.items():
        for place in range(n):
            id = f"{part}-{label}-{place}"
            text = f"{words} number {place} of the {part} {'for us' if place % 2 else 'again'}"
            answer = Annotation(f"c-{id}", id, "topic", "ana", (wrong.get(id, label),))
            found.append(LabelledDocument(Document(id, text, part=part), (answer,)))  # type: ignore[arg-type]
    return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    create_project(home, "tickets", [Question("topic", "textcat", ("delivery", "billing"))])
    wrong = {"pool-delivery-15": "billing", "held-out-billing-2": "delivery"}
    with open_project(home, "tickets") as project:
        for part, n in (("held-out", 8), ("pool", 20)):
            labelled = tuple(documents(part, n, wrong))
            imported = Imported((), labelled, ConversionReport(kept=len(labelled)))
            project.store.import_documents(imported, file_name=part, file_sha256="0" * 64, format="csv")
        train_model(project, Training("topic", "tfidf"))
    return home


def test_wrong_answers_of_pool_and_held_out_set_are_found_with_their_basis(home: Home) -> None:
    with open_project(home, "tickets") as project:
        found = find_label_issues(project, "topic")
        assert read_issues(project, found.run) == found
    assert found.n_looked_at == {"out-of-fold": 40, "held-out": 16}
    by_basis = {issue.basis: issue for issue in reversed(found.issues)}
    assert by_basis["out-of-fold"].document_id == "pool-delivery-15"
    assert by_basis["out-of-fold"].suggested_labels == ("delivery",)
    assert by_basis["held-out"].document_id == "held-out-billing-2"
    assert len(found.issues) == 2


def test_an_issue_that_was_kept_or_relabelled_leaves_the_list(home: Home) -> None:
    with open_project(home, "tickets") as project:
        found = find_label_issues(project, "topic")
        settle_answer(project, "topic", "pool-delivery-15", by="lea", labels=("billing",))
        assert [issue.document_id for issue in open_issues(project, found)] == ["held-out-billing-2"]
        settle_answer(project, "topic", "held-out-billing-2", by="lea", labels=("billing",))
        assert open_issues(project, found) == []


def test_a_run_judged_out_of_fold_lends_its_scores(tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    create_project(home, "tickets", [Question("topic", "textcat", ("delivery", "billing"))])
    labelled = tuple(documents("pool", 20, {"pool-billing-0": "delivery"}))
    with open_project(home, "tickets") as project:
        imported = Imported((), labelled, ConversionReport(kept=len(labelled)))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        train_model(project, Training("topic", "tfidf"))
        found = find_label_issues(project, "topic")
    assert [issue.document_id for issue in found.issues] == ["pool-billing-0"]
    assert found.n_looked_at == {"out-of-fold": 40}


def test_a_run_that_learned_other_labels_is_refused(home: Home) -> None:
    with open_project(home, "tickets") as project:
        project.store.change_labels("topic", LabelChange("rename", ("billing",), ("money",)))
        with pytest.raises(InputError, match="changed since the run"):
            find_label_issues(project, "topic")


def test_a_damaged_file_is_said(home: Home) -> None:
    with open_project(home, "tickets") as project:
        run = project.store.runs("topic")[0].id
        assert read_issues(project, run) is None
        path = issues_path(project, run)
        path.parent.mkdir(parents=True)
        path.write_text('{"issues": [{}]}')
        with pytest.raises(ArtefactError, match="no label issues"):
            read_issues(project, run)


def test_languages_are_guessed_but_not_of_texts_without_letters(tmp_path: Path) -> None:
    home = Home(tmp_path / "third")
    create_project(home, "tickets", [Question("topic", "textcat", ("delivery",))])
    texts = {
        "en": "Where is the parcel that I ordered from your shop last week?",
        "de": "Wo bleibt das Paket, das ich letzte Woche bei Ihnen bestellt habe?",
        "none": "12 345 !!",
    }
    labelled = tuple(LabelledDocument(Document(id, text)) for id, text in texts.items())
    with open_project(home, "tickets") as project:
        imported = Imported((), labelled, ConversionReport(kept=3))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        assert read_languages(project) == {}
        detect_languages(project)
        assert read_languages(project) == {"en": "en", "de": "de", "none": "und"}


def test_the_job_writes_the_file_and_says_how_many(home: Home) -> None:
    folder = home.project("tickets")
    result = run_job(folder, {"question": "topic", "run_id": ""}, silent)
    assert result["n_issues"] == 2
    with open_project(home, "tickets") as project:
        found = read_issues(project, result["run"])
    assert found is not None
    assert len(found.issues) == 2


def test_a_wrong_set_of_labels_comes_with_the_set_that_the_model_says() -> None:
    truth = [("price",), ("quality",), ("price", "quality"), ()] * 8
    sure = np.array([[0.9 if x in own else 0.1 for x in ("price", "quality")] for own in truth])
    examples = [Example(f"d{n}", "text", own) for n, own in enumerate(truth)]
    examples[5] = Example("d5", "text", ("price",))
    scores = ClassScores(("price", "quality"), sure.astype(np.float32), exclusive=False)
    _, issue = rank("out-of-fold", examples, scores)[0]
    assert (issue.document_id, issue.labels, issue.suggested_labels) == ("d5", ("price",), ("quality",))


def test_a_missed_span_is_disputed_and_what_tags_cannot_say_is_left_out() -> None:
    text = "Ask Ana now"
    ana = Span.of(text, 4, 7, "PERSON")
    words = np.array([[0, 3], [4, 7], [8, 11]], dtype=np.int32)
    sure = np.full((3, 3), 0.02, dtype=np.float32)
    sure[0, 0] = sure[2, 0] = sure[1, 1] = 0.96
    examples = [Example(f"d{n}", text, spans=(ana,)) for n in range(12)]
    examples[4] = Example("d4", text)
    examples[7] = Example("d7", text, scope=((0, 3),))  # nobody was asked about Ana here
    examples[9] = Example("d9", text, spans=(ana, Span.of(text, 4, 11, "PERSON")))
    scores = TokenScores(("PERSON",), tuple(DocumentTokenScores(words, sure) for _ in examples))
    issues = rank("out-of-fold", examples, scores)
    assert [(issue.document_id, issue.spans, issue.suggested_spans) for _, issue in issues] == [
        ("d4", (), (ana,))
    ]
