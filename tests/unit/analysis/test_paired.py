"""Two runs side by side, on documents judged by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.paired import exact_mcnemar, pair_runs
from workbench.domain.examples import Example
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
