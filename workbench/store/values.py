"""Domain values to what a column can hold, and back. JSON columns are text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Row

from workbench.domain.annotations import Annotation, Scope
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.errors import InputError, StoreError
from workbench.store.database import MENDING

T = TypeVar("T")
AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
SEED_LIMIT = 2**63
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def storable(text: str, *, where: str = "") -> str:
    """Return the text if every database can keep it as it is.

    Raises InputError for a NUL character and for half of a surrogate pair.
    """
    if "\0" in text:
        raise InputError("A text must not hold a NUL character.", where=where)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"Character {error.start + 1} of the text is half of a surrogate pair and no character.",
                where=where,
                hint="The text was cut or decoded wrongly; repair it where it comes from.",
            ) from None
    return text


def to_json(value: object, *, where: str = "") -> str:
    """Return the value as compact JSON.

    Raises InputError for what JSON cannot say: other types, NaN, infinities, half surrogate pairs.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"This cannot be kept as JSON: {error}.", where=where) from None
    return storable(text, where=where)


def from_json(text: str) -> Any:
    """Return what `to_json` wrote. Raises StoreError when the database changed it."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise StoreError(
            f"The database is damaged: a value is no JSON any more ({error}).", hint=MENDING
        ) from error


def checked_seed(seed: int) -> int:
    """Return the seed if it fits. Raises InputError outside 0 to 2**63 - 1."""
    if not 0 <= seed < SEED_LIMIT:
        raise InputError(f"A seed lies between 0 and 2**63 - 1, not at {seed}.")
    return seed


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8 as 64 hex digits."""
    return sha256(text.encode()).hexdigest()


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def document_of(row: AnyRow, layout: str | None = None) -> Document:
    """Return the document of a row with id, text, metadata and part."""
    return Document(
        id=row.id,
        text=row.text,
        metadata=from_json(row.metadata),
        layout=None if layout is None else from_json(layout),
        part=row.part,
    )


def annotation_row(annotation: Annotation, *, document: int, question: int) -> dict[str, Any]:
    """Return the columns of an annotation about a document and a question, given by number."""
    where = f"annotation {annotation.client_id}"
    return {
        "client_id": storable(annotation.client_id, where=where),
        "document": document,
        "question": question,
        "annotator": storable(annotation.annotator, where=where),
        "status": annotation.status,
        "labels": to_json(annotation.labels, where=where),
        "spans": to_json(spans_as_lists(annotation.spans), where=where),
        "scope": None if annotation.scope is None else to_json(annotation.scope, where=where),
        "label_version": annotation.label_version,
        "created_at": annotation.created_at,
        "seconds": annotation.seconds,
        "comment": storable(annotation.comment, where=where),
        "raw": None if annotation.raw is None else to_json(dict(annotation.raw), where=where),
        "flagged": int(annotation.flagged),
    }


def annotation_of(row: AnyRow, *, document_id: str, question: str) -> Annotation:
    """Return the annotation of a row of the annotations table."""
    return Annotation(
        client_id=row.client_id,
        document_id=document_id,
        question=question,
        annotator=row.annotator,
        labels=tuple(from_json(row.labels)),
        spans=tuple(Span(*parts) for parts in from_json(row.spans)),
        status=row.status,
        scope=scope_of(row.scope),
        label_version=row.label_version,
        created_at=row.created_at,
        seconds=row.seconds,
        comment=row.comment,
        raw=None if row.raw is None else from_json(row.raw),
        flagged=bool(row.flagged),
    )


def scope_of(text: str | None) -> Scope | None:
    """Return the scope that a column holds, None for the whole text."""
    return None if text is None else tuple((start, end) for start, end in from_json(text))


def spans_as_lists(spans: Iterable[Span]) -> list[list[Any]]:
    """Return spans as JSON values, in the order of the fields of Span."""
    return [[span.start, span.end, span.label, span.covered] for span in spans]


def same_values(known: Mapping[str, Any], sent: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Tell whether two rows agree in these columns."""
    return all(known[name] == sent[name] for name in names)
