"""Predictions for a file of texts: .txt (one a line), .csv or .tsv (a column), .jsonl or .json (a field)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workbench.config import LIMITS, MEBIBYTE
from workbench.errors import InputError, Problem, SourceError, UnknownNameError
from workbench.serving.bundle import Bundle

FILE_CHUNK = 1024
JSON_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class InputText:
    """A text, the line it begins on (from 1), and its id when the file gives one."""

    line: int
    text: str
    id: str | None = None


def predict_file(bundle: Bundle, path: Path, *, text_column: str = "text") -> Iterator[dict[str, Any]]:
    """Give one record a text of the file, in file order: line, id (where there is one), text and answer.

    The answer is `labels`, or `entities` for ner; it is None for a text of white space alone, as an
    empty line, of which a model can say nothing. The whole file is checked before the first record is
    given; raises as `read_texts`.
    """
    items = read_texts(path, text_column=text_column)
    nothing = {"entities" if bundle.question.kind == "ner" else "labels": None}
    for start in range(0, len(items), FILE_CHUNK):
        chunk = items[start : start + FILE_CHUNK]
        said = iter(bundle.predict([item.text for item in chunk if item.text.strip()]))
        for item in chunk:
            name = {} if item.id is None else {"id": item.id}
            answer = next(said).as_json() if item.text.strip() else nothing
            yield {"line": item.line, **name, "text": item.text, **answer}


def read_texts(path: Path, *, text_column: str = "text") -> list[InputText]:
    """Return the texts of a file, in file order.

    Lines end at LF or CRLF only. An empty line of a .txt file is an empty text, so that line numbers
    and predictions stay side by side. Raises SourceError with every bad line, or InputError.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnknownNameError("kind of input file", path.suffix or path.name, READERS)
    content = _content(path)
    problems: list[Problem] = []
    texts = list(reader(content, text_column, problems))
    for item in texts:
        problems.extend(_problems(item))
    if problems:
        raise SourceError(path.name, sorted(problems, key=lambda problem: problem.line or 0))
    if not texts:
        raise InputError("The file holds no texts.", where=path.name)
    return texts


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > LIMITS.file_bytes:
            limit = LIMITS.file_bytes // MEBIBYTE
            raise InputError(f"The file is larger than {limit} MiB.", where=path.name, hint="Split it.")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8: see byte {error.start}.", where=path.name, hint="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", where=str(path)) from error


def _problems(item: InputText) -> Iterator[Problem]:
    if "\0" in item.text:
        yield Problem("nul", "The text holds a NUL character.", item.line)
    if len(item.text) > LIMITS.text_characters:
        yield Problem("long", f"The text is longer than {LIMITS.text_characters} characters.", item.line)
    if any("\ud800" <= character <= "\udfff" for character in item.text):
        yield Problem("surrogate", "The text holds half of a surrogate pair.", item.line)


def _lines(content: str) -> list[str]:
    """Split at LF and CRLF only: a line separator inside a text is text."""
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _plain(content: str, _: str, __: list[Problem]) -> Iterator[InputText]:
    for number, line in enumerate(_lines(content), 1):
        yield InputText(number, line)


def _table(
    content: str, text_column: str, problems: list[Problem], *, delimiter: str = ","
) -> Iterator[InputText]:
    csv.field_size_limit(LIMITS.text_characters)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        columns = next(rows, [])
        if columns.count(text_column) != 1:
            problems.append(_column_problem(columns, text_column))
            return
        place, begins = columns.index(text_column), rows.line_num + 1
        for row in rows:
            if len(row) == len(columns):
                name = row[columns.index("id")] if "id" in columns else None
                yield InputText(begins, row[place], name)
            elif row:
                problems.append(
                    Problem("cells", f"The row has {len(row)} cells, the header {len(columns)}.", begins)
                )
            begins = rows.line_num + 1
    except csv.Error as error:
        problems.append(Problem("csv", f"The row that begins here is not readable: {error}.", begins))


def _column_problem(columns: list[str], wanted: str) -> Problem:
    found = ", ".join(columns[:50]) or "none"
    count = "more than one column" if wanted in columns else "no column"
    return Problem("column", f"There is {count} '{wanted}'. Columns, parted by commas: {found}.", 1)


def _json_lines(content: str, text_field: str, problems: list[Problem]) -> Iterator[InputText]:
    for number, line in enumerate(_lines(content), 1):
        if not line.strip():
            continue
        try:
            record = JSON.decode(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem("json", f"Not readable as JSON: {error}.", number))
            continue
        item = _record(record, number, text_field)
        if isinstance(item, Problem):
            problems.append(item)
        else:
            yield item


def _json_list(content: str, text_field: str, problems: list[Problem]) -> Iterator[InputText]:
    """Yield the texts of a JSON list of strings, or of objects as in JSON Lines."""
    if not content.lstrip(JSON_SPACE).startswith("["):
        message = f'The file must be a list of texts, or of objects with "{text_field}"'
        problems.append(Problem("list", f"{message}. One object a line is a .jsonl file.", 1))
        return
    try:
        for line, value in _items(content):
            item = InputText(line, value) if isinstance(value, str) else _record(value, line, text_field)
            if isinstance(item, Problem):
                problems.append(item)
            else:
                yield item
    except json.JSONDecodeError as error:
        problems.append(Problem("json", f"Not readable as JSON: {error.msg}.", error.lineno))


def _items(content: str) -> Iterator[tuple[int, Any]]:
    """Yield each item of a JSON list and the line it begins on. Raises JSONDecodeError."""
    line, counted = 1, 0
    place = _behind_space(content, content.index("[") + 1)
    is_open = not content.startswith("]", place)
    while is_open:
        line, counted = line + content.count("\n", counted, place), place
        try:
            value, end = JSON.raw_decode(content, place)
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), content, place) from error
        yield line, value
        place = _behind_space(content, end)
        is_open = content.startswith(",", place)
        if not is_open and not content.startswith("]", place):
            raise json.JSONDecodeError("a comma or the end of the list is missing", content, place)
        place = _behind_space(content, place + 1) if is_open else place
    behind = _behind_space(content, place + 1)
    if behind < len(content):
        raise json.JSONDecodeError("something follows the list", content, behind)


def _behind_space(content: str, place: int) -> int:
    while place < len(content) and content[place] in JSON_SPACE:
        place += 1
    return place


def _record(record: Any, line: int, text_field: str) -> InputText | Problem:
    """Return the text of a JSON object, or what is wrong with it."""
    text, name = (record.get(text_field), record.get("id")) if isinstance(record, dict) else (None, None)
    if not isinstance(text, str):
        return Problem("text", f'This must be an object with a string "{text_field}".', line)
    if type(name) not in (str, int, type(None)):
        return Problem("id", "An id must be a string or a whole number.", line)
    return InputText(line, text, None if name is None else str(name))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a finite number")


JSON = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number)
Reader = Callable[[str, str, list[Problem]], Iterator[InputText]]
READERS: dict[str, Reader] = {
    ".txt": _plain,
    ".csv": _table,
    ".tsv": partial(_table, delimiter="\t"),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_list,
}
