"""Whatever the text and wherever its entities: column files give back what was put into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import Problem, SourceError
from workbench.sources import columns
from workbench.sources.column_source import ColumnSource
from workbench.sources.conll2003 import Conll2003Source
from workbench.sources.iob2 import Iob2Source
from workbench.sources.iob_schemes import Entity, tags_of

pytestmark = pytest.mark.slow
QUESTION = Question("entities", "ner")
SCHEMES = ("iob2", "iob1", "bioes", "bilou")
LABELS = ("PER", "PER-X", "O", "B-X", "x,y", "é😀", "<b>", "שלום")
# Emoji with joiners, flags, CJK, right to left, combining marks, and everything that some reader takes
# for a line end or a space; quotation marks, hashes and hyphens mean something in the format itself.
ODD = "aé\u0301👩\u200d🔬🇩🇪東京שלום\u202eمرحبا\u0e01\u0e33\u2028\u2029\x85\x0b\x0c\x1c\x1e\u00a0\u3000\u200b\ufeff"
characters = st.sampled_from(f"{ODD}\"'#-=_O. ") | st.characters(
    exclude_categories=["Cs"], exclude_characters="\0"
)
texts = st.text(st.sampled_from("\n\r\t ") | characters, min_size=1, max_size=30).filter(str.strip)
tokens = st.text(characters, min_size=1, max_size=6).map(
    lambda text: re.sub(r"[\t\r\n\ufeff]|^ +| +$", "_", text)
)


def word_bounds(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


@st.composite
def labelled_documents(draw: st.DrawFn) -> LabelledDocument:
    text = draw(texts)
    bounds = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = []
    for start, end in pairwise(bounds):
        core = text[start:end].strip()
        if core and draw(st.booleans()):
            first = start + text[start:end].index(core)
            spans.append(Span.of(text, first, first + len(core), draw(st.sampled_from(LABELS))))
    document_id = draw(st.text(characters | st.sampled_from("\n\t"), min_size=1, max_size=8))
    answer = Annotation("c", document_id, "entities", "ann", spans=tuple(spans))
    return LabelledDocument(Document(document_id, text), (answer,))


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[str], list[Entity]]:
    words = draw(st.lists(tokens, min_size=1, max_size=6))
    bounds = sorted(draw(st.sets(st.integers(0, len(words)), max_size=4)))
    entities = [
        Entity(first, end, draw(st.sampled_from(LABELS)))
        for first, end in pairwise(bounds)
        if draw(st.booleans())
    ]
    return words, entities


def file_of(blocks: list[str], newline: str, ends_with_newline: bool) -> str:
    text = "".join(blocks).replace("\n", newline)
    return text if ends_with_newline else text.rstrip("\r\n \t")


def block(words: list[str], entities: list[Entity], scheme: str, gap: str) -> str:
    tags = tags_of(entities, len(words), scheme)
    return "".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True)) + gap


def read(source: ColumnSource, folder: str, content: str, scheme: str) -> Imported:
    path = Path(folder) / "a.conll"
    path.write_bytes(content.encode())
    return source.read(path, ReadOptions(scheme=scheme))


def written(source: ColumnSource, imported: Imported, folder: str, scheme: str, **changed: object) -> str:
    path = Path(folder) / "b.conll"
    documents = changed.get("documents", imported.documents)
    source.write(
        documents,  # type: ignore[arg-type]
        imported.questions,
        path,
        WriteOptions(scheme=scheme),
        imported.file_layout,
    )
    return path.read_bytes().decode()


def answers(documents: tuple[LabelledDocument, ...]) -> Iterator[tuple[str, str, tuple[Span, ...]]]:
    for labelled in documents:
        yield labelled.document.id, labelled.document.text, labelled.annotations[0].spans


@settings(max_examples=200, deadline=None)
@given(
    st.lists(sentences(), min_size=1, max_size=5),
    st.lists(
        st.sampled_from(["\n", "\n\n", "\t\n", " \n\t\n", "\n# x\n\n", "-DOCSTART-\tO\n\n"]), min_size=5
    ),
    st.sampled_from(SCHEMES),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_a_file_comes_back_byte_for_byte_and_says_the_same_entities(
    parts: list[tuple[list[str], list[Entity]]], gaps: list[str], scheme: str, newline: str, final: bool
) -> None:
    blocks = [block(*part, scheme, gap) for part, gap in zip(parts, gaps, strict=False)]
    content = file_of(blocks, newline, final)
    with TemporaryDirectory() as folder:
        imported = read(Iob2Source(), folder, content, scheme)
        assert [d.document.text for d in imported.documents] == [" ".join(words) for words, _ in parts]
        for labelled, (words, entities) in zip(imported.documents, parts, strict=True):
            covered = [(span.covered, span.label) for span in labelled.annotations[0].spans]
            assert covered == [(" ".join(words[e.first : e.end]), e.label) for e in entities]
        assert written(Iob2Source(), imported, folder, scheme) == content


@settings(max_examples=100, deadline=None)
@given(st.lists(sentences(), min_size=2, max_size=5), st.data())
def test_deleting_sentences_removes_exactly_their_lines(
    parts: list[tuple[list[str], list[Entity]]], data: st.DataObject
) -> None:
    blocks = [block(*part, "iob2", "\n") for part in parts]
    left = sorted(data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1)))
    with TemporaryDirectory() as folder:
        imported = read(Iob2Source(), folder, "".join(blocks), "iob2")
        documents = [imported.documents[n] for n in left]
        text = written(Iob2Source(), imported, folder, "iob2", documents=documents)
        assert text == "".join(blocks[n] for n in left)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(labelled_documents(), min_size=1, max_size=4, unique_by=lambda labelled: labelled.document.id),
    st.sampled_from(SCHEMES),
    st.sampled_from([Iob2Source(word_bounds), Conll2003Source(word_bounds)]),
)
def test_documents_from_elsewhere_come_back_with_ids_texts_and_spans(
    documents: list[LabelledDocument], scheme: str, source: ColumnSource
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.conll"
        report = source.write(documents, (QUESTION,), path, WriteOptions(scheme=scheme), {})
        again = source.read(path, ReadOptions(scheme=scheme))
        assert list(answers(again.documents)) == list(answers(tuple(documents)))
        assert report.rejected == 0
        assert (report.unit, report.total) == ("documents", len(documents))
        copy = written(source, again, folder, scheme)
        assert copy == path.read_bytes().decode()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(tokens, st.sampled_from(["O", "B-A", "I-A", "E-A", "S-B", "I-B", "X"])), min_size=1)
)
@example([("\x0c", "O")])
def test_any_tags_are_read_or_refused_with_a_line(rows: list[tuple[str, str]]) -> None:
    content = "".join(f"{token}\t{tag}\n" for token, tag in rows)
    with TemporaryDirectory() as folder:
        for scheme in SCHEMES:
            problems: tuple[Problem, ...] = ()
            try:
                imported = read(Iob2Source(), folder, content, scheme)
            except SourceError as error:
                problems = error.problems
            assert all(1 <= (problem.line or 0) <= len(rows) for problem in problems)
            assert problems or written(Iob2Source(), imported, folder, scheme) == content


def test_the_round_trip_notices_a_reader_that_splits_at_every_line_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def split_everywhere(text: str) -> Iterator[tuple[str, str]]:
        for line in text.splitlines(keepends=True):
            bare = line.splitlines()[0]
            yield bare, line[len(bare) :]

    content = "a\u2028b\tB-PER\n\n"
    assert (
        written(Iob2Source(), read(Iob2Source(), str(tmp_path), content, "iob2"), str(tmp_path), "iob2")
        == content
    )
    monkeypatch.setattr(columns, "lines", split_everywhere)
    with pytest.raises(SourceError, match="no tag"):
        read(Iob2Source(), str(tmp_path), content, "iob2")
