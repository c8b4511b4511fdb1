"""Two runs side by side, on documents judged by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.paired import GONE, exact_mcnemar, pair_runs, with_labels_of_today
from workbench.domain.examples import Example
from workbench.domain.questions import LabelChange
from workbench.domain.spans import Span
from workbench.errors import InputError


def judged(id: str, gold: str, said: str) -> JudgedDocument:
    return JudgedDocument(Example(id, f"text {id}", (gold,)), (said,))


def test_the_exact_test_agrees_with_values_worked_out_by_hand() -> None:
    assert exact_mcnemar(0, 0) == 1.0
    assert exact_mcnemar(5, 5) == 1.0  # twice the tail would be more than one
    assert exact_mcnemar(0, 5) == pytest.approx(2 / 32)
    assert exact_mcnemar(8, 1) == pytest.approx(2 * (1 + 9) / 512)
    assert exact_mcnemar(2, 8) == pytest.approx(2 * (1 + 10 + 45) / 1024)


def test_the_exact_test_does_not_care_which_run_is_which() -> None:
    assert exact_mcnemar(3, 11) == exact_mcnemar(11, 3)
    with pytest.raises(InputError):
        exact_mcnemar(-1, 2)


def test_only_documents_of_both_runs_with_the_same_gold_are_compared() -> None:
    before = [judged("1", "a", "b"), judged("2", "a", "a"), judged("3", "b", "b"), judged("old", "a", "a")]
    after = [judged("2", "a", "b"), judged("1", "a", "a"), judged("3", "a", "a"), judged("new", "b", "b")]
    paired = pair_runs(before, after)
    assert [b.example.document_id for b, _ in paired.shared] == ["2", "1"]
    assert paired.n_other_gold == 1
    assert [after.example.document_id for _, after in paired.fixed] == ["1"]
    assert [after.example.document_id for _, after in paired.broken] == ["2"]
    assert paired.p_value == 1.0


def test_the_label_that_lost_most_comes_first() -> None:
    before = [judged("1", "a", "a"), judged("2", "b", "b"), judged("3", "b", "a")]
    after = [judged("1", "a", "c"), judged("2", "b", "b"), judged("3", "b", "b")]
    differences = pair_runs(before, after).by_label
    assert [d.label for d in differences] == ["a", "c", "b"]
    assert differences[0].change == pytest.approx(-2 / 3)  # F1 from 2/3 to 0
    assert differences[2].change == pytest.approx(1 - 2 / 3)


def test_no_shared_documents_is_an_empty_comparison() -> None:
    paired = pair_runs([judged("1", "a", "a")], [judged("2", "a", "a")])
    assert paired.shared == ()
    assert paired.n_other_gold == 0
    assert paired.by_label == ()


def test_answers_from_before_a_merge_are_compared_under_the_label_of_today() -> None:
    merge = LabelChange("merge", ("a", "b"), ("ab",))
    before = [judged("1", "a", "b"), judged("2", "b", "c")]
    after = [judged("1", "ab", "ab"), judged("2", "ab", "ab")]
    assert pair_runs(before, after).shared == ()  # as they stand, no answer is the same
    paired = pair_runs(with_labels_of_today(before, [merge]), after)
    assert len(paired.shared) == 2
    assert [d.example.document_id for _, d in paired.fixed] == ["2"]
    assert paired.n_other_gold == 0


def test_only_right_answers_with_a_split_or_retired_label_are_left_out() -> None:
    changes = [LabelChange("retire", ("a",), ()), LabelChange("split", ("b",), ("b1", "b2"))]
    documents = [judged("1", "a", "a"), judged("2", "b", "c"), judged("3", "c", "a"), judged("4", "c", "c")]
    found = with_labels_of_today(documents, changes)
    assert [document.example.document_id for document in found] == ["3", "4"]
    assert [document.right for document in found] == [False, True]
    assert found[0].predicted_labels == ("a" + GONE,)


def test_two_predictions_that_a_merge_makes_one_keep_the_higher_confidence() -> None:
    merge = LabelChange("merge", ("a", "b"), ("ab",))
    labels = JudgedDocument(Example("1", "text", ("b", "a")), ("a", "b", "c"), confidences=(0.6, 0.9, 0.7))
    (found,) = with_labels_of_today([labels], [merge])
    assert (found.example.labels, found.predicted_labels, found.confidences) == (
        ("ab",),
        ("ab", "c"),
        (0.9, 0.7),
    )
    text = "Ann Lee"
    spans = JudgedDocument(
        Example("2", text, spans=(Span(0, 3, "a", "Ann"),)),
        predicted_spans=(Span(0, 3, "b", "Ann"), Span(4, 7, "c", "Lee")),
    )
    (marked,) = with_labels_of_today([spans], [merge])
    assert marked.example.spans[0].label == marked.predicted_spans[0].label == "ab"
