from __future__ import annotations

import pytest

from workbench.domain.spans import Span, first_overlap
from workbench.errors import InputError

TEXT = "Zoë paid 20 euros 👍🏽 today"


def test_a_span_keeps_the_slice_it_covers_in_code_points() -> None:
    assert Span.of(TEXT, 18, 20, "MOOD").covered == "👍🏽"


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2)])
def test_a_span_without_length_or_before_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="0 <= start < end"):
        Span.of(TEXT, start, end, "X")


def test_a_span_that_ends_behind_the_text_is_refused() -> None:
    with pytest.raises(InputError, match="ends behind the text"):
        Span.of("short", 0, 6, "X")


def test_a_span_whose_slice_has_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="covers 2 characters"):
        Span(0, 2, "X", "abc")


def test_a_span_no_longer_fits_a_text_that_says_something_else() -> None:
    span = Span.of("Ann went", 0, 3, "PERSON")
    assert span.fits("Ann came")
    assert not span.fits("Bob went")


def test_the_first_overlap_is_found_behind_a_long_span() -> None:
    long, inner, later = Span(0, 9, "A", "x" * 9), Span(2, 4, "B", "xx"), Span(12, 13, "A", "y")
    assert first_overlap([later, inner, long]) == (long, inner)
    assert first_overlap([long, later]) is None
