"""Documents in the order of their import, and what their formats need to write them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from workbench.domain.documents import Document, Part
from workbench.errors import InputError, UnknownNameError
from workbench.store import schema
from workbench.store.values import chunks, document_of, from_json

IDS_AT_ONCE = 500  # bound variables of one statement: SQLite allows 32,766, PostgreSQL 32,767
NAMED_IDS = 20

_documents = schema.documents.c
_columns = (_documents.position, _documents.id, _documents.text, _documents.metadata, _documents.part)


def numbers_of(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of documents by id. Raises InputError that names the unknown ones."""
    found: dict[str, int] = {}
    for chunk in chunks(list(dict.fromkeys(ids)), IDS_AT_ONCE):
        query = select(_documents.id, _documents.position).where(_documents.id.in_(chunk))
        found.update((row.id, row.position) for row in connection.execute(query))
    missing = [id for id in dict.fromkeys(ids) if id not in found]
    if missing:
        shown = ", ".join(missing[:NAMED_IDS]) + (" …" if len(missing) > NAMED_IDS else "")
        raise InputError(
            f"{len(missing)} document(s) are not in the project: {shown}.",
            hint="Import them first, or look at the ids again.",
        )
    return found


def read(
    connection: Connection, *, part: Part | None = None, ids: Sequence[str] | None = None
) -> list[Document]:
    """Return documents in import order, or those with these ids in their order."""
    if ids is None:
        query = _of_part(select(*_columns), part).order_by(_documents.position)
        return [document_of(row) for row in connection.execute(query)]
    found: dict[str, Document] = {}
    for chunk in chunks(list(dict.fromkeys(ids)), IDS_AT_ONCE):
        query = _of_part(select(*_columns), part).where(_documents.id.in_(chunk))
        found.update((row.id, document_of(row)) for row in connection.execute(query))
    if len(found) != len(set(ids)) and part is None:
        numbers_of(connection, ids)
    return [found[id] for id in ids if id in found]


def read_one(connection: Connection, id: str) -> Document:
    """Return one document. Raises UnknownNameError."""
    row = connection.execute(select(*_columns).where(_documents.id == id)).one_or_none()
    if row is None:
        some = select(_documents.id).order_by(_documents.position).limit(5)
        raise UnknownNameError("document", id, connection.execute(some).scalars())
    return document_of(row)


def ids(connection: Connection, part: Part | None) -> list[str]:
    """Return document ids in import order."""
    query = _of_part(select(_documents.id), part).order_by(_documents.position)
    return list(connection.execute(query).scalars())


def count(connection: Connection, part: Part | None) -> int:
    """Return how many documents there are."""
    found: int = connection.execute(_of_part(select(func.count(_documents.position)), part)).scalar_one()
    return found


def file_names(connection: Connection) -> dict[str, str]:
    """Return for each document the name of the file that first brought it."""
    held = schema.import_documents.c
    first = select(held.document, func.min(held.file).label("file")).group_by(held.document).subquery()
    query = (
        select(_documents.id, schema.imports.c.file_name)
        .join(first, first.c.document == _documents.position)
        .join(schema.imports, schema.imports.c.number == first.c.file)
    )
    return {row.id: row.file_name for row in connection.execute(query)}


def held_out_twins(connection: Connection) -> set[str]:
    """Return the ids of pool documents whose text a document that judges, held out or control, has too."""
    held_out = select(_documents.text_sha256).where(_documents.part != "pool")
    query = select(_documents.id).where(_documents.part == "pool", _documents.text_sha256.in_(held_out))
    return set(connection.execute(query).scalars())


def with_layouts(
    connection: Connection, *, format: str | None, part: Part | None, file_name: str | None
) -> list[tuple[int, Document]]:
    """Return numbers and documents, each with the layout that the format left.

    They stand in import order; those of one file in its order, as it was when it was last imported.
    """
    layouts = schema.layouts
    theirs = (layouts.c.document == _documents.position) & (layouts.c.format == (format or ""))
    query = _of_part(select(*_columns, layouts.c.layout), part)
    joined, order = schema.documents.outerjoin(layouts, theirs), _documents.position
    if file_name is not None:
        held = schema.import_documents
        joined, order = joined.join(held, held.c.document == _documents.position), held.c.place
        query = query.where(held.c.file == _newest_import(connection, file_name))
    query = query.select_from(joined).order_by(order)
    return [(row.position, document_of(row, row.layout)) for row in connection.execute(query)]


def _newest_import(connection: Connection, file_name: str) -> int:
    """Return the number of a file's newest import. Raises UnknownNameError."""
    imports = schema.imports.c
    query = select(imports.number).where(imports.file_name == file_name).order_by(imports.number.desc())
    number: int | None = connection.execute(query.limit(1)).scalar_one_or_none()
    if number is None:
        names = connection.execute(select(imports.file_name).order_by(imports.number)).scalars()
        raise UnknownNameError("imported file", file_name, list(dict.fromkeys(names)))
    return number


def file_layout(connection: Connection, format: str, file_name: str | None) -> dict[str, object]:
    """Return the file layout of the newest import of a format, empty when there was none."""
    query = select(schema.imports.c.file_layout).where(schema.imports.c.format == format)
    if file_name is not None:
        query = query.where(schema.imports.c.file_name == file_name)
    found = connection.execute(query.order_by(schema.imports.c.number.desc()).limit(1)).scalar_one_or_none()
    layout: dict[str, object] = from_json(found) if found is not None else {}
    return layout


def _of_part(query: Select[Any], part: Part | None) -> Select[Any]:
    return query if part is None else query.where(_documents.part == part)
