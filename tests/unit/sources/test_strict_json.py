import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import SourceError
from workbench.sources.strict_json import parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner)
    ),
    max_leaves=20,
)


def refused(content: bytes, **more) -> str:
    with pytest.raises(SourceError) as caught:
        parse_json(content, "tasks.json", **more)
    return str(caught.value)


@pytest.mark.slow
@settings(deadline=None)
@given(value=VALUES, ascii_only=st.booleans())
def test_every_finite_value_comes_back(value, ascii_only):
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode(), "f") == value


def test_a_byte_order_mark_is_allowed():
    assert parse_json(b'\xef\xbb\xbf{"a": 1}', "f") == {"a": 1}


def test_a_cut_file_is_refused_with_line_and_offset_wherever_it_is_cut():
    whole = json.dumps([{"data": {"text": "one two"}, "id": 7}], indent=1).encode()
    for end in range(len(whole)):
        assert "at character" in refused(whole[:end])
    assert "line 4" in refused(whole[:25])


def test_a_key_that_stands_twice_is_named_with_its_line():
    message = refused(b'[\n {"a": {"b": 1}},\n {"b": "a", "a": 1,\n  "\\u0061": 2}]')
    assert "line 4" in message
    assert "'a' stands twice" in message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_is_not_finite_is_refused(number):
    assert "not finite (at character 6)" in refused(b'{"s": ' + number.encode() + b"}")


def test_a_number_of_five_thousand_digits_is_refused():
    assert "digits (at character 1)" in refused(b"[" + b"7" * 5000 + b"]")


def test_minus_zero_and_integral_floats_are_numbers():
    assert parse_json(b"[-0, 1.0]", "f") == [0, 1.0]


def test_a_hundred_thousand_nested_arrays_are_too_deep():
    assert "too deep" in refused(b"[" * 100_000 + b"]" * 100_000)


def test_the_depth_limit_is_exact():
    assert parse_json(b"[" * 64 + b"]" * 64, "f")
    assert "too deep" in refused(b"[" * 65 + b"]" * 65)
    assert "too deep" in refused(b'{"a":' * 65 + b"1" + b"}" * 65)


def test_half_a_surrogate_pair_is_refused_and_a_whole_one_is_a_character():
    assert parse_json(rb'"\ud83d\ude00"', "f") == "😀"
    assert "surrogate" in refused(rb'["\ud83d"]')
    assert "surrogate" in refused(rb'{"\udc00": 1}')


def test_a_nul_in_a_string_is_refused_and_the_words_for_it_are_not():
    assert "NUL" in refused(rb'["a\u0000"]')
    assert parse_json(rb'"\\u0000"', "f") == "\\u0000"


def test_other_encodings_are_refused_with_a_hint():
    assert "UTF-8" in refused('{"a": "é"}'.encode("cp1252"))
    assert "UTF-8" in refused('{"a": 1}'.encode("utf-16"))


def test_the_first_line_of_a_part_is_counted():
    assert "line 12" in refused(b"{", first_line=12)


@pytest.mark.parametrize("content", [b"", b" ", b"{}{}", b"[1,]", b"{'a': 1}", b"\x00", b"nul"])
def test_what_is_no_json_is_refused(content):
    assert "at character" in refused(content)


def test_half_a_pair_behind_an_escaped_backslash_is_found_too():
    assert "surrogate" in refused(rb'["\\ud83d\udc00"]')
    assert parse_json(rb'"\\ud83d"', "f") == "\\ud83d"
