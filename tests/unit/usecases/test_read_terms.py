"""Words that speak for labels: from options, from dictionaries, and into a batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.config import Home
from workbench.domain.arrays import Vectors
from workbench.domain.conversion import ReadOptions
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Question
from workbench.domain.terms import Term
from workbench.errors import InputError, SourceError, UnknownNameError
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.usecases import propose_batch as proposing
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.read_terms import MOST_TERMS, parse_terms, read_terms, terms_for

TOPIC = Question("topic", "textcat", ("complaint", "late_parcel"))


def read(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    path = tmp_path / "terms.txt"
    path.write_text(text, encoding="utf-8")
    return read_terms(path, TOPIC)


@pytest.mark.parametrize(
    "text",
    [
        'label,word\ncomplaint,refund\ncomplaint,"money, back"\n\n,alone\n'.replace(",alone", "alone"),
        "complaint\trefund\ncomplaint\tmoney, back\nalone\n",
    ],
)
def test_a_table_has_the_label_first(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [("refund", "complaint"), ("money, back", "complaint"), ("alone", "")]


def test_a_gazetteer_begins_each_line_with_a_label_of_the_question(tmp_path: Path) -> None:
    found = read(tmp_path, "complaint money back\nnot a label\ncomplaint\ncomplaint money back\n")
    assert found == [("money back", "complaint"), ("not a label", ""), ("complaint", "")]


def test_every_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "complaint,refund\ncomplaint,\na,b,c\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3]
    with pytest.raises(SourceError, match="no word"):
        read(tmp_path, "label,word\n")


def test_an_option_names_a_word_and_perhaps_its_label() -> None:
    assert parse_terms(["a=b", "e = mc2=late_parcel", "x"]) == [
        ("a", "b"),
        ("e = mc2", "late_parcel"),
        ("x", ""),
    ]
    for text in ("refund=", "=complaint", " "):
        with pytest.raises(InputError, match="word"):
            parse_terms([text])


def test_without_words_the_names_of_the_labels_are_looked_for() -> None:
    assert terms_for(TOPIC, ()) == (Term("complaint", "complaint"), Term("late parcel", "late_parcel"))
    assert terms_for(Question("topic", "textcat"), ()) is None


def test_a_label_that_nobody_knows_and_too_many_words_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="complaint"):
        terms_for(TOPIC, [("refund", "complain")])
    assert terms_for(Question("topic", "textcat"), [("refund", "new")]) == (Term("refund", "new"),)
    with pytest.raises(InputError, match="5,001"):
        terms_for(TOPIC, [(f"w{n}", "") for n in range(MOST_TERMS + 1)])


class Ones:
    """An encoder that gives each text a direction of its own."""

    id, width = "ones", 8

    def encode(self, texts: list[str], *, progress: Progress = silent) -> Vectors:
        return np.eye(len(texts), self.width, dtype=np.float32)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    kept = CachedEncoder(Ones(), VectorFile(tmp_path / "vectors", "ones", 8))
    monkeypatch.setattr(proposing, "project_encoder", lambda project, name: kept)
    create_project(Home(tmp_path), "p", [TOPIC, Question("names", "ner", ("PERSON",))])
    (tmp_path / "in.csv").write_text("id,text\na,nice weather\nb,a refund for Ana\nc,late parcel again\n")
    with open_project(Home(tmp_path), "p") as opened:
        import_documents(opened, tmp_path / "in.csv", options=ReadOptions(id_column="id", question="topic"))
        yield opened


def test_a_batch_of_seeds_says_which_word_was_found(project: Project) -> None:
    batch = propose_batch(project, "topic", Ranking("seeds", 1, terms=[("refund", "complaint")]))
    assert [(p.document_id, p.reason) for p in batch.proposals] == [
        ("b", "contains 'refund', a word for 'complaint'")
    ]
    batch = propose_batch(project, "names", Ranking("seeds", 1, terms=[["Ana", "PERSON"]]))
    assert [p.document_id for p in batch.proposals] == ["b"]
    batch = propose_batch(project, "topic", Ranking("seeds", 1))
    assert [p.document_id for p in batch.proposals] == ["c"]


def test_words_for_a_strategy_that_looks_for_none_are_refused(project: Project) -> None:
    with pytest.raises(InputError, match="'random' looks for no words"):
        propose_batch(project, "topic", Ranking("random", 1, terms=[("refund", "")]))
