"""CSV and TSV in: columns, dialects, faults and ids (rows 38 to 50, 52)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from workbench.config import Limits
from workbench.domain.conversion import Imported, ReadOptions
from workbench.errors import InputError, SourceError
from workbench.sources.tables import CsvSource


def read(tmp_path: Path, content: str | bytes, name: str = "a.csv", **options: object) -> Imported:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvSource().read(path, ReadOptions(**options))  # type: ignore[arg-type]


def refusal(tmp_path: Path, content: str | bytes, **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, content, **options)
    return caught.value


def places(error: SourceError) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in error.problems]


def rows(imported: Imported) -> list[tuple[str, str, tuple[str, ...] | None]]:
    return [
        (d.document.id, d.document.text, d.annotations[0].labels if d.annotations else None)
        for d in imported.documents
    ]


def test_text_and_the_only_other_column_are_read_by_default(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,category\nHello,greeting\nBye,\n")
    assert rows(imported) == [("a-1", "Hello", ("greeting",)), ("a-2", "Bye", None)]
    (question,) = imported.questions
    assert (question.name, question.kind, question.labels) == ("category", "textcat", ("greeting",))
    assert imported.report.counts == {"rows": 2}


def test_an_id_column_gives_the_ids(tmp_path: Path) -> None:
    imported = read(
        tmp_path, "id,text,label\n/x/../y,Hello,a\n-5,Bye,b\n9223372036854775808,Hm,b\n1.0,Oh,b\n"
    )
    assert [found[0] for found in rows(imported)] == ["/x/../y", "-5", "9223372036854775808", "1.0"]


def test_several_columns_that_could_be_the_label_are_refused_and_listed(tmp_path: Path) -> None:
    error = refusal(tmp_path, "id,text,topic,channel\n1,Hello,a,mail\n")
    assert "'id', 'text', 'topic', 'channel'" in error.message
    assert "--label-column" in error.hint


def test_other_columns_become_metadata_when_the_label_is_named(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,topic,channel,time\nHello,a,mail,\n", label_column="topic")
    (labelled,) = imported.documents
    assert dict(labelled.document.metadata) == {"channel": "mail"}
    assert labelled.annotations[0].labels == ("a",)


def test_the_column_with_the_name_of_the_question_is_the_label_among_several(tmp_path: Path) -> None:
    imported = read(tmp_path, "id,channel,text,topic\n1,mail,Hello,a\n", question="topic")
    (labelled,) = imported.documents
    assert dict(labelled.document.metadata) == {"channel": "mail"}
    assert labelled.annotations[0].labels == ("a",)


def test_a_column_that_is_named_goes_before_the_one_with_the_name_of_the_question(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,topic,checked\nHello,a,b\n", question="topic", label_column="checked")
    assert imported.documents[0].annotations[0].labels == ("b",)


def test_a_hyphen_says_that_no_column_is_the_label(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,topic,channel\nHello,a,mail\n", label_column="-")
    assert dict(imported.documents[0].document.metadata) == {"topic": "a", "channel": "mail"}
    assert imported.questions == ()


def test_texts_alone_answer_no_question(tmp_path: Path) -> None:
    imported = read(tmp_path, "text\nHello\n")
    assert rows(imported) == [("a-1", "Hello", None)]
    assert imported.questions == ()


def test_labels_of_a_textcat_multi_cell_are_parted_by_a_bar(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,label\nx,a|b\ny,|\nz,\n", kind="textcat-multi")
    assert [found[2] for found in rows(imported)] == [("a", "b"), (), None]


@pytest.mark.parametrize("cell", ["a||b", "a|a", "a | b", "|a"])
def test_a_malformed_list_of_labels_is_refused(tmp_path: Path, cell: str) -> None:
    assert places(refusal(tmp_path, f"text,label\nx,{cell}\n", kind="textcat-multi")) == [("label", 2)]


@pytest.mark.parametrize(
    ("header", "options", "told"),
    [
        ("body,label", {}, "'body', 'label'"),
        ("Text,label", {}, "'Text' is written in another way"),
        ("text,label", {"label_column": "Label"}, "'label' is written in another way"),
        ("text,label", {"id_column": "key"}, "no column 'key'"),
        ("text,label,label", {}, "stand twice: 'label'"),
        ("text,label", {"label_column": "text"}, "two things"),
    ],
)
def test_a_missing_or_double_column_is_refused_with_those_found(
    tmp_path: Path, header: str, options: dict[str, str], told: str
) -> None:
    error = refusal(tmp_path, f"{header}\nx,y{',z' * (header.count(',') - 1)}\n", **options)
    assert told in str(error)


def test_an_open_quotation_mark_is_refused_with_its_line(tmp_path: Path) -> None:
    assert places(refusal(tmp_path, 'text,label\nx,a\n"never closed,b\ny,c\n')) == [("open-quote", 3)]


@pytest.mark.parametrize("row", ['say "hi",a', '"x"y,a', 'x,a"'])
def test_a_quotation_mark_out_of_place_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    assert places(refusal(tmp_path, f"text,label\nx,a\n{row}\n")) == [("quote", 3)]


@pytest.mark.parametrize("row", ["x", "x,a,b", '"x",a,'])
def test_too_few_or_too_many_cells_are_refused_with_the_line(tmp_path: Path, row: str) -> None:
    assert places(refusal(tmp_path, f'text,label\n"two\nlines",a\n{row}\n')) == [("cell-count", 4)]


def test_skip_bad_reads_the_other_rows_and_keeps_the_sum(tmp_path: Path) -> None:
    content = 'text,label\nx,a\n"open,b\ny\nz,c\n,a\nw,NEW\nx "q",a\n'
    imported = read(tmp_path, content, skip_bad=True, labels=("a", "b", "c"))
    report = imported.report
    assert [found[1] for found in rows(imported)] == ["x", "z"]
    assert (report.kept, report.adjusted, report.rejected, report.total) == (2, 0, 5, 7)
    assert [problem.line for problem in report.rejects] == [3, 4, 6, 7, 8]


def test_quoted_cells_hold_anything(tmp_path: Path) -> None:
    imported = read(tmp_path, 'text,label\r\n"a ""b"", c\r\nd\ne\u2028f",x\r\n""" """,y\r\n')
    assert [found[1] for found in rows(imported)] == ['a "b", c\r\nd\ne\u2028f', '" "']
    assert not imported.report.warnings


def test_a_cell_of_a_million_characters_is_taken(tmp_path: Path) -> None:
    long = "x, " * 350_000
    assert rows(read(tmp_path, f'text,label\n"{long}",a\n'))[0][1] == long


def test_a_text_over_the_limit_is_refused_with_its_line(tmp_path: Path) -> None:
    long = "x" * (10 * 1024 * 1024 + 1)
    assert places(refusal(tmp_path, f"text,label\ny,a\n{long},a\n")) == [("too-long", 3)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text;label\nx, y;a\n", "a semicolon"),
        ("text\tlabel\nx, y\ta\n", "a tab"),
        ("sep=;\ntext;label\nx, y;a\n", "a semicolon"),
        ("sep=|\r\ntext|label\r\nx, y|a\r\n", "|"),
    ],
)
def test_the_delimiter_is_told_by_the_header_and_reported(tmp_path: Path, content: str, told: str) -> None:
    imported = read(tmp_path, content)
    assert rows(imported) == [("a-1", "x, y", ("a",))]
    assert any(told in reason for reason in imported.report.warnings)


def test_a_header_that_could_be_parted_in_two_ways_is_refused_until_one_is_named(tmp_path: Path) -> None:
    content = "text,a;label\nx,1;y\n"
    assert "--delimiter" in refusal(tmp_path, content).hint
    with pytest.raises(SourceError, match="'text', 'a;label'"):
        read(tmp_path, content, delimiter=",", text_column="none")
    with pytest.raises(InputError, match="cannot part columns"):
        read(tmp_path, content, delimiter=",;")


def test_a_delimiter_inside_quotes_does_not_confuse_the_header(tmp_path: Path) -> None:
    imported = read(tmp_path, 'text;"a, label"\nx;y\n')
    assert rows(imported) == [("a-1", "x", ("y",))]


@pytest.mark.parametrize(("encoding", "hint"), [("cp1252", "cp1252"), ("utf-16", "--encoding utf-16")])
def test_files_saved_by_excel_are_refused_with_a_hint_and_read_when_named(
    tmp_path: Path, encoding: str, hint: str
) -> None:
    content = "text\tlabel\ncafé\ta\n".encode(encoding)
    error = refusal(tmp_path, content)
    assert "Not UTF-8 at byte" in error.message
    assert hint in error.hint
    assert rows(read(tmp_path, content, encoding=encoding)) == [("a-1", "café", ("a",))]


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path: Path) -> None:
    imported = read(tmp_path, "\ufefftext,label\nx,a\n")
    assert rows(imported) == [("a-1", "x", ("a",))]
    assert imported.report.warnings["byte-order mark at the start"] == 1


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_like_a_formula_is_read_as_it_is(tmp_path: Path, cell: str) -> None:
    quoted = cell.replace('"', '""')
    assert rows(read(tmp_path, f'text,label\n"{quoted}",a\n'))[0][1] == cell


def test_too_many_columns_are_refused_with_the_limit(tmp_path: Path) -> None:
    header = ",".join(f"c{n}" for n in range(100_000))
    assert "100000 columns; the limit is 1000" in refusal(tmp_path, f"{header}\n").message


def test_too_many_labels_are_refused_with_the_limit(tmp_path: Path) -> None:
    content = "text,label\n" + "".join(f"x{n},label {n}\n" for n in range(10_001))
    assert "10001 different labels; the limit is 10000" in refusal(tmp_path, content).message


@pytest.mark.parametrize("content", ["text,label\n", "text,label", "text,label\r\n\r\n"])
def test_a_header_alone_is_refused(tmp_path: Path, content: str) -> None:
    assert "0 rows" in refusal(tmp_path, content).message


def test_empty_texts_are_left_out_and_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "text,label\nx,a\n,b\n \u2003 ,c\n")
    assert [found[0] for found in rows(imported)] == ["a-1"]
    assert (imported.report.kept, imported.report.rejected) == (1, 2)
    assert imported.report.warnings["empty texts left out"] == 2


def test_repeated_ids_with_the_same_text_are_left_out_and_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "id,text,label\n1,x,a\n1,x,a\n2,y,b\n")
    assert [found[0] for found in rows(imported)] == ["1", "2"]
    assert (imported.report.kept, imported.report.rejected) == (2, 1)


def test_repeated_ids_with_different_texts_are_refused_and_listed(tmp_path: Path) -> None:
    error = refusal(tmp_path, "id,text,label\n1,x,a\n1,y,a\n2,x,b\n2,z,b\n")
    assert [(p.record, p.line) for p in error.problems] == [("1", 3), ("2", 5)]


def test_an_empty_id_is_refused_with_its_line(tmp_path: Path) -> None:
    assert places(refusal(tmp_path, "id,text,label\n,x,a\n")) == [("id", 2)]


def test_unknown_labels_are_listed_with_their_counts(tmp_path: Path) -> None:
    error = refusal(tmp_path, "text,label\nx,b\ny,b\nz,c\nw,a\n", labels=("a",))
    assert "'b' (2), 'c' (1)" in error.message


@pytest.mark.parametrize("label", [" a", "a ", "x" * 301, "a\x07"])
def test_what_cannot_be_a_label_is_refused_with_its_line(tmp_path: Path, label: str) -> None:
    assert places(refusal(tmp_path, f"text,label\nx,{label}\n")) == [("label", 2)]


def test_spans_do_not_fit_into_a_table(tmp_path: Path) -> None:
    assert places(refusal(tmp_path, "text,label\nx,a\n", kind="ner")) == [("kind", 1)]


def test_importing_a_file_twice_gives_the_same_ids(tmp_path: Path) -> None:
    first, second = (read(tmp_path, "text,label\nx,a\ny,a\n") for _ in range(2))
    client_ids = [[d.annotations[0].client_id for d in i.documents] for i in (first, second)]
    assert client_ids[0] == client_ids[1]
    assert rows(first) == rows(second)


@pytest.mark.slow
def test_100_000_rows_are_read_in_seconds(tmp_path: Path) -> None:
    content = "text,label\n" + "".join(f'"Ticket {n}, which is open",label{n % 77}\n' for n in range(100_000))
    began = time.process_time()
    imported = read(tmp_path, content)
    assert imported.report.kept == 100_000
    assert time.process_time() - began < 30


@pytest.mark.slow
def test_rows_that_open_quotes_take_linear_time(tmp_path: Path) -> None:
    content = "text,label\n" + '"x""\n' * 50_000
    began = time.process_time()
    assert len(refusal(tmp_path, content).problems) == 50_000
    assert time.process_time() - began < 30


def test_more_documents_than_a_file_may_hold_are_refused_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.sources.intake.LIMITS", Limits(documents=2))
    assert len(read(tmp_path, "text\none\ntwo\n").documents) == 2
    error = refusal(tmp_path, "text\none\ntwo\nthree\n")
    assert places(error) == [("too-many", 4)]
    assert "More than 2 documents" in str(error)


def test_texts_without_labels_are_documents_for_a_question_about_spans_too(tmp_path: Path) -> None:
    imported = read(tmp_path, "id,text\nx,Hello\n", kind="ner", question="entities", labels=("PER",))
    assert rows(imported) == [("x", "Hello", None)]
    imported = read(tmp_path, "text,channel\nHello,mail\n", kind="ner", label_column="-")
    assert dict(imported.documents[0].document.metadata) == {"channel": "mail"}


def test_labels_for_a_question_about_spans_are_refused_with_the_ways_out(tmp_path: Path) -> None:
    error = refusal(tmp_path, "text,topic\nHello,a\n", kind="ner")
    assert "'topic' cannot answer a ner question" in error.message
    assert "--label-column -" in error.hint
    assert "IOB2" in error.hint


@pytest.mark.parametrize("cell", ["x;y", '"x, y"', '"[""x"",""y""]"', "[x]"])
def test_cells_that_seem_to_part_labels_in_another_way_are_counted_with_the_first_line(
    tmp_path: Path, cell: str
) -> None:
    content = f"text,tags\none,x\ntwo,{cell}\nthree,{cell}\n"
    (warning,) = read(tmp_path, content, kind="textcat-multi").report.warnings.items()
    assert "labels are parted by | (first at line 3" in warning[0]
    assert warning[1] == 2
    assert not read(tmp_path, f"{content}four,x|y\n", kind="textcat-multi").report.warnings
    assert not read(tmp_path, content, kind="textcat").report.warnings


def test_a_declared_label_may_hold_a_comma(tmp_path: Path) -> None:
    content = 'text,tags\none,"x, y"\n'
    assert not read(tmp_path, content, kind="textcat-multi", labels=("x, y",)).report.warnings


def test_the_tab_of_a_tsv_file_is_no_surprise(tmp_path: Path) -> None:
    content = "text\ttopic\none\ta\n"
    assert not read(tmp_path, content, name="a.tsv").report.warnings
    assert any("a tab" in reason for reason in read(tmp_path, content).report.warnings)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,topic\none\n", "1 cell, but the header has 2 columns"),
        ("text,topic\none,a,b\n", "3 cells, but the header has 2 columns"),
        ('text,topic\na "b" c,x\n', 'Put the cell in quotes and double those inside: "say ""yes"" now".'),
    ],
)
def test_a_row_is_refused_in_words_that_help(tmp_path: Path, content: str, words: str) -> None:
    assert words in str(refusal(tmp_path, content))


def test_a_label_that_stands_twice_in_a_cell_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "text,tags\none,x|y|x\n", kind="textcat-multi")
    assert "line 2, record a-1: The label 'x' stands twice in one answer" in str(error)
