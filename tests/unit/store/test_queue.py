from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Batch, Proposal
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ImportCounts, ProjectStore
from workbench.store.queue import wanted_annotators

Answer = Callable[..., Annotation]
Propose = Callable[..., Batch]


def ids(proposals: list[Proposal]) -> list[str]:
    return [proposal.document_id for proposal in proposals]


def test_a_batch_comes_back_in_its_order(five: ProjectStore, propose: Propose) -> None:
    assert five.latest_batch("topic") is None
    first, second = propose("t3", "t1"), propose("t0", batch="b2")
    assert five.latest_batch("topic") == second
    assert five.batches("topic") == [first, second]
    assert five.batches("entities") == []


def test_a_batch_keeps_which_words_are_asked_and_whoever_claims_is_told(five: ProjectStore) -> None:
    asked = (Proposal("t3", 1.0, "doubt", ((0, 3), (5, 6))), Proposal("t1", 0.5, "doubt"))
    five.save_batch(Batch("b", "entities", "mnlp", 0, asked))
    newest = five.latest_batch("entities")
    assert newest is not None
    assert newest.proposals == asked
    assert five.claim("entities", "ana", n=2) == list(asked)


def test_another_scope_makes_it_another_batch(five: ProjectStore) -> None:
    five.save_batch(Batch("b", "entities", "mnlp", 0, (Proposal("t3", 1.0, "doubt", ((0, 3),)),)))
    with pytest.raises(InputError, match="another batch 'b'"):
        five.save_batch(Batch("b", "entities", "mnlp", 0, (Proposal("t3", 1.0, "doubt", ((0, 4),)),)))


def test_a_batch_is_saved_once(five: ProjectStore, propose: Propose) -> None:
    batch = propose("t3", "t1")
    five.save_batch(batch)
    assert five.batches("topic") == [batch]
    with pytest.raises(InputError, match="another batch 'b1'"):
        propose("t1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proposals": (Proposal("t9", 1.0, ""),)}, "not in the project: t9"),
        ({"proposals": (Proposal("t0", 1.0, ""), Proposal("t0", 0.5, ""))}, "proposes a document twice"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"question": "topics"}, "no question"),
    ],
)
def test_a_batch_that_cannot_be_asked_is_refused(
    five: ProjectStore, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        five.save_batch(replace(Batch("b", "topic", "margin", 1, ()), **change))  # type: ignore[arg-type]
    assert five.batches("topic") == []


def test_the_best_documents_are_claimed_first_and_nobody_gets_anothers(
    five: ProjectStore, propose: Propose
) -> None:
    propose("t4", "t2", "t0")
    assert five.claim("topic", "ada", 2) == [
        Proposal("t4", 3.0, "uncertain"),
        Proposal("t2", 2.0, "uncertain"),
    ]
    assert ids(five.claim("topic", "bob", 2)) == ["t0"]
    assert five.claim("topic", "eve", 2) == []


def test_claiming_again_gives_the_same_documents(five: ProjectStore, propose: Propose) -> None:
    propose("t4", "t2", "t0")
    assert ids(five.claim("topic", "ada", 1)) == ["t4"]
    assert ids(five.claim("topic", "ada", 2)) == ["t4", "t2"]


def test_nothing_is_claimed_without_a_batch_or_for_nothing(five: ProjectStore, propose: Propose) -> None:
    assert five.claim("topic", "ada", 3) == []
    propose("t1")
    assert five.claim("topic", "ada", 0) == []
    with pytest.raises(UnknownNameError):
        five.claim("topics", "ada", 1)
    with pytest.raises(InputError, match="longer than"):
        five.claim("topic", "ada", 1, ttl_seconds=0)


def test_answers_and_skips_leave_the_queue_and_end_the_lease(
    five: ProjectStore, propose: Propose, answer: Answer
) -> None:
    propose("t4", "t2", "t0")
    five.claim("topic", "ada", 3)
    five.record([answer("t4", "other"), answer("t2", status="skipped")])
    assert ids(five.claim("topic", "ada", 3)) == ["t0"]
    assert five.release("ada") == 1, "only the lease on t0 was left"


def test_a_draft_keeps_the_document_and_a_withdrawal_brings_it_back(
    five: ProjectStore, propose: Propose, answer: Answer
) -> None:
    propose("t4", "t2")
    five.claim("topic", "ada", 1)
    five.record([answer("t4", "other", status="draft")])
    assert ids(five.claim("topic", "ada", 1)) == ["t4"]
    five.record([answer("t4", "other"), answer("t4", status="withdrawn")])
    assert ids(five.claim("topic", "bob", 1)) == ["t4"]


def test_a_document_whose_label_was_retired_is_asked_again(
    five: ProjectStore, propose: Propose, answer: Answer
) -> None:
    propose("t4")
    five.record([answer("t4", "other")])
    assert five.claim("topic", "ada", 1) == []
    five.change_labels("topic", LabelChange("retire", ("other",), ()))
    assert ids(five.claim("topic", "ada", 1)) == ["t4"]


def test_a_lease_ends_with_time_and_is_renewed_by_claiming(five: ProjectStore, propose: Propose) -> None:
    propose("t4")
    five.claim("topic", "ada", 1, ttl_seconds=60, now=1000)
    assert five.claim("topic", "bob", 1, now=1059) == []
    five.claim("topic", "ada", 1, ttl_seconds=60, now=1059)
    assert five.claim("topic", "bob", 1, now=1100) == []
    assert ids(five.claim("topic", "bob", 1, now=1119)) == ["t4"]


def test_all_leases_of_an_annotator_are_renewed_also_those_that_do_not_come_again(
    five: ProjectStore, propose: Propose
) -> None:
    propose("t4", "t2")
    five.claim("topic", "ada", 2, ttl_seconds=60, now=1000)
    assert ids(five.claim("topic", "ada", 1, ttl_seconds=60, now=1050)) == ["t4"]
    assert five.claim("topic", "bob", 2, now=1100) == []


def test_an_answer_in_older_labels_that_still_holds_is_not_asked_again(
    five: ProjectStore, propose: Propose, answer: Answer
) -> None:
    five.add_question(Question("urgency", "textcat", ("high", "low"), overlap=2))
    propose("t4", batch="u1", question="urgency")
    five.record([answer("t4", "high", question="urgency")])
    five.extend_labels("urgency", ["medium"])
    assert five.claim("urgency", "ada", 1) == []
    assert ids(five.claim("urgency", "bob", 1)) == ["t4"]


def test_leases_hold_when_the_clock_is_set_back_a_little_and_end_when_far(
    five: ProjectStore, propose: Propose
) -> None:
    propose("t4")
    five.claim("topic", "ada", 1, ttl_seconds=60, now=100_000)
    assert five.claim("topic", "bob", 1, now=99_950) == []
    assert ids(five.claim("topic", "bob", 1, now=10)) == ["t4"], "else it would hold for a day"


def test_leases_of_two_questions_do_not_touch(five: ProjectStore, propose: Propose) -> None:
    propose("t4")
    propose("t4", batch="e1", question="entities")
    assert ids(five.claim("topic", "ada", 1)) == ["t4"]
    assert ids(five.claim("entities", "bob", 1)) == ["t4"]


def test_released_leases_are_free_for_others_but_for_those_to_keep(
    five: ProjectStore, propose: Propose
) -> None:
    propose("t4", "t2", "t0")
    five.claim("topic", "ada", 3)
    assert five.release("ada", question="entities") == 0
    assert five.release("ada", question="topic", keep=["t4"]) == 2
    assert ids(five.claim("topic", "bob", 3)) == ["t2", "t0"]


def test_a_new_batch_takes_the_old_ones_place_and_leases_stay(five: ProjectStore, propose: Propose) -> None:
    propose("t4", "t2")
    five.claim("topic", "ada", 1)
    propose("t0", "t4", batch="b2")
    assert ids(five.claim("topic", "bob", 5)) == ["t0"]
    assert ids(five.claim("topic", "ada", 5)) == ["t4"]


def test_overlap_asks_several_annotators_but_nobody_twice(
    five: ProjectStore, propose: Propose, answer: Answer
) -> None:
    five.add_question(Question("urgency", "textcat", ("high", "low"), overlap=2))
    propose("t4", batch="u1", question="urgency")
    assert ids(five.claim("urgency", "ada", 1)) == ["t4"]
    assert ids(five.claim("urgency", "bob", 1)) == ["t4"]
    assert five.claim("urgency", "eve", 1) == []
    five.record([answer("t4", "high", question="urgency")])
    assert five.claim("urgency", "ada", 1) == []
    assert five.claim("urgency", "eve", 1) == [], "bob still holds the second place"
    five.release("bob")
    assert ids(five.claim("urgency", "eve", 1)) == ["t4"]


def test_the_overlap_share_is_always_the_same_documents() -> None:
    question = Question("urgency", "textcat", ("high",), overlap=3, overlap_share=0.25)
    wanted = [wanted_annotators(question, f"d{i}") for i in range(4000)]
    assert set(wanted) == {1, 3}
    assert 0.22 < wanted.count(3) / 4000 < 0.28
    assert wanted == [wanted_annotators(question, f"d{i}") for i in range(4000)]
    assert wanted_annotators(replace(question, overlap_share=0.0), "d1") == 1


def test_a_long_batch_of_answered_documents_is_walked_to_its_end(
    store: ProjectStore, bring: Callable[..., ImportCounts], answer: Answer
) -> None:
    bring([Document(f"d{i}", "text") for i in range(700)], [answer(f"d{i}", "other") for i in range(698)])
    proposals = tuple(Proposal(f"d{i}", -float(i), "") for i in range(700))
    store.save_batch(Batch("b", "topic", "margin", 1, proposals))
    assert ids(store.claim("topic", "bob", 5)) == ["d698", "d699"]
