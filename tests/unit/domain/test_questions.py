from __future__ import annotations

import pytest

from workbench.domain.questions import (
    LabelChange,
    Question,
    check_slug,
    label_now,
    labels_after,
    proposed_slug,
)
from workbench.errors import InputError, UnknownNameError


@pytest.mark.parametrize(
    "name", ["..", ".", "/etc", "C:x", "a/b", "", "A", "-a", "a-", "x" * 65, "con", "a\0b", "‮a"]
)
def test_a_name_that_is_no_slug_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_slug("project", name)


@pytest.mark.parametrize("label", ["", " a", "a ", "a\nb", "x" * 301, "a\x7fb"])
def test_a_label_that_cannot_be_seen_whole_is_refused(label: str) -> None:
    with pytest.raises(InputError):
        Question("topic", "textcat", (label,))


@pytest.mark.parametrize("label", ["a,b", 'say "x"', "<b>bold</b>", "😡", "שלום", "x" * 300])
def test_a_label_may_hold_any_printable_text(label: str) -> None:
    assert Question("topic", "textcat", (label,)).labels == (label,)


def test_a_question_refuses_a_label_that_stands_twice_and_an_unknown_kind() -> None:
    with pytest.raises(InputError, match="twice"):
        Question("topic", "textcat", ("a", "a"))
    with pytest.raises(UnknownNameError, match="kind of question"):
        Question("topic", "summary")  # type: ignore[arg-type]


def test_label_changes_are_applied_in_order_and_keep_the_place() -> None:
    changes = [
        LabelChange("add", (), ("d",)),
        LabelChange("merge", ("a", "c"), ("ac",)),
        LabelChange("split", ("b",), ("b1", "b2")),
        LabelChange("retire", ("d",), ()),
    ]
    assert labels_after(("a", "b", "c"), changes) == ("ac", "b1", "b2")


def test_an_old_answer_follows_renames_and_merges_and_returns_when_its_label_was_split() -> None:
    rename, merge = LabelChange("rename", ("a",), ("b",)), LabelChange("merge", ("b", "c"), ("d",))
    assert label_now("a", [rename, merge]) == "d"
    assert label_now("a", [rename, LabelChange("split", ("b",), ("x", "y"))]) is None
    assert label_now("z", [rename, merge]) == "z"


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("add", ("a",), ("b",)),
        ("rename", ("a",), ()),
        ("merge", (), ("a",)),
        ("split", ("a",), ()),
        ("retire", (), ()),
    ],
)
def test_a_change_with_the_wrong_number_of_labels_is_refused(
    action: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    with pytest.raises(InputError):
        LabelChange(action, before, after)  # type: ignore[arg-type]


def test_a_change_of_a_label_that_does_not_exist_says_which_exist() -> None:
    with pytest.raises(UnknownNameError, match="Known: a, b"):
        labels_after(("a", "b"), [LabelChange("rename", ("c",), ("d",))])


def test_a_rename_onto_an_existing_label_is_refused_since_it_would_be_a_merge() -> None:
    with pytest.raises(InputError, match="twice"):
        labels_after(("a", "b"), [LabelChange("rename", ("a",), ("b",))])


def test_an_empty_name_is_asked_for_and_a_wrong_one_gets_a_proposal() -> None:
    with pytest.raises(InputError) as caught:
        check_slug("question", " ")
    assert caught.value.message == "Give the question a name."
    with pytest.raises(InputError) as caught:
        check_slug("project", "Ünïcode Ärger!")
    assert caught.value.hint.startswith("Use unicode-arger.")
    with pytest.raises(InputError) as caught:
        check_slug("project", "邮件")
    assert caught.value.hint.startswith("Names have 1 to 64")
    assert proposed_slug("Ä" * 100) == "a" * 64
