"""What every source must do, whatever its format: the contract of the port `Source`.

To put another source under it, add it to SOURCES, and to SUFFIXES and READ_OPTIONS what it needs.
"""

from __future__ import annotations

import gzip
import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.ports import Source
from workbench.domain.questions import KINDS, Kind, Question
from workbench.domain.spans import Span
from workbench.errors import SourceError

SOURCES = [
    "workbench.sources.iob2:Iob2Source",
    "workbench.sources.conll2003:Conll2003Source",
    "workbench.sources.tables:CsvSource",
    "workbench.sources.jsonl:JsonLinesSource",
]
SUFFIXES = {"CsvSource": ".csv", "JsonLinesSource": ".jsonl"}
READ_OPTIONS: dict[str, dict[str, Any]] = {"CsvSource": {"label_column": "asked"}}
# Each of these must be among the kinds that the source can say.
SAYS: dict[str, set[Kind]] = {
    "Iob2Source": {"ner"},
    "Conll2003Source": {"ner"},
    "CsvSource": {"textcat", "textcat-multi"},
    "JsonLinesSource": {"textcat", "textcat-multi", "ner"},
}
TEXTS = {
    "plain": "Ada met Bob in Paris.",
    "emoji": "👩\u200d🔬 Ada met 🇩🇪 Bob",
    "right to left": "שלום Ada, مرحبا Bob",
    "combining": "Cafe\u0301 Ada na\u0308ive Bob",
    "unspaced": "東京でAdaがBobに",
    "odd ends": "Ada\u2028met\x85Bob\x0band\x0cleft\u00a0.",
    "markup": 'Ada <b>"Bob"</b> =1+1, # | ; -DOCSTART-',
    "lines": "Ada met\nBob\r\nand\tleft",
}
LABELS = ("person", "place")

pytestmark = [pytest.mark.slow, pytest.mark.torch]  # words of new documents come from spaCy


@pytest.fixture(params=SOURCES, ids=lambda target: target.partition(":")[2])
def name(request: pytest.FixtureRequest) -> str:
    return cast(str, request.param)


@pytest.fixture
def source(name: str) -> Source:
    module, _, attribute = name.partition(":")
    return cast(Source, getattr(importlib.import_module(module), attribute)())


@pytest.fixture
def path(name: str, tmp_path: Path) -> Path:
    return tmp_path / f"file{SUFFIXES.get(short(name), '.conll')}"


def short(name: str) -> str:
    return name.partition(":")[2]


def options(name: str, kind: Kind, **changed: Any) -> ReadOptions:
    return ReadOptions(**{"question": "asked", "kind": kind, **READ_OPTIONS.get(short(name), {}), **changed})


def documents(kind: Kind) -> list[LabelledDocument]:
    return [answered(kind, f"{title} / {n}", text) for n, (title, text) in enumerate(TEXTS.items())]


def answered(kind: Kind, document_id: str, text: str) -> LabelledDocument:
    labels: tuple[str, ...] = {"textcat": LABELS[:1], "textcat-multi": LABELS, "ner": ()}[kind]
    spans: tuple[Span, ...] = ()
    if kind == "ner":
        found = [(text.index(word), word, label) for word, label in zip(("Ada", "Bob"), LABELS, strict=True)]
        spans = tuple(sorted(Span.of(text, start, start + len(word), label) for start, word, label in found))
    answer = Annotation("c-" + document_id, document_id, "asked", "ann", labels=labels, spans=spans)
    return LabelledDocument(Document(document_id, text), (answer,))


def written(source: Source, name: str, path: Path, kind: Kind) -> Imported:
    source.write(documents(kind), (Question("asked", kind, LABELS),), path, WriteOptions(), {})
    return source.read(path, options(name, kind))


def one_kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind in SAYS[short(name)])


def said(found: LabelledDocument) -> tuple[Any, ...]:
    (answer,) = found.annotations
    return found.document.id, found.document.text, sorted(answer.labels), sorted(answer.spans)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_comes_back_exactly_or_is_refused(source: Source, name: str, path: Path, kind: Kind) -> None:
    if kind not in SAYS[short(name)]:
        with pytest.raises(SourceError):
            written(source, name, path, kind)
        assert not path.exists()
        return
    imported = written(source, name, path, kind)
    assert [said(found) for found in imported.documents] == [said(found) for found in documents(kind)]
    assert imported.questions == (
        Question("asked", kind, tuple(sorted(LABELS[: 1 if kind == "textcat" else 2]))),
    )
    report = imported.report
    assert (report.kept, report.adjusted, report.rejected) == (len(TEXTS), 0, 0)


def test_every_span_covers_what_it_says(source: Source, name: str, path: Path) -> None:
    for found in written(source, name, path, one_kind(name)).documents:
        assert all(span.fits(found.document.text) for a in found.annotations for span in a.spans)


def test_reading_twice_gives_the_same_ids(source: Source, name: str, path: Path) -> None:
    kind = one_kind(name)
    first, second = written(source, name, path, kind), source.read(path, options(name, kind))
    ids = [
        [(d.document.id, d.annotations[0].client_id) for d in found.documents] for found in (first, second)
    ]
    assert ids[0] == ids[1]
    assert len({client_id for _, client_id in ids[0]}) == len(TEXTS)


def test_what_was_read_is_written_again_as_the_same_file(source: Source, name: str, path: Path) -> None:
    imported = written(source, name, path, one_kind(name))
    before = path.read_bytes()
    source.write(imported.documents, imported.questions, path, WriteOptions(), imported.file_layout)
    assert path.read_bytes() == before


def test_labels_that_are_not_declared_are_refused_by_name(source: Source, name: str, path: Path) -> None:
    kind = one_kind(name)
    written(source, name, path, kind)
    with pytest.raises(SourceError, match="person"):
        source.read(path, options(name, kind, labels=("other",)))


def test_declared_labels_are_those_of_the_question(source: Source, name: str, path: Path) -> None:
    kind = one_kind(name)
    written(source, name, path, kind)
    declared = ("unused", *LABELS)
    assert source.read(path, options(name, kind, labels=declared)).questions[0].labels == declared


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04\x14\0",
        gzip.compress(b"x", mtime=0),
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfe\0\0",
        b"\0",
    ],
)
def test_what_is_not_the_format_is_refused(source: Source, name: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        source.read(path, options(name, one_kind(name)))
    assert caught.value.problems
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(source: Source, name: str, path: Path) -> None:
    with pytest.raises(SourceError):
        source.read(path, options(name, one_kind(name)))


def test_a_refused_write_leaves_the_old_file_and_nothing_beside_it(
    source: Source, name: str, path: Path
) -> None:
    path.write_text("old")
    kind = one_kind(name)
    broken = documents(kind)[0]
    wrong = replace(broken.annotations[0], labels=(), spans=(Span(0, 4, "person", "none"),))
    if kind != "ner":
        wrong = replace(broken.annotations[0], labels=(), spans=(Span(0, 3, "person", "Ada"),))
    with pytest.raises(SourceError):
        source.write(
            [LabelledDocument(broken.document, (wrong,))],
            (Question("asked", kind, LABELS),),
            path,
            WriteOptions(),
            {},
        )
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_writing_nothing_is_refused(source: Source, name: str, path: Path) -> None:
    with pytest.raises(SourceError):
        source.write([], (Question("asked", one_kind(name), LABELS),), path, WriteOptions(), {})
    assert not path.exists()
