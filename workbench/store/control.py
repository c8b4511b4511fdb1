"""The control part: which documents chance drew to measure, and in which order they are asked.

A text's place in [0, 1) is read off a hash of the project's name and the text. It depends on nothing else,
so that equal texts have one place and no import, strategy or person can change the draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import Connection, select

from workbench.domain.conversion import Imported, LabelledDocument
from workbench.domain.documents import Document, Part
from workbench.errors import InputError
from workbench.store import schema
from workbench.store.database import Database
from workbench.store.documents import IDS_AT_ONCE
from workbench.store.values import chunks

LEAST_UNANSWERED = 100  # of fewer, a tenth tells nothing
MOST_SHARE = 0.5
_documents = schema.documents.c


def checked_share(share: float) -> float:
    """Return the share of the documents that is drawn. Raises InputError."""
    if not 0.0 <= share <= MOST_SHARE:
        raise InputError(
            f"A control share of {share} is not possible.",
            hint=f"Say one from 0 (no control part) to {MOST_SHARE}, for example 0.1.",
        )
    return float(share)


def place_of(project_name: str, digest: str) -> float:
    """Return the place in [0, 1) of a text, given by the SHA-256 of its UTF-8, in a project.

    >>> place_of("tickets", "ab" * 32) == place_of("tickets", "ab" * 32) != place_of("mails", "ab" * 32)
    True
    """
    found = sha256(f"control\x1f{project_name}\x1f{digest}".encode()).digest()
    return int.from_bytes(found[:7], "big") / 2**56


def control_share(connection: Connection) -> float:
    """Return the share that was fixed when the project was made."""
    found: float = connection.execute(select(schema.project.c.control_share)).scalar_one()
    return found


def draw_control(connection: Connection, imported: Imported) -> Imported:
    """Return the import with its documents in their parts: what is known where it is, what is new as drawn.

    Only documents that come without any annotation are drawn: somebody chose the others. The part begins
    with the first import of at least a hundred of them. A text that is in the project already, or comes with
    an answer, is not drawn: a model would know it.
    """
    share = control_share(connection)
    if share == 0.0:
        return imported
    known = _known_parts(connection, [labelled.document.id for labelled in imported.documents])
    new = {item.document.id for item in imported.documents if _is_new(item, known)}
    begins = len(new) >= LEAST_UNANSWERED or _has_begun(connection)
    taken = _taken_texts(connection, imported) if begins else set[str]()
    name = connection.execute(select(schema.project.c.name)).scalar_one()

    def part_of(document: Document) -> Part:
        if document.id not in new:
            return _known_part(document, known)
        digest = _digest(document.text)
        drawn = begins and digest not in taken and place_of(name, digest) < share
        return "control" if drawn else document.part

    parts = [part_of(item.document) for item in imported.documents]
    pairs = zip(imported.documents, parts, strict=True)
    placed = (replace(item, document=replace(item.document, part=part)) for item, part in pairs)
    return replace(imported, documents=tuple(placed))


class ControlPart:
    """The control part of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def share(self) -> float:
        """Return the share that was fixed when the project was made."""
        with self._database.read() as connection:
            return control_share(connection)

    def ids(self) -> list[str]:
        """Return the ids of its documents in the order in which they are asked, ties by id."""
        query = select(_documents.id, _documents.text_sha256).where(_documents.part == "control")
        with self._database.read() as connection:
            name = connection.execute(select(schema.project.c.name)).scalar_one()
            places = {row.id: place_of(name, row.text_sha256) for row in connection.execute(query)}
        return sorted(places, key=lambda id: (places[id], id))


def _is_new(labelled: LabelledDocument, known: dict[str, Part]) -> bool:
    document = labelled.document
    return document.part == "pool" and document.id not in known and not labelled.annotations


def _known_part(document: Document, known: dict[str, Part]) -> Part:
    """A file does not know of the draw: its pool is the project's pool and control part."""
    before = known.get(document.id)
    return before if document.part == "pool" and before == "control" else document.part


def _known_parts(connection: Connection, ids: Sequence[str]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for some in chunks(ids, IDS_AT_ONCE):
        query = select(_documents.id, _documents.part).where(_documents.id.in_(some))
        found.update((row.id, row.part) for row in connection.execute(query))
    return found


def _has_begun(connection: Connection) -> bool:
    query = select(_documents.position).where(_documents.part == "control").limit(1)
    return connection.execute(query).first() is not None


def _taken_texts(connection: Connection, imported: Imported) -> set[str]:
    """Return the digests of the texts that are outside the control part, in the project or answered here."""
    query = select(_documents.text_sha256).where(_documents.part != "control")
    return {*connection.execute(query).scalars(), *_answered_texts(imported)}


def _answered_texts(imported: Imported) -> Iterator[str]:
    for labelled in imported.documents:
        if labelled.annotations or labelled.document.part != "pool":
            yield _digest(labelled.document.text)


def _digest(text: str) -> str:
    # Half a surrogate pair is refused with its document, by who stores it.
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
