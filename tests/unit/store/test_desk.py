"""What lies on an annotator's desk, and the last decisions made there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.desk import Desk
from workbench.store.project_store import LEASE_SECONDS, ProjectStore

TOPIC = Question("topic", "textcat", ("a", "b"))
TONE = Question("tone", "textcat", ("good", "bad"))
TWICE = Question("twice", "textcat", ("x", "y"), overlap=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    """Open a store of six documents, d0 to d5; the text of d5 is held out too."""
    documents = [LabelledDocument(Document(f"d{n}", f"text {n}")) for n in range(6)]
    documents.append(LabelledDocument(Document("held", "text 5", part="held-out")))
    imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
    with ProjectStore.create(tmp_path, "p", [TOPIC, TONE, TWICE]) as made:
        made.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield made


def propose(store: ProjectStore, question: str, *ids: str) -> None:
    proposals = tuple(Proposal(id, 1.0, "it teaches most") for id in ids)
    store.save_batch(Batch(f"{question}-{ids}", question, "margin", 0, proposals))


def answer(
    store: ProjectStore, id: str, question: str, label: str, by: str = "ana", status: str = "answered"
) -> None:
    labels = (label,) if status == "answered" else ()
    number = len(store.annotations())
    store.record([Annotation(str(number), id, question, by, labels, status=status)])  # type: ignore[arg-type]


def laid(store: ProjectStore, annotator: str, *questions: str, n: int = 20) -> dict[str, list[str]]:
    return {one.document_id: list(one.reasons) for one in Desk(store, annotator).lay_out(questions, n)}


def test_documents_in_import_order_are_leased_too(store: ProjectStore) -> None:
    assert list(laid(store, "ana", "topic", n=2)) == ["d0", "d1"]
    assert list(laid(store, "ben", "topic", n=2)) == ["d2", "d3"]
    assert list(laid(store, "ana", "topic", n=2)) == ["d0", "d1"], "the same ones come again"


def test_two_annotators_get_a_document_whose_question_wants_two(store: ProjectStore) -> None:
    assert list(laid(store, "ana", "twice", n=2)) == ["d0", "d1"]
    assert list(laid(store, "ben", "twice", n=2)) == ["d0", "d1"]
    assert list(laid(store, "cleo", "twice", n=2)) == ["d2", "d3"]


def test_a_text_that_is_held_out_too_is_never_asked(store: ProjectStore) -> None:
    assert "d5" not in laid(store, "ana", "topic")


def test_the_batches_of_several_questions_take_turns_and_then_comes_the_pool(store: ProjectStore) -> None:
    propose(store, "topic", "d4", "d3")
    propose(store, "tone", "d2", "d4")
    assert list(laid(store, "ana", "topic", "tone")) == ["d4", "d2", "d3", "d0", "d1"]


def test_a_document_is_asked_every_question_that_is_still_open(store: ProjectStore) -> None:
    answer(store, "d0", "tone", "good")
    answer(store, "d1", "topic", "a", by="ben")
    assert laid(store, "ana", "topic", "tone", n=3) == {
        "d0": ["topic"],
        "d1": ["tone"],
        "d2": ["topic", "tone"],
    }


def test_a_document_chosen_for_one_question_is_leased_for_the_others(store: ProjectStore) -> None:
    propose(store, "topic", "d4")
    laid(store, "ana", "topic", "tone", n=1)
    assert list(laid(store, "ben", "tone", n=6)) == ["d0", "d1", "d2", "d3"]


def test_what_is_no_longer_on_the_desk_is_free_but_for_what_is_shown(store: ProjectStore) -> None:
    laid(store, "ana", "topic", n=3)
    propose(store, "topic", "d4", "d3")
    assert [one.document_id for one in Desk(store, "ana").lay_out(["topic"], 2, keep=["d0"])] == ["d4", "d3"]
    assert list(laid(store, "ben", "topic", n=9)) == ["d1", "d2"]


def test_a_desk_that_was_left_is_cleared_when_its_leases_end(store: ProjectStore) -> None:
    Desk(store, "ana").lay_out(["topic"], 2, now=1_000.0)
    later = Desk(store, "ben").lay_out(["topic"], 2, now=1_000.0 + LEASE_SECONDS + 1)
    assert [one.document_id for one in later] == ["d0", "d1"]


def test_the_last_decisions_come_newest_first_one_a_document_and_only_my_own(store: ProjectStore) -> None:
    answer(store, "d0", "topic", "a")
    answer(store, "d1", "topic", "b")
    answer(store, "d1", "tone", "bad")
    answer(store, "d0", "topic", "b")
    answer(store, "d2", "topic", "a", by="ben")
    answer(store, "d3", "topic", "", status="skipped")
    decisions = Desk(store, "ana").last_decisions(["topic", "tone"], 10)
    assert [(a.document_id, a.question, a.labels) for a in decisions] == [
        ("d3", "topic", ()),
        ("d0", "topic", ("b",)),
        ("d1", "tone", ("bad",)),
        ("d1", "topic", ("b",)),
    ]
    assert {a.document_id for a in Desk(store, "ana").last_decisions(["topic", "tone"], 2)} == {"d3", "d0"}


def test_a_decision_taken_back_or_lost_with_its_label_is_not_among_the_last(store: ProjectStore) -> None:
    answer(store, "d0", "topic", "a")
    answer(store, "d1", "topic", "b")
    answer(store, "d1", "topic", "", status="withdrawn")
    store.change_labels("topic", LabelChange("rename", ("a",), ("c",)))
    assert [a.labels for a in Desk(store, "ana").last_decisions(["topic"], 10)] == [("c",)]
    store.change_labels("topic", LabelChange("retire", ("c",), ()))
    assert Desk(store, "ana").last_decisions(["topic"], 10) == []


def test_a_new_batch_of_any_question_changes_the_ranking(store: ProjectStore) -> None:
    before = Desk(store, "ana").ranking(["topic", "tone"])
    propose(store, "tone", "d1")
    assert Desk(store, "ana").ranking(["topic", "tone"]) != before
    assert Desk(store, "ana").ranking(["topic"]) == Desk(store, "ben").ranking(["topic"])


def test_a_document_lies_there_with_the_words_that_each_question_asks(store: ProjectStore) -> None:
    proposals = (Proposal("d2", 1.0, "doubt"), Proposal("d4", 0.5, "doubt", ((0, 4),)))
    store.save_batch(Batch("b", "topic", "margin", 0, proposals))
    propose(store, "tone", "d4", "d1")
    asked = Desk(store, "ana").lay_out(["tone", "topic"], 2)
    assert [(one.document_id, one.reasons["topic"].scope) for one in asked] == [
        ("d4", ((0, 4),)),
        ("d2", None),
    ]
    assert all(one.reasons["tone"].scope is None for one in asked)


def test_a_question_that_did_not_choose_a_document_asks_its_words_all_the_same(store: ProjectStore) -> None:
    proposals = (Proposal("d2", 1.0, "doubt"), Proposal("d4", 0.5, "doubt", ((0, 4),)))
    store.save_batch(Batch("b", "topic", "margin", 0, proposals))
    propose(store, "tone", "d4")
    (asked,) = Desk(store, "ana").lay_out(["tone", "topic"], 1)
    assert asked.reasons["topic"] == Proposal("d4", 0.0, "open too", ((0, 4),))
