"""Whatever the text, label or metadata: CSV, TSV and JSON Lines give back what was put into them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Kind, Question
from workbench.domain.spans import Span
from workbench.sources.csv_rows import format_row, read_rows
from workbench.sources.jsonl import JsonLinesSource
from workbench.sources.tables import CsvSource

pytestmark = pytest.mark.slow
ODD = "aé\u0301👩\u200d🔬🇩🇪東京שלום\u202eمرحبا\u2028\u2029\x85\x0b\x0c\x1c\u00a0\u3000\u200b\ufeff\n\r\t \",;|'=+-@\\"
characters = st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"], exclude_characters="\0")
cells = st.text(characters, max_size=12)
texts = st.text(characters, min_size=1, max_size=30).filter(str.strip)
ids = st.text(characters, min_size=1, max_size=8)
labels = st.sampled_from(["a", "b c", 'say "x"', "x,y;z", "é😀", "<b>", "שלום", "=1", "-"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | cells,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(cells, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def labelled(draw: st.DrawFn, kind: Kind, metadata: st.SearchStrategy[dict[str, Any]]) -> LabelledDocument:
    text, document_id = draw(texts), draw(ids)
    document = Document(document_id, text, draw(metadata))
    if draw(st.integers(0, 3)) == 0:
        return LabelledDocument(document)
    given_labels: tuple[str, ...] = ()
    spans: set[Span] = set()
    if kind == "ner":
        for start in draw(st.lists(st.integers(0, len(text) - 1), max_size=4)):
            end = draw(st.integers(start + 1, len(text)))
            spans.add(Span.of(text, start, end, draw(labels)))
    else:
        most = 1 if kind == "textcat" else 3
        least = 1 if kind == "textcat" else 0
        given_labels = tuple(draw(st.lists(labels, min_size=least, max_size=most, unique=True)))
    answer = Annotation("c", document_id, "q", "ann", labels=given_labels, spans=tuple(sorted(spans)))
    return LabelledDocument(document, (answer,))


def documents_of(
    kind: Kind, metadata: st.SearchStrategy[dict[str, Any]]
) -> st.SearchStrategy[list[LabelledDocument]]:
    return st.lists(
        labelled(kind, metadata), min_size=1, max_size=4, unique_by=lambda found: found.document.id
    )


def said(documents: tuple[LabelledDocument, ...] | list[LabelledDocument]) -> list[Any]:
    return [
        (
            found.document.id,
            found.document.text,
            dict(found.document.metadata),
            (found.annotations[0].labels, found.annotations[0].spans) if found.annotations else None,
        )
        for found in documents
    ]


text_metadata = st.dictionaries(st.sampled_from(["m1", "m 2", "m,3"]), texts, max_size=2)
table_documents = st.sampled_from(["textcat", "textcat-multi"]).flatmap(
    lambda kind: st.tuples(st.just(kind), documents_of(kind, text_metadata))  # type: ignore[arg-type]
)
all_documents = st.sampled_from(["textcat", "textcat-multi", "ner"]).flatmap(
    lambda kind: st.tuples(st.just(kind), documents_of(kind, st.dictionaries(cells, values, max_size=3)))  # type: ignore[arg-type]
)


@settings(max_examples=300, deadline=None)
@given(table_documents, st.sampled_from(["a.csv", "a.tsv"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_documents_come_back_from_a_table(
    given_documents: tuple[Kind, list[LabelledDocument]], name: str, newline: str
) -> None:
    kind, documents = given_documents
    with TemporaryDirectory() as folder:
        path, copy = Path(folder) / name, Path(folder) / "copy.csv"
        question = Question("q", kind)
        report = CsvSource().write(documents, (question,), path, WriteOptions(newline=newline), {})
        options = ReadOptions(kind=kind, label_column="q", delimiter="\t" if name == "a.tsv" else ",")
        imported = CsvSource().read(path, options)
        assert said(imported.documents) == said(documents)
        assert (report.kept, report.total) == (len(documents), len(documents))
        CsvSource().write(imported.documents, imported.questions, copy, WriteOptions(), imported.file_layout)
        assert copy.read_bytes() == path.read_bytes()


@settings(max_examples=300, deadline=None)
@given(all_documents, st.booleans())
def test_documents_come_back_from_json(
    given_documents: tuple[Kind, list[LabelledDocument]], as_array: bool
) -> None:
    kind, documents = given_documents
    layout = {"format": "jsonl", "array": as_array}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        JsonLinesSource().write(documents, (Question("q", kind),), path, WriteOptions(), layout)
        imported = JsonLinesSource().read(path, ReadOptions(kind=kind))
        assert said(imported.documents) == said(documents)
        if not as_array:
            for line in path.read_bytes().decode().splitlines():
                json.loads(line)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
)
def test_rows_are_those_that_the_csv_module_writes(
    rows: list[list[str]], delimiter: str, quote_all: bool
) -> None:
    target = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(target, delimiter=delimiter, quoting=quoting).writerows(rows)
    found = list(read_rows(target.getvalue(), delimiter))
    assert [row.cells for row in found] == rows
    assert all(row.problem is None for row in found)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('a",\n\r;'), max_size=40))
def test_a_row_is_either_wrong_or_given_back_as_it_was(text: str) -> None:
    rows = list(read_rows(text, ","))
    if all(row.problem is None for row in rows):
        assert "".join(format_row(row.cells, ",", row.quoted) + row.ending for row in rows) == text
    assert [row.line for row in rows] == sorted({row.line for row in rows})
