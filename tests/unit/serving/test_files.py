"""Input files are read whole and refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError, SourceError, UnknownNameError
from workbench.serving.files import read_texts


def write(tmp_path: Path, name: str, content: bytes | str) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def texts_of(path: Path, **options: str) -> list[tuple[int, str]]:
    return [(item.line, item.text) for item in read_texts(path, **options)]


def test_a_text_file_has_one_text_a_line(tmp_path: Path) -> None:
    assert texts_of(write(tmp_path, "a.txt", "one\ntwo\r\n\nfour")) == [
        (1, "one"),
        (2, "two"),
        (3, ""),
        (4, "four"),
    ]


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    odd = "a\u2028b\u0085c\vd\fe\rf"
    assert texts_of(write(tmp_path, "a.txt", odd + "\n")) == [(1, odd)]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    assert texts_of(write(tmp_path, "a.txt", b"\xef\xbb\xbfone")) == [(1, "one")]


def test_a_table_keeps_breaks_and_quotes_in_its_cells(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'id,text\n7,"a ""b""\nc"\n8,=1+1\n')
    assert [(t.line, t.id, t.text) for t in read_texts(path)] == [(2, "7", 'a "b"\nc'), (4, "8", "=1+1")]


def test_the_column_can_be_named(tmp_path: Path) -> None:
    assert texts_of(write(tmp_path, "a.csv", "Body,x\nhi,1\n"), text_column="Body") == [(2, "hi")]


def test_a_missing_column_is_answered_with_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'text'.*Text, id"):
        read_texts(write(tmp_path, "a.csv", "Text,id\nhi,1\n"))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than one column 'text'"):
        read_texts(write(tmp_path, "a.csv", "text,text\nhi,1\n"))


def test_every_row_with_too_many_or_too_few_cells_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_texts(write(tmp_path, "a.csv", "id,text\n1,a,b\n2,b\n3\n"))
    assert [p.line for p in caught.value.problems] == [2, 4]


def test_a_quote_that_never_ends_is_refused_where_its_row_begins(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 3"):
        read_texts(write(tmp_path, "a.csv", 'text\na\n"b\nc\n'))


def test_a_cell_may_be_longer_than_the_usual_limit(tmp_path: Path) -> None:
    assert len(texts_of(write(tmp_path, "a.csv", "text\n" + "a" * 200_000 + "\n"))[0][1]) == 200_000


@pytest.mark.parametrize(
    "line",
    [
        '{"text": ',
        '{"text": null}',
        '{"text": 5}',
        '{"Text": "a"}',
        '["a"]',
        '{"text": "a", "text": "b"}',
        '{"text": "\\ud800"}',
        '{"text": "a\\u0000b"}',
        '{"text": "a", "id": {"n": 1}}',
        '{"text": "a", "id": 1.5}',
        '{"text": "a", "score": NaN}',
        "[" * 100_000,
    ],
    ids=lambda line: line[:28],
)
def test_a_bad_line_of_json_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(SourceError, match="line 2") as caught:
        read_texts(write(tmp_path, "a.jsonl", f'{{"text": "a"}}\n{line}\n'))
    assert caught.value.exit_code == 2


def test_all_bad_lines_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_texts(write(tmp_path, "a.jsonl", '{"text": 1}\n{"text": "a"}\n[]\n'))
    assert [p.line for p in caught.value.problems] == [1, 3]


def test_a_table_may_be_parted_by_tabs(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", 'id\ttext\n7\ta, "b"\n8\t"two\nlines"\n')
    assert [(t.line, t.id, t.text) for t in read_texts(path)] == [(2, "7", 'a, "b"'), (3, "8", "two\nlines")]


def test_a_list_in_json_holds_texts_or_objects(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '\ufeff[\n"one",\n{"id": 7,\n"text": "two"} ,"three"\n]\n')
    assert [(t.line, t.id, t.text) for t in read_texts(path)] == [
        (2, None, "one"),
        (3, "7", "two"),
        (4, None, "three"),
    ]
    assert texts_of(write(tmp_path, "a.json", '[{"body": "x"}]'), text_column="body") == [(1, "x")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"text": "a"}', r"line 1: The file must be a list"),
        ('{"text": "a"}\n{"text": "b"}\n', r"\.jsonl"),
        ('["a",\n5]', "line 2: This must be an object"),
        ('["a",\n{"Text": "b"}]', 'line 2: .*a string "text"'),
        ('["a",\n{"text": "b", "text": "c"}]', "line 2: .*twice"),
        ('["a",\n"b"', "line 2: .*missing"),
        ('["a"\n"b"]', "line 2: .*missing"),
        ('["a",\n]', "line 2: Not readable"),
        ('["a"]\n["b"]', "line 2: .*follows the list"),
        ("[" * 100_000, "line 1: Not readable"),
        ('["a\\u0000b"]', "line 1: .*NUL"),
        ("[]", "holds no texts"),
    ],
)
def test_a_json_file_that_is_no_list_of_texts_is_refused(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_texts(write(tmp_path, "a.json", content))


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.jsonl", "a.json"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_texts(write(tmp_path, name, ""))


def test_a_table_of_its_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no texts"):
        read_texts(write(tmp_path, "a.csv", "text\n"))


def test_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="byte 3"):
        read_texts(write(tmp_path, "a.txt", b"caf\xe9\n"))


def test_a_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="NUL"):
        read_texts(write(tmp_path, "a.txt", "a\0b\n"))


def test_an_unknown_kind_of_file_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"\.jsonl"):
        read_texts(write(tmp_path, "a.xlsx", "x"))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_texts(tmp_path / "none.txt")


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\0\ufeff")), min_size=1
    )
)
def test_lines_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    kept = [text.removesuffix("\r") for text in texts]
    path = write(tmp_path_factory.mktemp("t"), "a.txt", "".join(text + "\n" for text in texts))
    assert [text for _, text in texts_of(path)] == kept
