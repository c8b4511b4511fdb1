from __future__ import annotations

from workbench.domain.annotations import Annotation
from workbench.domain.spans import Span
from workbench.usecases.collect_examples import settle


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
