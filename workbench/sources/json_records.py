"""JSON objects as documents with answers."""

from __future__ import annotations

from collections import Counter
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
from workbench.sources.json_spans import (
    SPAN_FIELDS,
    SPAN_KEYS,
    SPANS,
    json_name,
    looks_like_spans,
    span_fields,
    span_in,
    span_key_of,
)
from workbench.sources.text_files import refused

ANSWER_KEYS: dict[Kind, str] = {"textcat": "label", "textcat-multi": "labels", "ner": "spans"}
NAMED_FIELDS = 10


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
        return _kind_under(options.label_column, values)
    held = [item for value in values if isinstance(value, dict) for item in value.items()]
    spanned = {key for key, value in held if key in SPAN_FIELDS and looks_like_spans(value)}
    keys = {SPANS if key in spanned else key for key, value in held if value is not None}
    kinds = [kind for kind, key in ANSWER_KEYS.items() if key in keys]
    if len(kinds) > 1:
        names = ", ".join(ANSWER_KEYS[kind] for kind in kinds)
        message = f"The records answer several questions: {names}."
        raise refused(path, Problem("kind", message), hint="Name the one to import with --question.")
    return kinds[0] if kinds else None


def _kind_under(key: str, values: Iterable[Any]) -> Kind:
    """Return the kind of question that the values under a key answer."""
    named = [value[key] for value in values if isinstance(value, dict) and key in value]
    if any(looks_like_spans(value) for value in named):
        return "ner"
    return "textcat-multi" if any(isinstance(value, list) for value in named) else "textcat"


def answer_keys_of(
    values: Iterable[Any], kind: Kind | None, options: ReadOptions, path: Path
) -> tuple[str, tuple[str, ...]]:
    """Return the key of the answers, and those that no record may have answers under in its place.

    Where no record has the usual key of its kind of labels, that of the other kind is taken; spans stand
    under one of several keys. Raises SourceError when they stand under more than one.
    """
    if options.label_column or kind is None:
        return options.label_column, ()
    if kind == "ner":
        own = span_key_of(values, path)
        return own, tuple(key for key in SPAN_FIELDS if key != own)
    own = ANSWER_KEYS[kind]
    other = ANSWER_KEYS["textcat" if kind == "textcat-multi" else "textcat-multi"]
    keys = {
        key
        for value in values
        if isinstance(value, dict)
        for key in (own, other)
        if value.get(key) is not None
    }
    return (other, ()) if keys == {other} else (own, (other,))


class RecordReader:
    """Puts records into the intake one by one; `keys` as `answer_keys_of` gives them."""

    def __init__(self, intake: Intake, options: ReadOptions, keys: tuple[str, tuple[str, ...]]) -> None:
        self._intake = intake
        self._text_key = options.text_column or "text"
        self._id_key = options.id_column or "id"
        self._answer_key, self._mistaken_keys = keys
        self._further: Counter[str] = Counter()
        self._n_with_further = 0

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

    def finish(self) -> None:
        """Count the records with fields that mean nothing here, and name those fields."""
        if self._further:
            named = ", ".join(repr(key[:40]) for key, _ in self._further.most_common(NAMED_FIELDS))
            n_more = len(self._further) - NAMED_FIELDS
            more = f" and {n_more} more" if n_more > 0 else ""
            reason = f"records with further fields, kept as metadata: {named}{more}"
            self._intake.report.warn(reason, self._n_with_further)

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
        self._further.update(others.keys())
        self._n_with_further += bool(others)
        return {**(meta or {}), **others}

    def _answered(self, value: Mapping[str, Any]) -> Any:
        """Return what stands under the key of the answer. Raises InputError when another has it."""
        found = value.get(self._answer_key)
        if found is not None:
            return found
        for key in self._mistaken_keys:
            held = value.get(key)
            if looks_like_spans(held) if self._intake.kind == "ner" else held is not None:
                raise InputError(
                    f"There is {key!r} but no {self._answer_key!r}, which other records have. "
                    f"If this one is not answered, say --label-column {self._answer_key}."
                )
        return None

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
        if not values and self._answer_key != SPANS:
            reason = f"records whose {self._answer_key!r} is an empty list, read as an answer without spans"
            self._intake.report.warn(reason)
        n_more = sum(1 for value in values if set(span_fields(value)) - SPAN_KEYS)
        if n_more:
            self._intake.report.warn("spans with further fields, which are left out", n_more)
        return unique, n_twice + n_more


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{key!r} must be a list, not {json_name(value)}.")
    return value
