"""JSON Lines: an object a document, or a JSON array of such objects.

    {"id": "t-1", "text": "Ada wrote.", "label": "praise", "meta": {"channel": "mail"}}
    {"id": "t-2", "text": "Ada wrote.", "labels": ["praise", "history"]}
    {"id": "t-3", "text": "Ada wrote.", "spans": [{"start": 0, "end": 3, "label": "person", "text": "Ada"}]}

`label` answers a textcat question, `labels` a textcat-multi one, `spans` a ner one; without the key, or
with null, nobody has answered. A file whose records have only the other one of `label` and `labels` is
understood, one that mixes them refused. Spans count code points, `[start, end)`; other tools' shapes of
them, under `entities`, `label` or `labels` too, are read as well (see `json_spans`). Fields that mean nothing
here become metadata and are named in a warning. Ids are strings or whole numbers; a record without
one is `<file stem>-<number of the record>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.questions import KINDS, Question
from workbench.errors import Problem, SourceError
from workbench.sources.answers import Chosen, Losses, chosen_answers, one_question
from workbench.sources.intake import BYTE_ORDER_MARK, Intake
from workbench.sources.json_records import ANSWER_KEYS, Record, RecordReader, answer_keys_of, kind_of
from workbench.sources.strict_json import parse_json
from workbench.sources.text_files import (
    checked_newline,
    encoding_to_write,
    lines,
    read_text,
    refused,
    write_text,
)

# Readers that split lines at these would cut a record in two.
LINE_ENDS_ELSEWHERE = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"}
SHAPE_HINT = "Each line must be one JSON object, or the whole file one array of such objects."


class JsonLinesSource:
    """Reads and writes JSON Lines; reads arrays of records as well and writes them back as arrays."""

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read all records. An object of the file is the record that `skip_bad` leaves out.

        Raises SourceError, with line or number of the record, for what is not strict JSON (see
        `parse_json`), has no text, or an answer that does not fit the text or the kind. The options
        `text_column`, `label_column` and `id_column` name other keys.
        """
        file = read_text(path, options.encoding)
        is_array = file.text.lstrip(" \t\r\n").startswith("[")
        records = _of_array(file.text, path) if is_array else _of_lines(file.text, path)
        if not records:
            raise refused(path, Problem("no-records", "There are 0 records in this file."))
        kind = kind_of((record.value for record in records), options, path)
        intake = Intake(path, options, kind, unit="records")
        if file.bom:
            intake.report.warn(BYTE_ORDER_MARK)
        keys = answer_keys_of([record.value for record in records], kind, options, path)
        reader = RecordReader(intake, options, keys)
        for number, record in enumerate(records, start=1):
            reader.take(record, number)
        reader.finish()
        intake.report.counts.update(records=len(records))
        layout = {"format": "jsonl", "array": is_array, "encoding": file.encoding, "bom": file.bom}
        return intake.imported(layout)

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, Any],
    ) -> ConversionReport:
        """Write a record a document, in the given order; `text` stands in every span as well.

        Lines of text are never cut: line breaks are escaped, as JSON has it, and so are U+0085, U+2028
        and U+2029. The report counts documents.
        """
        report = ConversionReport()
        losses = Losses(path, options, report)
        question = one_question(questions, KINDS, path, format_name="jsonl")
        chosen = chosen_answers(documents, question, losses)
        written = [_written(item, question, losses) for item in chosen]
        losses.check()
        if not written:
            raise refused(path, Problem("no-documents", "There is no document to write."))
        own = file_layout if file_layout.get("format") == "jsonl" else {}
        newline = checked_newline(options.newline)
        if own.get("array"):
            text = f"[{newline}{f',{newline}'.join(written)}{newline}]{newline}"
        else:
            text = newline.join([*written, ""])
        encoding, bom = encoding_to_write(
            options.encoding, own.get("encoding", "utf-8"), bom=own.get("bom", False)
        )
        write_text(path, text, encoding=encoding, bom=bom)
        return report


def _of_lines(text: str, path: Path) -> list[Record]:
    found = []
    for number, (line, _) in enumerate(lines(text), start=1):
        if not line.strip(" \t"):
            continue
        try:
            found.append(Record(parse_json(line.encode(), str(path), first_line=number), line=number))
        except SourceError as error:
            found.append(Record(None, line=number, problem=error.problems[0]))
    if found and found[0].problem:
        _refuse_one_value(text, path)
    return found


def _refuse_one_value(text: str, path: Path) -> None:
    """Raise SourceError when the lines that are no JSON are one JSON value together."""
    try:
        parse_json(text.encode(), str(path))
    except SourceError:
        return
    problem = Problem("shape", "The file is one JSON value over several lines, not one object a line.")
    raise refused(path, problem, hint=SHAPE_HINT)


def _of_array(text: str, path: Path) -> list[Record]:
    return [Record(value) for value in parse_json(text.encode(), str(path))]


def _written(item: Chosen, question: Question | None, losses: Losses) -> str:
    document, answer = item.document, item.answer
    record: dict[str, Any] = {"id": document.id, "text": document.text}
    if question is not None and answer is not None:
        if question.kind == "ner":
            record["spans"] = [
                {"start": span.start, "end": span.end, "label": span.label, "text": span.covered}
                for span in answer.spans
            ]
        else:
            labels = list(answer.labels)
            record[ANSWER_KEYS[question.kind]] = labels if question.kind == "textcat-multi" else labels[0]
    if document.metadata:
        record["meta"] = dict(document.metadata)
    losses.report.kept += not item.lost
    return json.dumps(record, ensure_ascii=False, allow_nan=False).translate(LINE_ENDS_ELSEWHERE)
