"""Documents to lines: what changes when an answer changes, and what tags cannot say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import InputError, SourceError
from workbench.sources.column_source import ColumnSource
from workbench.sources.conll2003 import Conll2003Source
from workbench.sources.iob2 import Iob2Source

QUESTION = Question("entities", "ner", ("PER", "LOC"))
FILE = (
    "# about\n\n# id = x\nAda\tB-PER\nLovelace\tI-PER\n\t\n"
    "in\tO\nNew\tB-LOC\nYork\tI-LOC\n\n\n-DOCSTART-\tO\n\nBob\tB-PER"
)


def word_bounds(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def answered(text: str, *spans: tuple[int, int, str], document_id: str = "d") -> LabelledDocument:
    answer = Annotation(
        "c", document_id, "entities", "ann", spans=tuple(Span.of(text, *span) for span in spans)
    )
    return LabelledDocument(Document(document_id, text), (answer,))


def read(tmp_path: Path, content: str = FILE) -> Imported:
    path = tmp_path / "a.conll"
    path.write_bytes(content.encode())
    return Iob2Source().read(path, ReadOptions())


def write(
    tmp_path: Path, *documents: LabelledDocument, source: ColumnSource | None = None, **options: object
) -> tuple[str, ConversionReport]:
    path = tmp_path / "b.conll"
    report = (source or Iob2Source(word_bounds)).write(
        documents,
        (QUESTION,),
        path,
        WriteOptions(**options),  # type: ignore[arg-type]
        {},
    )
    return path.read_bytes().decode(), report


def rewritten(tmp_path: Path, imported: Imported, documents: list[LabelledDocument]) -> str:
    path = tmp_path / "b.conll"
    Iob2Source().write(documents, imported.questions, path, WriteOptions(), imported.file_layout)
    return path.read_bytes().decode()


def relabelled(labelled: LabelledDocument, *spans: Span) -> LabelledDocument:
    newer = replace(labelled.annotations[0], client_id="newer", spans=spans)
    return LabelledDocument(labelled.document, (*labelled.annotations, newer))


def test_relabelling_an_entity_changes_exactly_its_lines(tmp_path: Path) -> None:
    imported = read(tmp_path)
    first, *others = imported.documents
    changed = relabelled(first, Span.of(first.document.text, 0, 12, "LOC"))
    expected = FILE.replace("Ada\tB-PER\nLovelace\tI-PER", "Ada\tB-LOC\nLovelace\tI-LOC")
    assert rewritten(tmp_path, imported, [changed, *others]) == expected


@pytest.mark.parametrize(
    ("place", "lines"),
    [
        (0, "# id = x\nAda\tB-PER\nLovelace\tI-PER\n\t\n"),
        (1, "in\tO\nNew\tB-LOC\nYork\tI-LOC\n\n\n"),
        (2, "Bob\tB-PER"),
    ],
)
def test_deleting_a_sentence_removes_exactly_it(tmp_path: Path, place: int, lines: str) -> None:
    imported = read(tmp_path)
    left = [labelled for n, labelled in enumerate(imported.documents) if n != place]
    assert rewritten(tmp_path, imported, left) == FILE.replace(lines, "")


def test_a_sentence_behind_the_last_one_is_parted_from_it(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\n\nb\tO")
    assert rewritten(tmp_path, imported, list(reversed(imported.documents))) == "b\tO\n\na\tO\n\n"


def test_a_span_inside_a_token_cuts_its_line_and_keeps_the_text(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\r\nxyz\tO\r\n\r\nb\tO\r\n")
    first, second = imported.documents
    changed = relabelled(first, Span.of("a xyz", 3, 4, "PER"))
    text = rewritten(tmp_path, imported, [changed, second])
    assert text == "# text = a xyz\r\na\tO\r\nx\tO\r\ny\tB-PER\r\nz\tO\r\n\r\nb\tO\r\n"
    again = Iob2Source().read(tmp_path / "b.conll", ReadOptions())
    assert again.documents[0].document.text == "a xyz"
    assert again.documents[0].annotations[0].spans == changed.annotations[-1].spans


def test_a_token_that_holds_a_space_is_cut_there_when_a_span_ends_inside_it(tmp_path: Path) -> None:
    imported = read(tmp_path, "New York\tB-LOC\nis\tO\n")
    changed = relabelled(imported.documents[0], Span.of("New York is", 4, 8, "LOC"))
    text = rewritten(tmp_path, imported, [changed])
    assert text == "New\tO\nYork\tB-LOC\nis\tO\n"
    again = Iob2Source().read(tmp_path / "b.conll", ReadOptions())
    assert again.documents[0].annotations[0].spans == changed.annotations[-1].spans


def test_a_document_from_elsewhere_gets_its_id_and_text(tmp_path: Path) -> None:
    text, report = write(tmp_path, answered("Hi, Ada.\nBye", (4, 7, "PER"), document_id=" q "))
    assert text == ('# id = " q "\n# text = "Hi, Ada.\\nBye"\nHi\tO\n,\tO\nAda\tB-PER\n.\tO\nBye\tO\n\n')
    assert (report.kept, report.adjusted, report.rejected) == (1, 0, 0)
    assert report.counts == {"sentences": 1, "tokens": 5, "entities": 1}


def test_a_span_that_cuts_words_is_written_exactly_and_counted(tmp_path: Path) -> None:
    text, report = write(tmp_path, answered("AliceBob went", (0, 5, "PER"), (5, 8, "PER")))
    assert "Alice\tB-PER\nBob\tB-PER\nwent\tO" in text
    assert (report.kept, report.adjusted, report.rejected) == (0, 1, 0)


def test_overlapping_spans_are_refused_unless_loss_is_allowed(tmp_path: Path) -> None:
    nested = answered("Bank of England", (0, 15, "LOC"), (8, 15, "PER"))
    with pytest.raises(SourceError, match=r"record d: The span \[8, 15\) 'PER' overlaps a longer one"):
        write(tmp_path, nested)
    assert not (tmp_path / "b.conll").exists()
    text, report = write(tmp_path, nested, allow_loss=True)
    assert "Bank\tB-LOC\nof\tI-LOC\nEngland\tI-LOC" in text
    assert (report.kept, report.adjusted, report.rejected) == (0, 1, 0)
    assert "overlaps a longer one" in report.rejects[0].message


@pytest.mark.parametrize(("span", "left"), [((0, 4), (0, 3)), ((3, 7), (4, 7)), ((3, 4), None)])
def test_white_space_at_the_ends_of_a_span_is_a_loss(
    tmp_path: Path, span: tuple[int, int], left: tuple[int, int] | None
) -> None:
    labelled = answered("Bob met", (*span, "PER"))
    with pytest.raises(SourceError, match="begins or ends with white space"):
        write(tmp_path, labelled)
    _, report = write(tmp_path, labelled, allow_loss=True)
    assert (report.adjusted, report.rejected, len(report.rejects)) == (1, 0, 0 if left else 1)
    again = Iob2Source().read(tmp_path / "b.conll", ReadOptions())
    assert [(s.start, s.end) for s in again.documents[0].annotations[0].spans] == ([left] if left else [])


@pytest.mark.parametrize("label", ["-X", "two words"])
def test_a_label_that_no_tag_of_the_file_can_hold_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(SourceError, match="cannot be part of a tag"):
        write(tmp_path, answered("Bob", (0, 3, label)), source=Conll2003Source(word_bounds))


def test_a_document_that_nobody_answered_is_not_said_to_be_without_entities(tmp_path: Path) -> None:
    open_document = LabelledDocument(Document("open", "Bob"))
    with pytest.raises(SourceError, match="record open: Nobody has answered"):
        write(tmp_path, answered("Ada"), open_document)
    text, report = write(tmp_path, answered("Ada"), open_document, allow_loss=True)
    assert "open" not in text
    assert report.rejected == 1


@pytest.mark.parametrize("status", ["skipped", "draft", "withdrawn"])
def test_what_is_no_answer_is_not_written(tmp_path: Path, status: str) -> None:
    labelled = answered("Bob", (0, 3, "PER"))
    skip = replace(labelled.annotations[0], status=status)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="Nobody has answered"):
        write(tmp_path, LabelledDocument(labelled.document, (*labelled.annotations, skip)))


def test_annotators_who_disagree_are_refused_and_the_newest_wins_with_loss(tmp_path: Path) -> None:
    labelled = answered("Bob", (0, 3, "PER"))
    other = replace(labelled.annotations[0], annotator="other", spans=(Span(0, 3, "LOC", "Bob"),))
    both = LabelledDocument(labelled.document, (*labelled.annotations, other))
    with pytest.raises(SourceError, match="2 annotators answer 'entities' in different ways"):
        write(tmp_path, both)
    text, report = write(tmp_path, both, allow_loss=True)
    assert "Bob\tB-LOC" in text
    assert report.total == report.rejected == 1


def test_the_report_of_an_export_counts_documents_and_not_their_spans(tmp_path: Path) -> None:
    documents = [
        answered("Bob met Ada", (0, 3, "PER"), (8, 11, "PER"), document_id="one"),
        answered("AliceBob", (0, 5, "PER"), (5, 8, "PER"), document_id="two"),
        LabelledDocument(Document("three", "nobody has answered")),
    ]
    _, report = write(tmp_path, *documents, allow_loss=True)
    assert report.unit == "documents"
    assert (report.kept, report.adjusted, report.rejected) == (1, 1, 1)


def test_an_answer_about_a_part_of_the_text_is_refused(tmp_path: Path) -> None:
    labelled = answered("Bob met Ada", (0, 3, "PER"))
    part = replace(labelled.annotations[0], scope=((0, 3),))
    with pytest.raises(SourceError, match=r"a part of the text only[\s\S]*mark all of the text"):
        write(tmp_path, LabelledDocument(labelled.document, (part,)))


def test_a_span_that_does_not_fit_its_text_is_refused(tmp_path: Path) -> None:
    labelled = answered("Bob met Ada", (0, 3, "PER"))
    with pytest.raises(SourceError, match="says 'Bob', the text 'Eve'"):
        write(tmp_path, LabelledDocument(Document("d", "Eve met Ada"), labelled.annotations))


def test_stored_tokens_that_do_not_fit_the_text_are_refused(tmp_path: Path) -> None:
    labelled = read(tmp_path).documents[0]
    broken = {**(labelled.document.layout or {}), "words": [0, 3, 2, 5]}
    document = replace(labelled.document, layout=broken)
    with pytest.raises(SourceError, match="do not fit"):
        write(tmp_path, LabelledDocument(document, labelled.annotations))


def test_an_empty_text_a_repeated_id_or_no_document_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no word"):
        write(tmp_path, answered(" \n"))
    with pytest.raises(SourceError, match="repeats an id"):
        write(tmp_path, answered("a"), answered("b"))
    with pytest.raises(SourceError, match="no document"):
        write(tmp_path)


def test_a_question_of_another_kind_or_several_are_refused(tmp_path: Path) -> None:
    topic = Question("topic", "textcat", ("a", "b"))
    for questions, reason in [((topic,), "textcat"), ((QUESTION, topic), "one question")]:
        with pytest.raises(SourceError, match=reason):
            Iob2Source().write([answered("a")], questions, tmp_path / "b", WriteOptions(), {})


def test_a_word_that_looks_like_a_docstart_line_stays_a_word(tmp_path: Path) -> None:
    source = Iob2Source(lambda text: [match.span() for match in re.finditer(r"\S+", text)])
    write(tmp_path, answered("-DOCSTART- # x", (0, 10, "PER")), source=source)
    again = source.read(tmp_path / "b.conll", ReadOptions())
    assert again.documents[0].document.text == "-DOCSTART- # x"
    assert again.documents[0].annotations[0].spans[0].covered == "-DOCSTART-"


def test_tokens_of_an_iob2_file_are_kept_in_a_conll2003_file(tmp_path: Path) -> None:
    imported = read(tmp_path, "New York\tB-LOC\ncan't\tO\n")
    path = tmp_path / "c.conll"
    Conll2003Source().write(
        imported.documents, imported.questions, path, WriteOptions(), imported.file_layout
    )
    assert path.read_text() == (
        "# id = a-1\n# text = New York can't\nNew -X- _ B-LOC\nYork -X- _ I-LOC\ncan't -X- _ O\n\n"
    )


def test_ids_that_the_file_cannot_hold_are_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, "a\tO\n\nb\tO\n")
    path = tmp_path / "other.conll"
    report = Iob2Source().write(
        imported.documents, imported.questions, path, WriteOptions(), imported.file_layout
    )
    assert report.warnings["ids not written: the file they came from holds none"] == 2
    report = Iob2Source().write(
        imported.documents, imported.questions, tmp_path / "a.conll", WriteOptions(), imported.file_layout
    )
    assert not report.warnings


def test_the_newline_of_new_files_is_an_option(tmp_path: Path) -> None:
    assert "a\tO\r\n\r\n" in write(tmp_path, answered("a"), newline="\r\n")[0]
    with pytest.raises(InputError, match="cannot end a line"):
        write(tmp_path, answered("a"), newline=";")


@pytest.mark.parametrize("scheme", ["iob1", "bioes", "bilou"])
def test_another_scheme_is_written_when_it_is_asked_for(tmp_path: Path, scheme: str) -> None:
    text, _ = write(tmp_path, answered("a b", (0, 1, "PER"), (2, 3, "PER")), scheme=scheme)
    expected = {"iob1": ("I", "B"), "bioes": ("S", "S"), "bilou": ("U", "U")}[scheme]
    assert f"a\t{expected[0]}-PER\nb\t{expected[1]}-PER\n" in text


@pytest.mark.slow
@pytest.mark.torch
def test_words_come_from_the_tokeniser_when_there_are_none(tmp_path: Path) -> None:
    text, report = write(tmp_path, answered("Hello, Ada!", (7, 10, "PER")), source=Iob2Source())
    assert "Hello\tO\n,\tO\nAda\tB-PER\n!\tO\n" in text
    assert report.kept == 1
