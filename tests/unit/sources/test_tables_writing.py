"""CSV and TSV out: the same file when nothing changed, and what a cell cannot say."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.errors import SourceError
from workbench.sources.tables import CsvSource

TOPIC = Question("topic", "textcat", ("a", "b"))
TAGS = Question("tags", "textcat-multi", ("a", "b"))
DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[4] / "shared" / "data"))


def labelled(
    document_id: str, text: str, *labels: str, question: str = "topic", **metadata: object
) -> LabelledDocument:
    answer = Annotation("c", document_id, question, "ann", labels=labels)
    return LabelledDocument(Document(document_id, text, metadata), (answer,))


def write(
    tmp_path: Path,
    *documents: LabelledDocument,
    question: Question = TOPIC,
    name: str = "b.csv",
    **options: object,
) -> tuple[str, ConversionReport]:
    path = tmp_path / name
    report = CsvSource().write(documents, (question,), path, WriteOptions(**options), {})  # type: ignore[arg-type]
    return path.read_bytes().decode(), report


@pytest.mark.parametrize(
    "content",
    [
        "text,label\nx,a\ny,\n",
        "text,label\r\nx,a\r\ny,b",
        '"text","label"\n"x","a"\ny,"b"\n',
        "\ufeffsep=;\r\ntext;label\r\nx, y;a\r\n",
        'id\ttext\tlabel\n1\t"a\tb"\tx\n2\t"c ""d""\r\ne"\ty\n',
        "label,text,id\na,=1+1,-5\n",
        "text\nx\n",
    ],
)
def test_a_table_is_given_back_byte_for_byte(tmp_path: Path, content: str) -> None:
    path, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_bytes(content.encode())
    imported = CsvSource().read(path, ReadOptions())
    CsvSource().write(imported.documents, imported.questions, copy, WriteOptions(), imported.file_layout)
    assert copy.read_bytes() == content.encode()


def test_metadata_goes_back_into_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('channel,topic,text,"time"\nmail,a,x,\n,b,y,"noon"\n')
    imported = CsvSource().read(path, ReadOptions(label_column="topic"))
    copy = tmp_path / "b.csv"
    CsvSource().write(imported.documents, imported.questions, copy, WriteOptions(), imported.file_layout)
    assert copy.read_bytes() == path.read_bytes()


def test_a_new_answer_changes_exactly_its_cell(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text('text,topic\n"x",a\ny,\n')
    imported = CsvSource().read(path, ReadOptions())
    first, second = imported.documents
    answer = Annotation("c", second.document.id, "topic", "ann", labels=("b",))
    changed = LabelledDocument(second.document, (answer,))
    CsvSource().write([first, changed], imported.questions, copy, WriteOptions(), imported.file_layout)
    assert copy.read_text() == '"x",a\ny,b\n'.join(["text,topic\n", ""])


def test_a_new_table_has_id_text_the_question_and_metadata(tmp_path: Path) -> None:
    text, report = write(
        tmp_path, labelled("1", "x, y", "a", channel="mail"), LabelledDocument(Document("2", "z"))
    )
    assert text == 'id,text,topic,channel\n1,"x, y",a,mail\n2,z,,\n'
    assert (report.kept, report.adjusted, report.rejected) == (2, 0, 0)


def test_a_tsv_file_is_parted_by_tabs(tmp_path: Path) -> None:
    assert write(tmp_path, labelled("1", "x, y", "a"), name="b.tsv")[0] == "id\ttext\ttopic\n1\tx, y\ta\n"


def test_labels_of_a_textcat_multi_answer_are_parted_by_a_bar(tmp_path: Path) -> None:
    documents = [
        labelled("1", "x", "a", "b", question="tags"),
        labelled("2", "y", question="tags"),
        LabelledDocument(Document("3", "z")),
    ]
    text, _ = write(tmp_path, *documents, question=TAGS)
    assert text == "id,text,tags\n1,x,a|b\n2,y,|\n3,z,\n"


def test_a_label_with_a_bar_in_a_textcat_multi_answer_is_a_loss(tmp_path: Path) -> None:
    document = labelled("1", "x", "a|b", question="tags")
    with pytest.raises(SourceError, match="parts labels"):
        write(tmp_path, document, question=TAGS)
    text, report = write(tmp_path, document, question=TAGS, allow_loss=True)
    assert text == "id,text,tags\n1,x,\n"
    assert (report.kept, report.adjusted, report.rejected) == (0, 0, 1)


@pytest.mark.parametrize("cell", ['=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_written_as_they_are_unless_a_spreadsheet_shall_be_safe(
    tmp_path: Path, cell: str
) -> None:
    document = labelled("1", cell, "a")
    write(tmp_path, document)
    again = CsvSource().read(tmp_path / "b.csv", ReadOptions())
    assert again.documents[0].document.text == cell
    _, report = write(tmp_path, document, excel_safe=True)
    again = CsvSource().read(tmp_path / "b.csv", ReadOptions())
    assert again.documents[0].document.text == f"'{cell}"
    assert (report.kept, report.adjusted) == (0, 1)


def test_metadata_that_is_no_text_is_written_as_json_and_counted(tmp_path: Path) -> None:
    text, report = write(tmp_path, labelled("1", "x", "a", n=1.5, tags=["é"]))
    assert text == 'id,text,topic,n,tags\n1,x,a,1.5,"[""é""]"\n'
    assert (report.kept, report.adjusted) == (0, 1)


def test_metadata_named_like_another_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="names of other columns: topic"):
        write(tmp_path, labelled("1", "x", "a", **{"text ": 1, "topic": "b"}))


def test_spans_several_questions_and_no_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ner question"):
        write(tmp_path, labelled("1", "x", "a"), question=Question("entities", "ner"))
    with pytest.raises(SourceError, match="one question"):
        CsvSource().write([labelled("1", "x", "a")], (TOPIC, TAGS), tmp_path / "b", WriteOptions(), {})
    with pytest.raises(SourceError, match="no document"):
        write(tmp_path)


def test_annotators_who_disagree_are_refused_and_counted_once_with_loss(tmp_path: Path) -> None:
    first = labelled("1", "x", "a")
    other = replace(first.annotations[0], annotator="other", labels=("b",))
    both = LabelledDocument(first.document, (*first.annotations, other))
    with pytest.raises(SourceError, match="different ways"):
        write(tmp_path, both)
    text, report = write(tmp_path, both, allow_loss=True)
    assert text.endswith("1,x,b\n")
    assert report.total == report.rejected == 1


def test_an_answer_that_is_no_single_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not one to a textcat question"):
        write(tmp_path, labelled("1", "x", "a", "b"))


def test_a_character_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,topic\ncafé,a\n".encode("cp1252"))
    imported = CsvSource().read(path, ReadOptions(encoding="cp1252"))
    (first,) = imported.documents
    answer = replace(first.annotations[0], client_id="n", labels=("😀",))
    changed = [LabelledDocument(first.document, (answer,))]
    with pytest.raises(SourceError, match=r"line 2: '😀' cannot be written in cp1252") as caught:
        CsvSource().write(changed, imported.questions, path, WriteOptions(), imported.file_layout)
    assert "--encoding utf-8" in caught.value.hint
    assert path.read_bytes() == "text,topic\ncafé,a\n".encode("cp1252")
    utf8 = WriteOptions(encoding="utf-8")
    CsvSource().write(changed, imported.questions, path, utf8, imported.file_layout)
    assert path.read_bytes() == "text,topic\ncafé,😀\n".encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["banking77/train.csv", "banking77/test.csv", "clinc150/train.csv"])
def test_published_tables_come_back_byte_for_byte(tmp_path: Path, name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project (see WORKBENCH_DATA)")
    imported = CsvSource().read(path, ReadOptions())
    copy = tmp_path / path.name
    CsvSource().write(imported.documents, imported.questions, copy, WriteOptions(), imported.file_layout)
    assert copy.read_bytes() == path.read_bytes()
