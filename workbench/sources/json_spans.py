"""Spans in JSON, in the shapes that annotation tools give them.

{"start": 0, "end": 3, "label": "person", "text": "Ada"}     ours; `text` is checked when it is there
[0, 3, "person"]                                             doccano, spaCy's training data
{"start_offset": 0, "end_offset": 3, "label": "person"}      doccano with relations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.domain.spans import Span
from workbench.errors import InputError, Problem
from workbench.sources.text_files import refused

SPANS = "spans"
SPAN_FIELDS = (SPANS, "entities", "label", "labels")
SPAN_KEYS = {"start", "end", "label", "text"}
OFFSETS_ELSEWHERE = {"start_offset": "start", "end_offset": "end"}
JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def looks_like_spans(value: Any) -> bool:
    """Tell whether a value is a list that begins with a span in one of the shapes, right or wrong.

    >>> looks_like_spans([[0, 3, "person"]]), looks_like_spans(["person"])
    (True, False)
    """
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    if isinstance(first, dict):
        return bool({"start", *OFFSETS_ELSEWHERE} & set(first))
    return isinstance(first, list) and len(first) == 3


def span_key_of(values: Iterable[Any], path: Path) -> str:
    """Return the key that holds the spans of the records. Raises SourceError when several do.

    Where none holds any, it is `spans`, or `entities` when records have only that, as an empty list.
    """
    keys: set[str] = set()
    empty: set[str] = set()
    for value in values:
        if isinstance(value, dict):
            keys.update(key for key in SPAN_FIELDS if looks_like_spans(value.get(key)))
            empty.update(key for key in (SPANS, "entities") if value.get(key) == [])
    if len(keys) > 1:
        named = ", ".join(key for key in SPAN_FIELDS if key in keys)
        problem = Problem("spans", f"The records hold spans under several keys: {named}.")
        raise refused(path, problem, hint="Name the one to import with --label-column.")
    return next(iter(keys), "entities" if empty == {"entities"} else SPANS)


def span_in(value: Any, text: str) -> Span:
    """Return the span that a value says. Raises InputError when it does not fit the text."""
    fields = span_fields(value)
    if not {"start", "end", "label"} <= set(fields):
        raise InputError(
            "A span must be an object with start, end and label, or a list [start, end, label], "
            f"not {str(value)[:80]}."
        )
    if not isinstance(fields["label"], str):
        raise InputError(f"The label of a span must be a string, not {json_name(fields['label'])}.")
    span = Span.of(text, whole(fields["start"], "start"), whole(fields["end"], "end"), fields["label"])
    said = fields.get("text")
    if said is not None and said != span.covered:
        raise InputError(
            f"The span [{span.start}, {span.end}) says {str(said)[:80]!r}, the text {span.covered[:80]!r}."
        )
    return span


def span_fields(value: Any) -> Mapping[str, Any]:
    """Return the fields of a span by the names that they have here, none for what is no span."""
    if isinstance(value, list) and len(value) == 3:
        return dict(zip(("start", "end", "label"), value, strict=True))
    if not isinstance(value, dict):
        return {}
    renamed = {
        name: value[key] for key, name in OFFSETS_ELSEWHERE.items() if key in value and name not in value
    }
    return {
        **{key: held for key, held in value.items() if OFFSETS_ELSEWHERE.get(key) not in renamed},
        **renamed,
    }


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
