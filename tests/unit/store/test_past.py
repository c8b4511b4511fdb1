"""What a store says of a moment that is gone, and the chain over its batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.domain.history import Moment, chain_link
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Batch, Proposal
from workbench.errors import StoreError, UnknownNameError
from workbench.store import migrating
from workbench.store.database import FILE_NAME, Database, connect
from workbench.store.past import as_of, moment_of
from workbench.store.project_store import ImportCounts, ProjectStore

Answer = Callable[..., Annotation]
FIRST = Batch("b1", "topic", "margin", 7, (Proposal("t1", 2.0, ""), Proposal("t3", 1.0, "")), recipe={"n": 2})


def test_the_past_has_neither_later_answers_nor_documents_nor_labels(
    five: ProjectStore, bring: Callable[..., ImportCounts], answer: Answer
) -> None:
    five.record([answer("t0", "billing"), answer("t1", status="skipped")])
    then = moment_of(five, "topic")
    bring([Document("late", "Came later")])
    five.record([answer("t0", "other"), answer("t1", "delivery"), answer("late", "other")])
    five.change_labels("topic", LabelChange("rename", ("billing",), ("money",)))
    with as_of(five, "topic", then) as past:
        assert past.question("topic").labels == ("billing", "delivery", "other")
        assert past.document_ids() == [f"t{i}" for i in range(5)]
        assert [(a.document_id, a.labels) for a in past.current("topic")] == [
            ("t0", ("billing",)),
            ("t1", ()),
        ]
        assert (past.answered_ids("topic"), past.skipped_ids("topic")) == (["t0"], ["t1"])
    assert five.answered_ids("topic") == ["t0", "t1", "late"]
    assert moment_of(five, "topic") == Moment(5, 6, 1)


def test_an_answer_that_was_withdrawn_later_stood_then(five: ProjectStore, answer: Answer) -> None:
    five.record([answer("t0", "billing")])
    then = moment_of(five, "topic")
    five.record([answer("t0", status="withdrawn")])
    with as_of(five, "topic", then) as past:
        assert past.answered_ids("topic") == ["t0"]
    assert five.answered_ids("topic") == []


def test_nothing_can_be_written_into_the_past(five: ProjectStore, answer: Answer) -> None:
    with as_of(five, "topic", moment_of(five, "topic")) as past:
        with pytest.raises(StoreError):
            past.record([answer("t0", "billing")])
        with pytest.raises(StoreError):
            past.save_batch(FIRST)
    assert five.annotations() == []
    assert five.batches("topic") == []


def test_an_empty_project_has_a_first_moment(store: ProjectStore) -> None:
    assert moment_of(store, "topic") == Moment(0, 0, 0)
    with pytest.raises(UnknownNameError):
        moment_of(store, "nope")


def test_each_batch_is_chained_to_the_one_before_it_of_its_question(five: ProjectStore) -> None:
    second, other = replace(FIRST, id="b2"), replace(FIRST, id="b3", question="entities")
    for batch in (FIRST, other, second):
        five.save_batch(batch)
    chains = [batch.chain for batch in five.batches("topic")]
    assert chains == [chain_link("", FIRST), chain_link(chain_link("", FIRST), second)]
    assert [batch.chain for batch in five.batches("entities")] == [chain_link("", other)]
    assert five.batches("topic")[0].recipe == {"n": 2}


def test_a_chain_follows_from_what_was_asked_and_why_and_from_nothing_else() -> None:
    link = chain_link("", FIRST)
    same = replace(FIRST, id="other", run="other", created_at="2030", recipe={"n": 2, "saw": {"x": 1}})
    assert chain_link("", same) == link
    others = (
        replace(FIRST, seed=8),
        replace(FIRST, strategy="random"),
        replace(FIRST, recipe={"n": 3}),
        replace(FIRST, proposals=FIRST.proposals[::-1]),
    )
    assert link not in {chain_link("", other) for other in others}
    assert chain_link("before", FIRST) != link


def test_a_batch_from_before_recipes_were_kept_has_none(tmp_path: Path) -> None:
    connect(tmp_path / FILE_NAME, create=True).close()
    database = Database(tmp_path / FILE_NAME)
    database.keep_log()
    with database.write() as connection:
        migrating.upgrade(connection, "0005")
        for statement in (
            "INSERT INTO project VALUES (1, 'old', '2026')",
            "INSERT INTO questions VALUES (1, 'topic', 'textcat', '[]', 1, 0.0, '2026')",
            "INSERT INTO batches (id, question, strategy, seed, created_at) VALUES ('b', 1, 'random', 3, '2026')",
        ):
            connection.execute(text(statement))
    database.close()
    with ProjectStore.open(tmp_path) as store:
        assert [(b.id, b.recipe, b.chain) for b in store.batches("topic")] == [("b", {}, "")]


def test_the_words_that_are_asked_are_part_of_the_chain_and_old_chains_stay_as_they_are() -> None:
    whole = Batch("b", "topic", "margin", 0, (Proposal("t0", 1.0, ""), Proposal("t1", 0.5, "")))
    part = replace(whole, proposals=(Proposal("t0", 1.0, "", ((0, 3),)), Proposal("t1", 0.5, "")))
    other = replace(whole, proposals=(Proposal("t0", 1.0, "", ((0, 4),)), Proposal("t1", 0.5, "")))
    assert len({chain_link("", batch) for batch in (whole, part, other)}) == 3
    # Written by hand from the rule that chains had before there were scopes.
    before = sha256(b'["","margin",0,{},["t0","t1"]]').hexdigest()
    assert chain_link("", whole) == before
