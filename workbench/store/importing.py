"""One file into the project: everything in one transaction, or nothing with every reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.errors import InputError, Problem, SourceError, UnknownNameError
from workbench.store import questions, schema
from workbench.store.answers import check_answer
from workbench.store.control import draw_control
from workbench.store.documents import IDS_AT_ONCE
from workbench.store.questions import AskedQuestion
from workbench.store.recording import is_known, known_rows
from workbench.store.values import annotation_row, chunks, from_json, storable, text_sha256, to_json

DIFFERENT_TEXT = "The project has this id with a different text."
MADE_IDS = (
    "A file without ids gets them from its name and the numbers of its rows, so that two files of one "
    "name meet: rename this one, or name its column of ids (--id-column)."
)
_documents = schema.documents.c


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that is imported."""

    file_name: str
    file_sha256: str
    format: str


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What an import brought, and what the project had already.

    `metadata_kept` counts fields that the project holds with another value and keeps. Annotations that
    are no answers are counted by their status too.
    """

    questions_new: int = 0
    labels_new: int = 0
    documents_new: int = 0
    documents_same: int = 0
    annotations_new: int = 0
    annotations_same: int = 0
    metadata_kept: int = 0
    skipped_new: int = 0
    skipped_same: int = 0
    draft_new: int = 0
    draft_same: int = 0
    withdrawn_new: int = 0
    withdrawn_same: int = 0

    @property
    def answers_new(self) -> int:
        """How many of the new annotations are answers."""
        return self.annotations_new - self.skipped_new - self.draft_new - self.withdrawn_new

    @property
    def answers_same(self) -> int:
        """How many of the known annotations are answers."""
        return self.annotations_same - self.skipped_same - self.draft_same - self.withdrawn_same


@dataclass(slots=True)
class _Known:
    """What the project holds of one document, as far as an import has to compare."""

    position: int
    text_sha256: str
    part: str
    metadata: str


def import_documents(connection: Connection, imported: Imported, origin: Origin) -> ImportCounts:
    """Add what is new. Raises SourceError with every document that contradicts the project.

    Questions and labels that the project never had are added. Answers of the file are said in the
    labels of today. A document that is there with the same text gains new metadata fields and the
    layout of this format.
    """
    return _Import(connection, origin).run(imported)


def take_documents(connection: Connection, imported: Imported, origin: Origin) -> ImportCounts:
    """Add what is new as `import_documents` does, but remember no file: it came from a server."""
    return _Import(connection, origin).take(imported)


def check_documents(connection: Connection, imported: Imported, origin: Origin) -> None:
    """Raise what `import_documents` would raise; nothing is written."""
    _Import(connection, origin, writes=False).take(imported)


class _Import:
    """The state of one import: what is counted and what is wrong so far."""

    def __init__(self, connection: Connection, origin: Origin, *, writes: bool = True) -> None:
        self.connection = connection
        self.origin = origin
        self.writes = writes
        self.asked = questions.load(connection)
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.positions: list[int] = []
        last = connection.execute(select(func.max(_documents.position))).scalar_one()
        self.next_position = 0 if last is None else last + 1

    def take(self, imported: Imported) -> ImportCounts:
        imported = draw_control(self.connection, imported)
        for question in imported.questions:
            self._take_question(question)
        for chunk in chunks(imported.documents, IDS_AT_ONCE):
            _Chunk(self, chunk).take(chunk)
        if self.problems:
            raise SourceError(self.origin.file_name, self.problems, hint=self._hint())
        return ImportCounts(**self.counts)

    def run(self, imported: Imported) -> ImportCounts:
        counts = self.take(imported)
        row = {
            **asdict(self.origin),
            "file_layout": to_json(imported.file_layout, where=self.origin.file_name),
            "counts": to_json(asdict(counts)),
            "created_at": now(),
        }
        number = self.connection.execute(
            insert(schema.imports).values(row).returning(schema.imports.c.number)
        ).scalar_one()
        rows = [
            {"file": number, "document": p, "place": n} for n, p in enumerate(dict.fromkeys(self.positions))
        ]
        self.connection.execute(insert(schema.import_documents), rows)
        return counts

    def count_annotation(self, annotation: Annotation, which: str) -> None:
        """Count an annotation as new or as the same as a known one."""
        self.counts[f"annotations_{which}"] += 1
        if not annotation.counts:
            self.counts[f"{annotation.status}_{which}"] += 1

    def _hint(self) -> str:
        """Say what to do; ids made of file name and row number may only seem to be known."""
        made = re.compile(rf"{re.escape(PurePath(self.origin.file_name).stem)}-\d+")
        same = [problem for problem in self.problems if problem.message == DIFFERENT_TEXT]
        if any(made.fullmatch(problem.record or "") for problem in same):
            return f"Nothing was imported. {MADE_IDS}"
        return "Nothing was imported."

    def _take_question(self, question: Question) -> None:
        if question.name not in self.asked:
            made = questions.add(self.connection, question) if self.writes else AskedQuestion(0, question)
            self.asked[question.name] = made
            self.counts["questions_new"] += 1
            return
        asked = self.asked[question.name]
        if question.kind != asked.first.kind:
            raise InputError(
                f"The project's question '{question.name}' is {asked.first.kind}, not {question.kind}.",
                where=self.origin.file_name,
                hint="Import the file for a question of another name.",
            )
        fresh = [label for label in question.labels if label not in asked.labels_ever]
        if self.writes:
            self.asked[question.name] = questions.extend(self.connection, question.name, fresh)
        elif fresh:
            added = LabelChange("add", (), tuple(fresh))
            self.asked[question.name] = replace(asked, changes=(*asked.changes, added))
        self.counts["labels_new"] += len(fresh)


class _Chunk:
    """A few hundred documents of an import, compared with the project and written together."""

    def __init__(self, whole: _Import, labelled: Sequence[LabelledDocument]) -> None:
        self._whole = whole
        self._connection = whole.connection
        self._known = self._known_documents([item.document.id for item in labelled])
        sent = [annotation.client_id for item in labelled for annotation in item.annotations]
        self._recorded = known_rows(self._connection, sent)
        self._new_documents: list[dict[str, Any]] = []
        self._new_annotations: list[dict[str, Any]] = []
        self._metadata: dict[int, str] = {}
        self._layouts: dict[int, str] = {}

    def take(self, labelled: Sequence[LabelledDocument]) -> None:
        for item in labelled:
            try:
                known = self._take_document(item.document)
                self._whole.positions.append(known.position)
                for annotation in item.annotations:
                    self._take_annotation(annotation, item.document, known)
            except InputError as error:
                message = f"{error.message} {error.hint}".rstrip()
                problem = Problem("contradiction", message, record=item.document.id)
                self._whole.problems.append(problem)
        if self._whole.writes and not self._whole.problems:
            self._write()

    def _known_documents(self, ids: list[str]) -> dict[str, _Known]:
        query = select(
            _documents.id, _documents.position, _documents.text_sha256, _documents.part, _documents.metadata
        ).where(_documents.id.in_(ids))
        return {row.id: _Known(*row[1:]) for row in self._connection.execute(query)}

    def _take_document(self, document: Document) -> _Known:
        digest = text_sha256(storable(document.text))
        known = self._known.get(document.id)
        if known is None:
            known = self._add_document(document, digest)
        else:
            self._compare(document, digest, known)
        if document.layout is not None:
            self._layouts[known.position] = to_json(document.layout)
        return known

    def _add_document(self, document: Document, digest: str) -> _Known:
        metadata = to_json(dict(document.metadata))
        known = _Known(self._whole.next_position, digest, document.part, metadata)
        self._new_documents.append(
            {
                "position": known.position,
                "id": storable(document.id),
                "text": document.text,
                "text_sha256": digest,
                "part": document.part,
                "metadata": metadata,
            }
        )
        self._known[document.id] = known
        self._whole.next_position += 1
        self._whole.counts["documents_new"] += 1
        return known

    def _compare(self, document: Document, digest: str, known: _Known) -> None:
        if digest != known.text_sha256:
            raise InputError(DIFFERENT_TEXT)
        if document.part != known.part:
            raise InputError(
                f"The project has this document in the part '{known.part}', the file in '{document.part}'."
            )
        self._whole.counts["documents_same"] += 1
        if not document.metadata:
            return
        before = from_json(known.metadata)
        sent = from_json(to_json(dict(document.metadata)))
        merged = {**sent, **before}
        self._whole.counts["metadata_kept"] += sum(merged[name] != value for name, value in sent.items())
        if len(merged) > len(before):
            known.metadata = self._metadata[known.position] = to_json(merged)

    def _take_annotation(self, annotation: Annotation, document: Document, known: _Known) -> None:
        if annotation.document_id != document.id:
            raise InputError(f"One of its annotations is about the document '{annotation.document_id}'.")
        asked = self._whole.asked.get(annotation.question)
        if asked is None:
            raise UnknownNameError("question", annotation.question, self._whole.asked)
        version = asked.today.label_version
        if annotation.label_version != version:
            annotation = replace(annotation, label_version=version)
        row = annotation_row(annotation, document=known.position, question=asked.number)
        if is_known(self._recorded, row):
            self._whole.count_annotation(annotation, "same")
            return
        check_answer(annotation, asked, document.text)
        self._recorded[annotation.client_id] = row
        self._new_annotations.append(row)
        self._whole.count_annotation(annotation, "new")

    def _write(self) -> None:
        if self._new_documents:
            self._connection.execute(insert(schema.documents), self._new_documents)
        if self._metadata:
            statement = update(schema.documents).where(_documents.position == bindparam("of"))
            rows = [{"of": position, "metadata": text} for position, text in self._metadata.items()]
            self._connection.execute(statement, rows)
        if self._layouts:
            self._write_layouts(self._layouts)
        if self._new_annotations:
            self._connection.execute(insert(schema.annotations), self._new_annotations)

    def _write_layouts(self, layouts: Mapping[int, str]) -> None:
        """A layout of the same format takes the place of the one before."""
        table, format = schema.layouts, self._whole.origin.format
        theirs = (table.c.format == format) & table.c.document.in_(list(layouts))
        self._connection.execute(table.delete().where(theirs))
        rows = [{"document": row, "format": format, "layout": text} for row, text in layouts.items()]
        self._connection.execute(insert(table), rows)
