"""JSON objects as documents with answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.domain.conversion import ReadOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Kind
from workbench.domain.spans import Span
from workbench.errors import InputError, Problem
from workbench.sources.intake import Answer, Intake
from workbench.sources.text_files import refused

ANSWER_KEYS: dict[Kind, str] = {"textcat": "label", "textcat-multi": "labels", "ner": "spans"}
SPAN_KEYS = {"start", "end", "label", "text"}
JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One value of a file, the line it stands on if lines count, and what was wrong with its JSON."""

    value: Any
    line: int | None = None
    problem: Problem | None = None


def kind_of(values: Iterable[Any], options: ReadOptions, path: Path) -> Kind | None:
    """Return the kind of question that the records answer, None when they answer none.

    Raises SourceError when they answer several and the options do not name one.
    """
    if options.kind:
        return options.kind
    if options.label_column:
        return "textcat"
    keys = {key for value in values if isinstance(value, dict) for key in value if value[key] is not None}
    kinds = [kind for kind, key in ANSWER_KEYS.items() if key in keys]
    if len(kinds) > 1:
        names = ", ".join(ANSWER_KEYS[kind] for kind in kinds)
        message = f"The records answer several questions: {names}."
        raise refused(path, Problem("kind", message), hint="Name the kind of the one to import.")
    return kinds[0] if kinds else None


def answer_key_of(values: Iterable[Any], kind: Kind | None, options: ReadOptions) -> tuple[str, str]:
    """Return the key of the answers, and the one that no record may have in its place ('' for none).

    Where no record has the usual key of its kind, that of the other kind of labels is taken.
    """
    if options.label_column or kind is None:
        return options.label_column, ""
    own = ANSWER_KEYS[kind]
    if kind == "ner":
        return own, ""
    other = ANSWER_KEYS["textcat" if kind == "textcat-multi" else "textcat-multi"]
    keys = {
        key
        for value in values
        if isinstance(value, dict)
        for key in (own, other)
        if value.get(key) is not None
    }
    return (other, "") if keys == {other} else (own, other)


class RecordReader:
    """Puts records into the intake one by one; `keys` as `answer_key_of` gives them."""

    def __init__(self, intake: Intake, options: ReadOptions, keys: tuple[str, str]) -> None:
        self._intake = intake
        self._text_key = options.text_column or "text"
        self._id_key = options.id_column or "id"
        self._answer_key, self._mistaken_key = keys

    def take(self, record: Record, number: int) -> None:
        """Take or refuse the record of this number, from 1."""
        if record.problem:
            self._intake.refuse(record.problem)
            return
        try:
            if not isinstance(record.value, dict):
                raise InputError(f"A record must be an object, not {json_name(record.value)}.")
            document = self._document(record.value, number)
            value = self._answered(record.value)
            answer, n_changes = self._answer(value, document.text)
        except InputError as error:
            problem = Problem("record", error.message, line=record.line, record=str(number))
            self._intake.refuse(problem)
            return
        self._intake.add(document, answer, line=record.line, record=str(number), adjusted=n_changes > 0)

    def _document(self, value: Mapping[str, Any], number: int) -> Document:
        if self._text_key not in value:
            found = ", ".join(repr(key[:60]) for key in list(value)[:20])
            raise InputError(f"There is no {self._text_key!r}. Keys found: {found or 'none'}.")
        text = value[self._text_key]
        if not isinstance(text, str):
            raise InputError(f"{self._text_key!r} must be a string, not {json_name(text)}.")
        document_id = f"{self._intake.stem}-{number}"
        if value.get(self._id_key) is not None:
            document_id = self._id(value[self._id_key])
        return Document(document_id, text, self._metadata(value))

    def _id(self, value: object) -> str:
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            self._intake.report.warn("ids that are numbers kept as text")
            return str(value)
        raise InputError(
            f"The id {str(value)[:80]!r} is neither a string with characters nor a whole number."
        )

    def _metadata(self, value: Mapping[str, Any]) -> dict[str, Any]:
        meta = value.get("meta")
        if meta is not None and not isinstance(meta, dict):
            raise InputError(f"'meta' must be an object, not {json_name(meta)}.")
        known = {self._text_key, self._id_key, self._answer_key, "meta"}
        others = {key: held for key, held in value.items() if key not in known}
        twice = sorted(set(others) & set(meta or ()))
        if twice:
            raise InputError(f"These stand in the record and in its 'meta': {', '.join(twice)}.")
        if others:
            self._intake.report.warn("records with further fields, kept as metadata")
        return {**(meta or {}), **others}

    def _answered(self, value: Mapping[str, Any]) -> Any:
        """Return what stands under the key of the answer. Raises InputError when another has it."""
        found = value.get(self._answer_key)
        if found is None and self._mistaken_key and value.get(self._mistaken_key) is not None:
            raise InputError(
                f"There is {self._mistaken_key!r} but no {self._answer_key!r}, which other records have. "
                f"If this one is not answered, say --label-column {self._answer_key}."
            )
        return found

    def _answer(self, value: Any, text: str) -> tuple[Answer | None, int]:
        """Return the answer and how many things in it had to be changed."""
        if value is None:
            return None, 0
        if self._intake.kind == "ner":
            return self._spans(_list(value, self._answer_key), text)
        labels = self._labels(value)
        for label in labels:
            if not isinstance(label, str):
                raise InputError(f"A label must be a string, not {json_name(label)}.")
        return tuple(labels), 0

    def _labels(self, value: Any) -> list[Any]:
        """Return the labels; under the key of the other kind both a label and a list of them may stand."""
        if self._intake.kind == "textcat":
            listed = value if self._answer_key == "labels" and isinstance(value, list) else [value]
            if len(listed) != 1:
                raise InputError(f"The answer to a textcat question is one label, not {len(listed)}.")
            return listed
        if self._answer_key == "label" and isinstance(value, str):
            return [value]
        return _list(value, self._answer_key)

    def _spans(self, values: list[Any], text: str) -> tuple[tuple[Span, ...], int]:
        spans = [span_in(value, text) for value in values]
        unique = tuple(sorted(set(spans)))
        n_twice = len(spans) - len(unique)
        if n_twice:
            self._intake.report.warn("spans that stand twice in a record, taken once", n_twice)
        n_more = sum(1 for value in values if set(value) - SPAN_KEYS)
        if n_more:
            self._intake.report.warn("spans with further fields, which are left out", n_more)
        return unique, n_twice + n_more


def span_in(value: Any, text: str) -> Span:
    """Return the span that an object says. Raises InputError when it does not fit the text."""
    if not isinstance(value, dict) or not {"start", "end", "label"} <= set(value):
        raise InputError(f"A span must be an object with start, end and label, not {str(value)[:80]}.")
    if not isinstance(value["label"], str):
        raise InputError(f"The label of a span must be a string, not {json_name(value['label'])}.")
    span = Span.of(text, whole(value["start"], "start"), whole(value["end"], "end"), value["label"])
    said = value.get("text")
    if said is not None and said != span.covered:
        raise InputError(
            f"The span [{span.start}, {span.end}) says {str(said)[:80]!r}, the text {span.covered[:80]!r}."
        )
    return span


def whole(value: Any, what: str) -> int:
    """Return a whole number; 3.0 is one, '3', 3.5, true and null are not, and raise InputError."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InputError(f"The {what} of a span must be a whole number, not {str(value)[:80]!r}.")


def json_name(value: Any) -> str:
    """Return the name that JSON has for the type of a value."""
    return JSON_NAMES[type(value)]


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{key!r} must be a list, not {json_name(value)}.")
    return value
