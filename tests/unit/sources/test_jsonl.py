"""JSON Lines and arrays in both directions (rows 28 to 41, 49, 50)."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.jsonl import JsonLinesSource


def read(tmp_path: Path, content: str | bytes, **options: object) -> Imported:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return JsonLinesSource().read(path, ReadOptions(**options))  # type: ignore[arg-type]


def refusal(tmp_path: Path, content: str | bytes, **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, content, **options)
    return caught.value


def write(tmp_path: Path, *documents: LabelledDocument, question: Question | None = None) -> str:
    path = tmp_path / "b.jsonl"
    questions = () if question is None else (question,)
    JsonLinesSource().write(documents, questions, path, WriteOptions(), {})
    return path.read_bytes().decode()


def record(**fields: Any) -> str:
    return json.dumps({"text": "Ada wrote.", **fields})


def test_labels_spans_and_metadata_are_read(tmp_path: Path) -> None:
    imported = read(tmp_path, '\n{"id": "t", "text": "Ada", "label": "x", "meta": {"n": [1, null]}}\n\n')
    (labelled,) = imported.documents
    assert labelled.document == Document("t", "Ada", {"n": [1, None]})
    assert labelled.annotations[0].labels == ("x",)
    assert imported.questions == (Question("label", "textcat", ("x",)),)
    assert imported.report.counts == {"records": 1}


def test_each_kind_has_its_key(tmp_path: Path) -> None:
    multi = read(tmp_path, record(labels=["b", "a"]) + "\n" + record(labels=[]) + "\n" + record(labels=None))
    assert [d.annotations[0].labels if d.annotations else None for d in multi.documents] == [
        ("b", "a"),
        (),
        None,
    ]
    assert multi.questions[0].kind == "textcat-multi"
    ner = read(tmp_path, record(spans=[{"start": 0, "end": 3.0, "label": "PER", "text": "Ada"}]))
    assert ner.documents[0].annotations[0].spans == (Span(0, 3, "PER", "Ada"),)
    assert ner.questions[0].kind == "ner"


def test_texts_alone_answer_no_question(tmp_path: Path) -> None:
    imported = read(tmp_path, record() + "\n" + record(id="x", label=None))
    assert imported.questions == ()
    assert [d.document.id for d in imported.documents] == ["a-1", "x"]


def test_records_that_answer_several_questions_need_a_kind(tmp_path: Path) -> None:
    content = record(label="x", spans=[])
    assert "label, spans" in refusal(tmp_path, content).message
    imported = read(tmp_path, content, kind="textcat")
    assert imported.documents[0].annotations[0].labels == ("x",)
    assert dict(imported.documents[0].document.metadata) == {"spans": []}


def test_other_keys_can_be_named(tmp_path: Path) -> None:
    content = '{"body": "x", "topic": "a", "key": 7}'
    imported = read(tmp_path, content, text_column="body", label_column="topic", id_column="key")
    assert imported.documents[0].document == Document("7", "x")
    assert imported.documents[0].annotations[0].labels == ("a",)


def test_further_fields_become_metadata_and_are_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, record(label="x", channel="mail", meta={"n": 1}))
    assert dict(imported.documents[0].document.metadata) == {"n": 1, "channel": "mail"}
    assert imported.report.warnings["records with further fields, kept as metadata: 'channel'"] == 1
    assert "n" in refusal(tmp_path, record(n=2, meta={"n": 1})).message


def test_json_cut_at_any_byte_is_refused_with_its_offset(tmp_path: Path) -> None:
    whole = json.dumps([{"id": str(n), "text": f"naïve café {n}", "label": "x"} for n in range(50)])
    content = whole.replace("\\u00ef", "ï").encode()
    for cut in random.Random(0).sample(range(1, len(content) - 1), 50):
        error = refusal(tmp_path, content[:cut])
        assert "at character" in error.message or "at byte" in error.message


def test_one_bad_line_is_refused_with_its_number_or_skipped(tmp_path: Path) -> None:
    content = "\n".join([record(label="x"), "", '{"text": "cut', record(id="z", label="y")])
    assert [problem.line for problem in refusal(tmp_path, content).problems] == [3]
    imported = read(tmp_path, content, skip_bad=True)
    assert [d.document.id for d in imported.documents] == ["a-1", "z"]
    report = imported.report
    assert (report.kept, report.adjusted, report.rejected, report.total) == (2, 0, 1, 3)
    assert report.rejects[0].line == 3


def test_an_array_is_read_as_its_records_and_written_back_as_one(tmp_path: Path) -> None:
    content = f"\ufeff [{record(id='1', label='x')},\n{record(id='2', label='y')}]"
    imported = read(tmp_path, content)
    assert [d.document.id for d in imported.documents] == ["1", "2"]
    path = tmp_path / "b.json"
    JsonLinesSource().write(
        imported.documents, imported.questions, path, WriteOptions(), imported.file_layout
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf[")
    assert len(json.loads(path.read_text(encoding="utf-8-sig"))) == 2


def test_one_object_over_several_lines_is_refused_with_a_hint(tmp_path: Path) -> None:
    error = refusal(tmp_path, json.dumps({"data": [{"text": "x"}]}, indent=1))
    assert "one JSON value over several lines" in error.message
    assert "array" in error.hint


@pytest.mark.parametrize("content", ["[]", "\n \n", "\n"])
def test_a_file_without_records_is_refused(tmp_path: Path, content: str) -> None:
    assert "0 records" in refusal(tmp_path, content).message


@pytest.mark.parametrize(
    "bad",
    [
        '{"text": "x", "text": "y"}',
        '{"text": "x", "meta": {"a": 1, "a": 1}}',
        '{"text": "x", "score": NaN}',
        '{"text": "x", "score": -Infinity}',
        '{"text": "x", "score": 1e999}',
        '{"text": "x", "n": ' + "9" * 5_000 + "}",
        '{"text": "x", "n": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"text": "x", "n": ' + "[" * 65 + "]" * 65 + "}",
        '{"text": "\\ud800"}',
        '{"text": "a\\u0000b"}',
        '{"text": "x"} {"text": "y"}',
        "{'text': 'x'}",
        '{"text": "tab\there"}',
        "text",
    ],
)
@pytest.mark.parametrize("as_array", [False, True])
def test_what_is_not_strict_json_is_refused_with_its_line(tmp_path: Path, bad: str, as_array: bool) -> None:
    good = record(label="x")
    content = f"[{good},\n{bad}]" if as_array else f"{good}\n{bad}\n"
    assert [problem.line for problem in refusal(tmp_path, content).problems] == [2]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ('"x"', "an object, not a string"),
        ("[1]", "an object, not a list"),
        ("null", "an object, not null"),
        ("{}", "Keys found: none"),
        ('{"Text": "x"}', "Keys found: 'Text'"),
        ('{"text": null}', "a string, not null"),
        ('{"text": 1}', "a string, not a number"),
        ('{"text": true}', "a string, not a truth value"),
        ('{"text": ["x"]}', "a string, not a list"),
        ('{"text": {}}', "a string, not an object"),
        ('{"text": "x", "id": 1.5}', "The id '1.5'"),
        ('{"text": "x", "id": ""}', "The id ''"),
        ('{"text": "x", "id": true}', "The id 'True'"),
        ('{"text": "x", "id": [1]}', "The id '[1]'"),
        ('{"text": "x", "meta": []}', "'meta' must be an object"),
        ('{"text": "x", "label": 3}', "a string, not a number"),
        ('{"text": "x", "label": ""}', "cannot be a label"),
    ],
)
def test_a_record_that_is_no_document_is_refused_with_its_number(tmp_path: Path, bad: str, told: str) -> None:
    error = refusal(tmp_path, f"{record(label='x')}\n{bad}\n", kind="textcat")
    (problem,) = error.problems
    assert problem.line == 2
    assert told in problem.message
    in_array = refusal(tmp_path, f"[{record(label='x')},\n{bad}]", kind="textcat").problems[0]
    assert in_array.record in ("2", "a-2")


@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "end": 11, "label": "P"},
        {"start": 3, "end": 0, "label": "P"},
        {"start": 1, "end": 1, "label": "P"},
        {"start": -1, "end": 3, "label": "P"},
        {"start": "0", "end": 3, "label": "P"},
        {"start": 0, "end": 3.5, "label": "P"},
        {"start": 0, "end": None, "label": "P"},
        {"start": False, "end": True, "label": "P"},
        {"start": 0, "end": 3, "label": None},
        {"start": 0, "end": 3},
        {"start": 0, "end": 3, "label": "P", "text": "Eve"},
        [0, 30, "P"],
        [3, 0, "P"],
        ["0", 3, "P"],
        ["P", 0, 3],
        [0, 3, "P", 1.0],
        {"start_offset": 0, "end_offset": 30, "label": "P"},
    ],
)
def test_a_span_that_does_not_fit_is_refused(tmp_path: Path, span: object) -> None:
    error = refusal(tmp_path, f"{record()}\n{record(spans=[span])}\n")
    assert [(problem.code, problem.line) for problem in error.problems] == [("record", 2)]


def test_a_span_whose_text_differs_is_refused_with_both(tmp_path: Path) -> None:
    error = refusal(tmp_path, record(spans=[{"start": 0, "end": 3, "label": "P", "text": "Eve"}]))
    assert "'Eve'" in error.message
    assert "'Ada'" in error.message


@pytest.mark.parametrize("key", ["label", "labels", "entities", "spans"])
@pytest.mark.parametrize(
    "span",
    [[0, 3, "P"], {"start": 0, "end": 3, "label": "P"}, {"start_offset": 0, "end_offset": 3, "label": "P"}],
)
def test_spans_are_read_in_the_shapes_of_other_tools(tmp_path: Path, key: str, span: object) -> None:
    content = f"{record(**{key: [span]})}\n{record(text='None.', **{key: []})}\n"
    for kind in ("ner", None):
        imported = read(tmp_path, content, kind=kind)
        first, second = imported.documents
        assert first.annotations[0].spans == (Span(0, 3, "P", "Ada"),)
        assert second.annotations[0].spans == ()
        assert dict(first.document.metadata) == {}
        empty = f"records whose {key!r} is an empty list, read as an answer without spans"
        assert imported.report.warnings == ({} if key == "spans" else {empty: 1})


def test_spans_under_several_keys_are_refused_until_one_is_named(tmp_path: Path) -> None:
    content = record(label=[[0, 3, "P"]], entities=[[0, 3, "Q"]])
    error = refusal(tmp_path, content, kind="ner")
    assert "entities, label" in error.message
    assert "--label-column" in error.hint
    imported = read(tmp_path, content, kind="ner", label_column="label")
    assert imported.documents[0].annotations[0].spans[0].label == "P"


def test_spans_under_another_key_than_most_have_are_refused_with_the_line(tmp_path: Path) -> None:
    content = f"{record(entities=[])}\n{record(label=[[0, 3, 'P']])}\n{record(spans=None)}\n"
    imported = read(tmp_path, content, kind="ner")
    assert [len(d.annotations) for d in imported.documents] == [0, 1, 0]
    mixed = f"{record(label=[[0, 3, 'P']])}\n{record(spans=[[0, 3, 'P']])}\n"
    assert "label" in refusal(tmp_path, mixed, kind="ner").message


def test_labels_of_the_text_are_no_spans_and_are_named_as_metadata(tmp_path: Path) -> None:
    content = f"{record(label='x', labels=['x'], entities=['Ada'])}\n{record(zone=1)}\n"
    imported = read(tmp_path, content, kind="ner")
    assert [len(d.annotations) for d in imported.documents] == [0, 0]
    named = "records with further fields, kept as metadata: 'label', 'labels', 'entities', 'zone'"
    assert imported.report.warnings[named] == 2


def test_spans_are_counted_in_code_points(tmp_path: Path) -> None:
    content = json.dumps({"text": "😀 Ada", "spans": [{"start": 2, "end": 5, "label": "P", "text": "Ada"}]})
    assert read(tmp_path, content).documents[0].annotations[0].spans[0].covered == "Ada"


def test_a_span_that_stands_twice_is_taken_once_and_counted(tmp_path: Path) -> None:
    span = {"start": 0, "end": 3, "label": "P"}
    imported = read(tmp_path, record(spans=[span, {**span, "score": 1}]))
    assert len(imported.documents[0].annotations[0].spans) == 1
    assert imported.report.adjusted == 1
    assert imported.report.warnings.total() == 2


@pytest.mark.parametrize(("given", "kept"), [(-5, "-5"), (2**63, str(2**63)), (0, "0"), ("a/b", "a/b")])
def test_ids_are_kept_as_text_and_never_cut(tmp_path: Path, given: object, kept: str) -> None:
    assert read(tmp_path, record(id=given)).documents[0].document.id == kept


def test_minus_zero_is_a_number(tmp_path: Path) -> None:
    assert read(tmp_path, '{"text": "x", "meta": {"n": -0}}').documents[0].document.metadata == {"n": 0}


def test_repeated_ids_are_skipped_or_refused(tmp_path: Path) -> None:
    same = record(id="1", label="x")
    imported = read(tmp_path, f"{same}\n{same}")
    assert (imported.report.kept, imported.report.rejected) == (1, 1)
    error = refusal(tmp_path, f'{same}\n{{"id": "1", "text": "other", "label": "x"}}')
    assert [(p.record, p.line) for p in error.problems] == [("1", 2)]


def test_empty_texts_are_left_out_and_counted(tmp_path: Path) -> None:
    imported = read(tmp_path, f'{record()}\n{{"text": ""}}\n{{"text": " \\n"}}')
    assert imported.report.warnings["empty texts left out"] == 2
    assert len(imported.documents) == 1


def test_unknown_labels_are_listed_with_their_counts(tmp_path: Path) -> None:
    content = "\n".join(record(id=str(n), labels=["a", label]) for n, label in enumerate("bbc"))
    assert "'b' (2), 'c' (1)" in refusal(tmp_path, content, labels=("a",)).message


def test_a_line_separator_stays_in_its_string(tmp_path: Path) -> None:
    assert read(tmp_path, '{"text": "a\u2028b\x85c"}').documents[0].document.text == "a\u2028b\x85c"


def test_what_is_written_is_one_line_a_document_for_every_reader(tmp_path: Path) -> None:
    answer = Annotation("c", "1", "e", "ann", spans=(Span(0, 1, "P", "a"),))
    document = Document("1", "a\u2028b\x85\n\x0b\u2029c", {"n": 1})
    text = write(tmp_path, LabelledDocument(document, (answer,)), question=Question("e", "ner"))
    assert len(text.splitlines()) == 1
    again = read(tmp_path, text)
    assert again.documents[0].document == document
    assert again.documents[0].annotations[0].spans == answer.spans


def test_a_document_without_an_answer_has_no_key_for_one(tmp_path: Path) -> None:
    assert write(tmp_path, LabelledDocument(Document("1", "x")), question=Question("e", "ner")) == (
        '{"id": "1", "text": "x"}\n'
    )


def test_no_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no document"):
        write(tmp_path)


@pytest.mark.slow
def test_a_text_of_10_million_characters_is_taken_and_a_longer_one_refused(tmp_path: Path) -> None:
    limit = 10 * 1024 * 1024
    assert len(read(tmp_path, record(text="x" * limit)).documents[0].document.text) == limit
    assert refusal(tmp_path, record(text="x" * (limit + 1))).problems[0].code == "too-long"


@pytest.mark.slow
def test_100_000_records_are_read_in_seconds(tmp_path: Path) -> None:
    content = "\n".join(record(id=str(n), label=f"l{n % 9}") for n in range(100_000))
    began = time.process_time()
    assert read(tmp_path, content).report.kept == 100_000
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    ("kind", "field", "labels"),
    [
        ("textcat-multi", {"label": "x"}, ("x",)),
        ("textcat-multi", {"label": ["x", "y"]}, ("x", "y")),
        ("textcat-multi", {"label": []}, ()),
        ("textcat", {"labels": ["x"]}, ("x",)),
        ("textcat", {"labels": "x"}, ("x",)),
    ],
)
def test_the_key_of_the_other_kind_of_labels_is_an_answer_too(
    tmp_path: Path, kind: str, field: dict[str, object], labels: tuple[str, ...]
) -> None:
    imported = read(tmp_path, record(**field) + "\n" + record(id="open"), kind=kind)
    assert imported.documents[0].annotations[0].labels == labels
    assert imported.documents[0].document.metadata == {}
    assert imported.documents[1].annotations == ()


def test_several_labels_are_no_answer_to_a_textcat_question(tmp_path: Path) -> None:
    error = refusal(tmp_path, record(labels=["x", "y"]), kind="textcat")
    assert "one label, not 2" in error.message


def test_records_that_mix_the_two_keys_of_labels_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    content = record(labels=["x"]) + "\n" + record(id="two", label="y")
    error = refusal(tmp_path, content, kind="textcat-multi")
    assert [problem.line for problem in error.problems] == [2]
    assert "--label-column labels" in error.message
    imported = read(tmp_path, content, kind="textcat-multi", label_column="labels")
    assert [len(found.annotations) for found in imported.documents] == [1, 0]
    both = read(tmp_path, record(labels=["x"], label="y"), kind="textcat-multi")
    assert both.documents[0].annotations[0].labels == ("x",)
