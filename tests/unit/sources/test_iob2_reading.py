"""Lines, columns, comments and ids of a column file (rows 7 to 13, 16 to 19, 23 to 25)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from workbench.domain.conversion import Imported, ReadOptions, WriteOptions
from workbench.errors import SourceError
from workbench.sources.iob2 import Iob2Source


def read(tmp_path: Path, content: str | bytes, **options: object) -> Imported:
    path = tmp_path / "a.conll"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Iob2Source().read(path, ReadOptions(**options))  # type: ignore[arg-type]


def written(tmp_path: Path, imported: Imported) -> bytes:
    path = tmp_path / "b.conll"
    Iob2Source().write(imported.documents, imported.questions, path, WriteOptions(), imported.file_layout)
    return path.read_bytes()


def texts(imported: Imported) -> list[str]:
    return [labelled.document.text for labelled in imported.documents]


def ids(imported: Imported) -> list[str]:
    return [labelled.document.id for labelled in imported.documents]


def problems(tmp_path: Path, content: str, **options: object) -> list[tuple[str, int | None]]:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, content, **options)
    return [(problem.code, problem.line) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        "a\tO\n\nb\tO\n",
        "a\tO\n\nb\tO",  # no final newline
        "a\tO\n\n\n\nb\tO\n\n",  # several blank lines
        "a\tO\n\t\nb\tO\n \t \n",  # blank lines that hold something
        "a\tO\r\n\r\nb\tO\r\n",
        "a\tO\r\rb\tO\r",
        "a\tO\r\n\nb\tO\n\n\n",  # mixed
        "a O\n\nb O\n",
        "\ufeffa\tO\n\nb\tO\n",
        "# about the file\n\n-DOCSTART-\tO\n\n# id = x\na\tO\n# inside\nb\tB-X\n# behind\n\nb\tO\n# end\n",
        "-DOCSTART- -X- -X- O\n\na O\n-DOCSTART-\nb O\n\n# the end",
        "#\tO\n#\tB-X\n# x\tI-X\n",
        "a\tO\n\n#\n\nb\tO\n",
        "\u00a0\tO\n\n\u2028\tB-X\n\n",
    ],
)
def test_a_file_is_given_back_byte_for_byte(tmp_path: Path, content: str) -> None:
    imported = read(tmp_path, content)
    assert written(tmp_path, imported) == content.encode()


def test_mixed_separators_are_refused_with_the_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "a\tO\nb O\n") == [("mixed-separators", 2)]
    assert problems(tmp_path, "a O\nb\tO\n") == [("mixed-separators", 2)]


@pytest.mark.parametrize(
    "content",
    [
        "Ann\t B-PER\nran\t O\n",
        "Ann \tB-PER\nran \tO\n",
        "Ann\t B-PER\nran\tO\n",
        "Ann\tB-PER\nran\t O\n",
        "ran O\nAnn\t B-PER\n",
        "ran O\nAnn\tLee B-PER\n",
        " \tO\nAnn\tB-PER\n",
    ],
)
def test_a_row_parted_by_a_tab_and_a_space_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, content)
    mixed = [number for number, line in enumerate(content.splitlines(), 1) if "\t" in line and " " in line]
    found = {problem.line for problem in caught.value.problems}
    assert found == set(mixed)
    assert {problem.code for problem in caught.value.problems} == {"mixed-separators"}


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_a_file_with_four_columns_is_pointed_to_the_format_that_has_them(
    tmp_path: Path, separator: str
) -> None:
    rows = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n".replace(" ", separator)
    name = "tab" if separator == "\t" else "space"
    with pytest.raises(SourceError, match=f"line 3: 4 columns parted by a {name}, not 2") as caught:
        read(tmp_path, rows)
    assert "--format conll2003" in caught.value.hint
    assert len(caught.value.problems) == 1


def test_a_space_in_a_token_of_three_columns_does_not_hide_that_there_are_three(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 1: 3 columns parted by a tab, not 2"):
        read(tmp_path, "1\tBerlin\tB-LOC\n2\tis nice\tO\n")


def test_a_token_may_hold_a_space_between_tabs_only(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "New York\tB-LOC\n")) == ["New York"]
    assert problems(tmp_path, "a O\nNew York B-LOC\n") == [("column-count", 2)]


def test_a_change_in_the_number_of_columns_is_refused_with_the_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "a\tO\nb\tX\tO\n") == [("column-count", 2)]


def test_a_line_with_a_token_only_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "a\tO\nb\n#tag\n") == [("no-tag", 2), ("no-tag", 3)]


@pytest.mark.parametrize("line", ["\tO", "b\t", "b\t\t"])
def test_an_empty_cell_is_refused(tmp_path: Path, line: str) -> None:
    assert [place for _, place in problems(tmp_path, f"a\tO\n{line}\n")] == [2]


@pytest.mark.parametrize("token", ["\u00a0", "\u200b", "a\u2028b", "\x85", "\x0b", "\x0c", "\x1c", "\u3000x"])
def test_a_character_that_is_no_line_break_belongs_to_its_token(tmp_path: Path, token: str) -> None:
    content = f"a\tO\n{token}\tB-X\nb\tO\n"
    imported = read(tmp_path, content)
    assert texts(imported) == [f"a {token} b"]
    assert imported.documents[0].annotations[0].spans[0].covered == token
    assert written(tmp_path, imported) == content.encode()


def test_a_byte_order_mark_never_gets_into_the_first_token(tmp_path: Path) -> None:
    imported = read(tmp_path, "\ufeffEU\tB-ORG\n")
    assert texts(imported) == ["EU"]
    assert imported.report.warnings["byte-order mark at the start"] == 1


def test_mixed_newlines_are_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\r\nb\tO\n\nc\tO\n")
    assert imported.report.warnings["lines that end in another way than most"] == 1


def test_lines_that_hold_only_a_tab_part_sentences_and_are_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\n\t\nb\tO\n")
    assert texts(imported) == ["a", "b"]
    assert imported.report.warnings["sentence breaks that hold spaces or tabs"] == 1


@pytest.mark.parametrize("content", ["\n\n", " \n\t\n", "-DOCSTART- -X- -X- O\n\n", "# only a comment\n"])
def test_a_file_without_sentences_is_refused(tmp_path: Path, content: str) -> None:
    assert problems(tmp_path, content) == [("no-sentences", None)]


def test_ids_come_from_the_comment_or_from_the_place_in_the_file(tmp_path: Path) -> None:
    imported = read(tmp_path, '# id = x y\na\tO\n\nb\tO\n\n# id = "\\tz"\nc\tO\n')
    assert ids(imported) == ["x y", "a-2", "\tz"]


def test_the_text_comment_says_what_stands_between_the_tokens(tmp_path: Path) -> None:
    imported = read(tmp_path, "# text = Don't  go.\nDo\tO\nn't\tO\ngo\tB-X\n.\tO\n")
    assert texts(imported) == ["Don't  go."]
    assert imported.documents[0].annotations[0].spans[0].start == 7


@pytest.mark.parametrize("text", ["go Don't", "Don't", "Don't x go", "Don't go."])
def test_a_text_that_its_tokens_do_not_spell_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, f"# text = {text}\nDo\tO\nn't\tO\ngo\tO\n") == [("comments", 2)]


def test_a_quoted_text_is_taken_literally_when_its_tokens_hold_the_quotes(tmp_path: Path) -> None:
    imported = read(tmp_path, '# text = "Hi"\n"\tO\nHi\tO\n"\tO\n\n# text = "Hi\\n"\nHi\tO\n')
    assert texts(imported) == ['"Hi"', "Hi\n"]


def test_two_ids_in_one_sentence_are_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "# id = a\n# id = b\nx\tO\n") == [("comments", 3)]


def test_a_hash_with_a_tag_is_a_token(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "#\tO\n")) == ["#"]
    assert texts(read(tmp_path, "# O\n# B-X\n")) == ["# #"]


def test_a_docstart_line_with_an_entity_is_refused(tmp_path: Path) -> None:
    assert ("docstart", 1) in problems(tmp_path, "-DOCSTART-\tB-X\n")


def test_sentences_that_stand_twice_are_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\n\na\tO\n")
    assert len(imported.documents) == 2
    assert imported.report.warnings["texts that stand more than once"] == 1


def test_an_id_that_stands_twice_is_one_document_if_the_text_is_the_same(tmp_path: Path) -> None:
    imported = read(tmp_path, "# id = x\na\tO\n\n# id = x\na\tO\n")
    assert ids(imported) == ["x"]
    assert (imported.report.kept, imported.report.rejected) == (1, 1)


def test_an_id_that_stands_twice_with_other_tags_keeps_both_answers_in_order(tmp_path: Path) -> None:
    imported = read(tmp_path, "# id = x\na\tO\n\n# id = x\na\tB-X\n")
    (labelled,) = imported.documents
    assert [len(annotation.spans) for annotation in labelled.annotations] == [0, 1]
    assert any("later answer" in reason for reason in imported.report.warnings)


def test_an_id_that_stands_twice_with_different_texts_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "# id = x\na\tO\n\n# id = x\nb\tO\n") == [("duplicate-id", 5)]


def test_reading_a_file_twice_gives_the_same_client_ids(tmp_path: Path) -> None:
    first, second = (read(tmp_path, "a\tB-X\n\nb\tO\n") for _ in range(2))
    client_ids = [[d.annotations[0].client_id for d in i.documents] for i in (first, second)]
    assert client_ids[0] == client_ids[1]
    assert len(set(client_ids[0])) == 2


def test_another_kind_of_question_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "a\tO\n", kind="textcat") == [("kind", None)]


def test_the_question_takes_name_and_labels_from_the_options(tmp_path: Path) -> None:
    (question,) = read(tmp_path, "a\tB-X\n", question="things", labels=("Y", "X")).questions
    assert (question.name, question.kind, question.labels) == ("things", "ner", ("Y", "X"))
    assert read(tmp_path, "a\tB-X\n").questions[0].labels == ("X",)


@pytest.mark.slow
def test_a_sentence_of_100_000_tokens_takes_linear_time(tmp_path: Path) -> None:
    content = "a\tB-X\nb\tI-X\nc\tB-X\n\u00a0\tO\n" * 25_000
    began = time.process_time()
    imported = read(tmp_path, content)
    assert written(tmp_path, imported) == content.encode()
    assert imported.report.counts == {"sentences": 1, "tokens": 100_000, "entities": 50_000}
    assert time.process_time() - began < 30


@pytest.mark.slow
def test_a_text_line_with_100_000_tokens_of_white_space_takes_linear_time(tmp_path: Path) -> None:
    text = "a" + " ".join(["\u00a0"] * 100_000)
    imported = read(tmp_path, f"# text = {text}\na\tO\n" + "\u00a0\tO\n" * 100_000)
    assert imported.report.counts["tokens"] == 100_001


@pytest.mark.slow
def test_a_line_of_10_million_characters_is_taken_and_a_longer_one_refused(tmp_path: Path) -> None:
    limit = 10 * 1024 * 1024
    assert len(texts(read(tmp_path, f"{'x' * limit}\tB-X\n"))[0]) == limit
    assert problems(tmp_path, f"{'x' * (limit + 1)}\tB-X\n") == [("too-long", 1)]
    assert problems(tmp_path, "x" * limit) == [("no-tag", 1)]
