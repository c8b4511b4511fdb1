"""Asking about the doubtful words only: who is asked what, and what the answers teach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from workbench.config import Home
from workbench.domain.annotations import Annotation, Scope
from workbench.domain.conversion import ReadOptions
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span
from workbench.domain.word_vectors import WordVectors
from workbench.errors import InputError
from workbench.usecases.ask_parts import first_other_scope, with_scopes
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.replay import replay
from workbench.usecases.train_model import Training, train_model

TEXT = "a b c d e f g"
WORDS = np.array([[2 * n, 2 * n + 1] for n in range(7)], dtype=np.int32)
SURE = np.array([[1.0, 0.0, 0.0]] * 7, dtype=np.float32)


def torn_at(word: int) -> DocumentTokenScores:
    probabilities = SURE.copy()
    probabilities[word] = [0.5, 0.5, 0.0]
    return DocumentTokenScores(WORDS, probabilities)


def test_each_document_gets_the_scope_of_its_own_scores() -> None:
    scores = TokenScores(("PER",), (torn_at(0), DocumentTokenScores(WORDS, SURE), torn_at(4)))
    chosen = (Proposal("third", 1.0, "doubt"), Proposal("second", 0.5, "doubt"), Proposal("first", 0.4, "x"))
    found = with_scopes(chosen, np.array([2, 1, 0]), texts=[TEXT] * 3, scores=scores)
    assert [(p.document_id, p.reason, p.scope) for p in found] == [
        ("third", "doubt", ((6, 11),)),
        ("second", "doubt", None),
        ("first", "x", ((0, 3),)),
    ]


@pytest.mark.parametrize("scores", [None, ClassScores(("a", "b"), np.array([[0.5, 0.5]], dtype=np.float32))])
def test_without_scores_of_words_the_whole_document_is_asked(scores: ClassScores | None) -> None:
    chosen = (Proposal("d", 1.0, "doubt"),)
    assert with_scopes(chosen, np.array([0]), texts=[TEXT], scores=scores) == chosen


def test_a_document_that_is_asked_in_other_words_is_named_and_one_that_only_one_asks_is_not() -> None:
    ours = [Proposal("a", 1.0, "", ((0, 3),)), Proposal("b", 1.0, "", ((0, 3),))]
    theirs = [Proposal("b", 1.0, "", ((0, 5),)), Proposal("c", 1.0, "", ((0, 3),))]
    assert first_other_scope(ours, theirs) == "b"
    assert first_other_scope(ours[:1], theirs) is None


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    stack = ExitStack()

    def project(*texts: str, kind: str = "ner", share: float = 0.0) -> Project:
        (tmp_path / "in.csv").write_text("text\n" + "\n".join(texts))
        question = Question("names", kind, ("PER", "LOC"))  # type: ignore[arg-type]
        create_project(Home(tmp_path), "p", [question], control_share=share)
        opened = stack.enter_context(open_project(Home(tmp_path), "p"))
        import_documents(opened, tmp_path / "in.csv", options=ReadOptions())
        return opened

    with stack:
        yield project


def test_only_entities_can_be_asked_by_words(make: Callable[..., Project]) -> None:
    with pytest.raises(InputError, match=r"whole documents[\s\S]*leave out --spans"):
        propose_batch(make("one", "two", kind="textcat"), "names", Ranking("random", 2, spans=True))


def test_a_batch_that_no_model_ranked_asks_whole_documents_and_its_recipe_says_what_was_wanted(
    make: Callable[..., Project],
) -> None:
    project = make("one", "two")
    batch = propose_batch(project, "names", Ranking("random", 2, spans=True))
    assert [proposal.scope for proposal in batch.proposals] == [None, None]
    assert batch.recipe["ranking"]["spans"] is True
    assert "spans" not in propose_batch(project, "names", Ranking("random", 2)).recipe["ranking"]


def answer(project: Project, id: str, *, scope: Scope | None = None) -> None:
    """Answer what is asked of a document: Ada is a person, Rome a place; outside the scope nothing is said."""
    said = project.store.document(id).text
    found = [(said.find(word), word, label) for word, label in (("ada", "PER"), ("rome", "LOC"))]
    spans = tuple(Span.of(said, at, at + len(word), label) for at, word, label in found if at >= 0)
    asked = tuple(s for s in spans if scope is None or any(a <= s.start and s.end <= b for a, b in scope))
    project.store.record([Annotation(id, id, "names", "ann", spans=asked, scope=scope)])


@pytest.mark.slow
@pytest.mark.torch
def test_from_the_proposal_to_the_model_only_what_was_asked_is_learned(
    make: Callable[..., Project], tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.learners.fine_tuning.default_base", lambda: tiny_bert)
    project = make(
        *[f"ada {'was so very ' * (n % 3)}bad in rome so {n}{' was it' * 6}" for n in range(100)], share=0.3
    )
    for proposal in propose_batch(project, "names", Ranking("random", 16)).proposals:
        answer(project, proposal.document_id)
    train_model(project, Training("names", "tags"))
    batch = propose_batch(project, "names", Ranking("mnlp", 10, spans=True))
    check_scopes(project, batch)
    for proposal in batch.proposals:
        answer(project, proposal.document_id, scope=proposal.scope)
    parts = {p.document_id: p.scope for p in batch.proposals if p.scope is not None}
    learned = {e.document_id: e.scope for e in collect_examples(project, "names")}
    assert {id: learned[id] for id in parts} == parts
    check_what_is_taught(project, monkeypatch)
    assert [verdict.state for verdict in replay(project, "names")] == ["same", "same"]
    with project.store.database.write() as connection:
        connection.execute(text("UPDATE proposals SET scope = NULL"))
    *_, changed = replay(project, "names")
    assert [remark for remark in changed.remarks if "other words are asked" in remark]


def check_scopes(project: Project, batch: Batch) -> None:
    control = {document.id for document in project.store.documents(part="control")}
    assert any(proposal.scope is not None for proposal in batch.proposals)
    assert any(proposal.document_id in control for proposal in batch.proposals)
    assert all(p.scope is None for p in batch.proposals if p.document_id in control)


def check_what_is_taught(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train again and look at every word: it has a tag where it was asked about, and none elsewhere."""
    from workbench.learners import tags

    read, seen = tags._targets, []

    def targets(question: Question, answered: list[Example], words: WordVectors) -> object:
        found = read(question, answered, words)
        seen.extend((e, words, row, found[0]) for row, e in enumerate(answered))
        return found

    monkeypatch.setattr(tags, "_targets", targets)
    train_model(project, Training("names", "tags"))
    assert any(example.scope for example, *_ in seen)
    for example, words, row, taught in seen:
        for at in range(int(words.bounds[row]), int(words.bounds[row + 1])):
            start, end = words.words[at].tolist()
            parts = example.scope or ((0, len(example.text)),)
            assert (taught[at] >= 0) == any(a <= start and end <= b for a, b in parts)
