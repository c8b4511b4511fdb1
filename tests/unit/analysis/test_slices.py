"""Figures by slice, counted by hand."""

from __future__ import annotations

import pytest

from workbench.analysis.intervals import wilson_interval
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.slices import (
    UNKNOWN,
    Slice,
    in_reading_order,
    length_quartiles,
    metadata_values,
    slice_documents,
)
from workbench.domain.examples import Example
from workbench.errors import InputError


def judged(gold: str, said: str) -> JudgedDocument:
    return JudgedDocument(Example("1", "text", (gold,)), (said,))


RIGHT, WRONG = judged("a", "a"), judged("a", "b")


def test_the_worst_slice_is_first_and_small_ones_are_last() -> None:
    documents = [RIGHT] * 20 + [WRONG] * 10 + [RIGHT] * 10 + [WRONG] * 3
    values = ["mail"] * 20 + ["chat"] * 20 + ["fax"] * 3
    slices = slice_documents(documents, values)
    assert [(s.value, s.n, s.n_right) for s in slices] == [("chat", 20, 10), ("mail", 20, 20), ("fax", 3, 0)]
    assert [s.is_small for s in slices] == [False, False, True]
    assert slices[0].interval == wilson_interval(10, 20)
    assert slices[0].f1 == pytest.approx(0.5)


def test_every_document_needs_a_value() -> None:
    with pytest.raises(InputError):
        slice_documents([RIGHT], [])


def test_lengths_are_cut_into_quarters_that_keep_equal_ones_together() -> None:
    texts = ["a", "bb", "ccc", "dddd"]
    assert length_quartiles(texts) == [f"{n} to {n} characters" for n in (1, 2, 3, 4)]
    assert len(set(length_quartiles(["same"] * 9))) == 1
    assert length_quartiles([]) == []


def test_metadata_with_few_values_becomes_slices_and_ids_do_not() -> None:
    rows = [
        {"channel": "mail" if n % 2 else "chat", "ticket": f"T-{n}", "size": n, "x": 1} for n in range(100)
    ]
    del rows[0]["channel"]
    found = metadata_values(rows)
    assert sorted(found) == ["channel", "size"]
    assert found["channel"][:3] == [UNKNOWN, "mail", "chat"]
    assert sorted(set(found["size"])) == ["0 to 24", "25 to 49", "50 to 74", "75 to 99"]


def test_metadata_that_holds_lists_is_left_out() -> None:
    assert metadata_values([{"tags": ["a"]}, {"tags": ["b"]}]) == {}


def test_ranges_of_numbers_are_read_from_low_to_high_and_names_stay_worst_first() -> None:
    def named(*values: str) -> list[Slice]:
        return [Slice(value, 30, 20, 20, 30, 30) for value in values]

    ranges = named("61 to 368 characters", "9 to 35 characters", UNKNOWN, "36 to 60 characters")
    assert [s.value for s in in_reading_order(ranges)] == [
        "9 to 35 characters",
        "36 to 60 characters",
        "61 to 368 characters",
        UNKNOWN,
    ]
    names = named("web_form", "9 to 5", "chat")
    assert in_reading_order(names) == names
    assert in_reading_order([]) == []
