from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.questions import LabelChange, Question
from workbench.domain.spans import Span
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ProjectStore


def test_an_unknown_question_is_answered_with_the_known_ones(store: ProjectStore) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'topic'"):
        store.question("topics")


def test_a_question_is_added_once(store: ProjectStore) -> None:
    store.add_question(Question("urgency", "textcat", ("high", "low")))
    assert [q.name for q in store.questions()] == ["topic", "entities", "urgency"]
    with pytest.raises(InputError, match="already asks"):
        store.add_question(Question("urgency", "ner"))


def test_label_changes_are_facts_that_count_up_and_last(store: ProjectStore, folder: Path) -> None:
    rename = LabelChange("rename", ("billing",), ("money",))
    add = LabelChange("add", (), ("praise",))
    assert store.change_labels("topic", rename).labels == ("money", "delivery", "other")
    changed = store.change_labels("topic", add)
    assert (changed.labels, changed.label_version) == (("money", "delivery", "other", "praise"), 2)
    with ProjectStore.open(folder) as again:
        assert again.question("topic") == changed
        assert again.label_changes("topic") == [rename, add]
        assert again.label_changes("topic", since=1) == [add]


def test_a_change_of_a_label_that_is_not_there_is_refused_and_not_kept(store: ProjectStore) -> None:
    with pytest.raises(UnknownNameError, match="no label 'praise'"):
        store.change_labels("topic", LabelChange("retire", ("praise",), ()))
    assert store.label_changes("topic") == []


def test_extending_adds_only_what_is_new_and_nothing_when_nothing_is(store: ProjectStore) -> None:
    extended = store.extend_labels("topic", ["other", "praise", "spam", "praise"])
    assert extended.labels == ("billing", "delivery", "other", "praise", "spam")
    assert extended.label_version == 1
    assert store.extend_labels("topic", ["spam"]).label_version == 1


def test_answers_follow_renamed_and_merged_labels(
    five: ProjectStore, answer: Callable[..., Annotation]
) -> None:
    five.record([answer("t0", "billing"), answer("t1", "delivery")])
    five.change_labels("topic", LabelChange("rename", ("billing",), ("money",)))
    five.change_labels("topic", LabelChange("merge", ("money", "delivery"), ("service",)))
    assert [(a.document_id, a.labels, a.label_version) for a in five.current("topic")] == [
        ("t0", ("service",), 2),
        ("t1", ("service",), 2),
    ]
    assert [a.labels for a in five.annotations("topic")] == [("billing",), ("delivery",)], "facts stay"


def test_an_answer_in_a_newer_version_does_not_follow_older_changes(
    five: ProjectStore, answer: Callable[..., Annotation]
) -> None:
    """Labels swapped their names: the version says which one was meant."""
    five.record([answer("t0", "billing")])
    five.change_labels("topic", LabelChange("rename", ("billing",), ("delivered",)))
    five.change_labels("topic", LabelChange("rename", ("delivery",), ("billing",)))
    five.record([answer("t1", "billing", label_version=2)])
    assert [a.labels for a in five.current("topic")] == [("delivered",), ("billing",)]


@pytest.mark.parametrize(
    "change",
    [LabelChange("split", ("billing",), ("invoice", "refund")), LabelChange("retire", ("billing",), ())],
)
def test_answers_with_a_split_or_retired_label_return_to_the_queue(
    five: ProjectStore, answer: Callable[..., Annotation], change: LabelChange
) -> None:
    five.record([answer("t0", "billing"), answer("t1", "delivery")])
    five.change_labels("topic", change)
    assert five.answered_ids("topic") == ["t1"]
    assert five.requeued_ids("topic") == ["t0"]
    assert [a.document_id for a in five.current("topic")] == ["t1"]
    five.record([answer("t0", "other", label_version=1)])
    assert five.answered_ids("topic") == ["t0", "t1"]
    assert five.requeued_ids("topic") == []


def test_spans_follow_label_changes_too(five: ProjectStore, answer: Callable[..., Annotation]) -> None:
    ada, bern = Span(13, 16, "PER", "Ada"), Span(20, 24, "LOC", "Bern")
    five.record(
        [
            answer("t0", question="entities", spans=(ada, bern)),
            answer("t1", question="entities", spans=(ada,)),
        ]
    )
    five.change_labels("entities", LabelChange("rename", ("PER",), ("PERSON",)))
    assert [s.label for s in five.current("entities")[0].spans] == ["PERSON", "LOC"]
    five.change_labels("entities", LabelChange("retire", ("LOC",), ()))
    assert [a.document_id for a in five.current("entities")] == ["t1"]
    assert five.requeued_ids("entities") == ["t0"]


def test_several_labels_that_become_one_are_named_once(
    five: ProjectStore, answer: Callable[..., Annotation]
) -> None:
    five.add_question(Question("tags", "textcat-multi", ("red", "pink", "blue")))
    five.record([answer("t0", "pink", "blue", "red", question="tags")])
    five.change_labels("tags", LabelChange("merge", ("red", "pink"), ("red",)))
    assert five.current("tags")[0].labels == ("red", "blue")
