from __future__ import annotations

from dataclasses import replace

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import RULES
from workbench.domain.spans import Span
from workbench.usecases.collect_examples import disagree, settle


def said(annotator: str, *labels: str, status: str = "answered") -> Annotation:
    return Annotation(f"{annotator}-{labels}", "d1", "topic", annotator, labels, status=status)  # type: ignore[arg-type]


def test_the_answer_that_most_annotators_gave_settles_a_document() -> None:
    chosen = settle([said("ann", "a"), said("bob", "b"), said("cleo", "a")])
    assert chosen is not None
    assert chosen.labels == ("a",)


def test_the_newest_answer_settles_a_tie() -> None:
    chosen = settle([said("ann", "a"), said("bob", "b")])
    assert chosen is not None
    assert chosen.annotator == "bob"


def test_a_file_that_names_no_annotator_has_no_vote_beside_named_ones() -> None:
    chosen = settle([said("user-1", "x"), said("import", "x"), said("user-7", "y")])
    assert chosen is not None
    assert chosen.labels == ("y",)


def test_a_file_that_names_no_annotator_answers_where_no_named_one_did() -> None:
    chosen = settle([said("import", "x"), said("ann", status="skipped"), said("bob", status="draft")])
    assert chosen is not None
    assert chosen.annotator == "import"


def test_ground_truth_settles_a_document_against_the_majority() -> None:
    starred = replace(said("ann", "a"), raw={"label_studio": {"fields": {"ground_truth": True}}})
    chosen = settle([starred, said("bob", "b"), said("cleo", "b"), said("import", "b")])
    assert chosen is not None
    assert chosen.annotator == "ann"
    plain = replace(starred, raw={"label_studio": {"fields": {"ground_truth": False}}})
    chosen = settle([plain, said("bob", "b"), said("cleo", "b")])
    assert chosen is not None
    assert chosen.labels == ("b",)


def test_the_other_rules_take_the_majority_or_the_latest_whatever_is_ground_truth() -> None:
    starred = replace(said("ann", "a"), raw={"label_studio": {"fields": {"ground_truth": True}}})
    answers = [starred, said("bob", "b"), said("cleo", "b"), said("dan", "c"), said("import", "d")]
    settled = {rule: settle(answers, rule) for rule in RULES}
    assert {rule: chosen.labels for rule, chosen in settled.items() if chosen} == {
        "gold-first": ("a",),
        "majority": ("b",),
        "latest": ("c",),
    }


def test_only_named_annotators_can_disagree() -> None:
    assert disagree([said("ann", "a"), said("bob", "b")])
    assert not disagree([said("ann", "a"), said("bob", "a"), said("cleo", status="skipped")])
    assert not disagree([said("ann", "a"), said("import", "b")])


def test_skips_and_drafts_settle_nothing() -> None:
    assert settle([said("ann", status="skipped"), said("bob", "b", status="draft")]) is None
    assert settle([]) is None


def test_the_order_of_labels_and_spans_makes_no_other_answer() -> None:
    one, two = Span(0, 1, "A", "x"), Span(2, 3, "B", "y")
    first = Annotation("1", "d", "q", "ann", spans=(one, two))
    second = Annotation("2", "d", "q", "bob", spans=(two, one))
    third = Annotation("3", "d", "q", "cleo", spans=(one,))
    chosen = settle([first, second, third])
    assert chosen is not None
    assert len(chosen.spans) == 2
