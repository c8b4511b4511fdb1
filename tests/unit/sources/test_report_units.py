"""A report counts records of one unit, and says which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench import catalog
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span

CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="topic" toName="text">'
    '<Choice value="a"/></Choices></View>'
)


@pytest.mark.parametrize(
    ("format_name", "file", "content", "words"),
    [
        ("iob2", "in.conll", "Ann\tB-PER\n\nOslo\tB-LOC\n", "2 sentences kept"),
        ("conll2003", "in.conll", "Ann NNP I-NP O\n", "1 sentence kept"),
        ("csv", "in.csv", "text,topic\none,a\ntwo,a\n", "2 rows kept"),
        ("jsonl", "in.jsonl", '{"text": "one"}\n{"text": "two"}\n', "2 records kept"),
        ("label-studio", "in.json", json.dumps([{"id": 1, "data": {"text": "one"}}]), "1 task kept"),
    ],
)
def test_an_import_counts_what_the_format_calls_its_records(
    tmp_path: Path, format_name: str, file: str, content: str, words: str
) -> None:
    (tmp_path / "config.xml").write_text(CONFIG)
    (tmp_path / file).write_text(content)
    report = catalog.source(format_name).read(tmp_path / file, ReadOptions()).report
    assert report.in_words() == f"{words}, 0 adjusted, 0 rejected"


@pytest.mark.parametrize("format_name", ["csv", "jsonl", "label-studio"])
def test_an_export_counts_documents(tmp_path: Path, format_name: str) -> None:
    report = write(tmp_path, format_name, Question("topic", "textcat", ("a",)), answer("ann", labels=("a",)))
    assert report.in_words() == "1 document kept, 0 adjusted, 0 rejected"


def test_a_document_with_two_losses_is_rejected_once(tmp_path: Path) -> None:
    spans = (Span(0, 3, "a", "Bob"),)
    both = (answer("ann", labels=("a",)), answer("bob", spans=spans))
    question = Question("topic", "textcat", ("a",))
    report = write(tmp_path, "jsonl", question, *both, allow_loss=True)
    assert report.total == report.rejected == 1
    assert [problem.code for problem in report.rejects] == ["disagreement", "answer"]


def answer(annotator: str, *, labels: tuple[str, ...] = (), spans: tuple[Span, ...] = ()) -> Annotation:
    return Annotation(annotator, "d", "topic", annotator, labels=labels, spans=spans)


def write(
    tmp_path: Path, format_name: str, question: Question, *answers: Annotation, **options: bool
) -> ConversionReport:
    documents = [LabelledDocument(Document("d", "Ann"), answers)]
    path, chosen = tmp_path / "out", WriteOptions(**options)  # type: ignore[arg-type]
    return catalog.source(format_name).write(documents, (question,), path, chosen, {})
