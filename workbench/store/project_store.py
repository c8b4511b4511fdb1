"""A project's facts: what the use cases read and write.

Every method is one transaction. What it returns or counts was committed, and is on the disk, before it
returns; an exception means that nothing was changed.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, insert, select

from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import Imported, LabelledDocument
from workbench.domain.documents import Document, Part
from workbench.domain.questions import LabelChange, Question, check_slug
from workbench.domain.runs import Batch, Proposal, Run
from workbench.errors import InputError
from workbench.store import documents, questions, queue, recording, runs, schema
from workbench.store.control import checked_share
from workbench.store.database import Database
from workbench.store.importing import ImportCounts, Origin, import_documents
from workbench.store.opening import create_file, open_file
from workbench.store.recording import RecordCounts

__all__ = ["ImportCounts", "ProjectStore", "RecordCounts"]

LEASE_SECONDS = 1800.0


class ProjectStore:
    """One project's database; may be shared by threads. Use it as a context manager or close it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.read() as connection:
            self.name: str = connection.execute(select(schema.project.c.name)).scalar_one()

    @classmethod
    def create(
        cls, folder: Path, name: str, asked: Sequence[Question], *, share: float = 0.0
    ) -> ProjectStore:
        """Make a new project. Raises InputError when the folder holds one, a question twice or a bad share."""
        check_slug("project", name)
        row = {"number": 1, "name": name, "created_at": now(), "control_share": checked_share(share)}

        def fill(connection: Connection) -> None:
            connection.execute(insert(schema.project), row)
            for question in asked:
                questions.add(connection, question)

        return cls(create_file(folder, fill))

    @classmethod
    def open(cls, folder: Path) -> ProjectStore:
        """Open a project. Raises StoreError when its database is missing, damaged or from the future."""
        return cls(open_file(folder))

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.database.path.parent

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def __enter__(self) -> ProjectStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Questions

    def questions(self) -> tuple[Question, ...]:
        """Return the questions with their labels of today, in the order in which they were added."""
        with self.database.read() as connection:
            return tuple(asked.today for asked in questions.load(connection).values())

    def question(self, name: str) -> Question:
        """Return one question. Raises UnknownNameError."""
        with self.database.read() as connection:
            return questions.get(connection, name).today

    def add_question(self, question: Question) -> Question:
        """Ask one more question. Raises InputError when its name is taken."""
        with self.database.write() as connection:
            return questions.add(connection, question).today

    def change_labels(self, question: str, change: LabelChange) -> Question:
        """Append a label change. Raises InputError when it does not fit the labels of today."""
        with self.database.write() as connection:
            return questions.change_labels(connection, question, change).today

    def extend_labels(self, question: str, labels: Iterable[str]) -> Question:
        """Add those labels that the question does not have, as one change."""
        with self.database.write() as connection:
            return questions.extend(connection, question, labels).today

    def label_changes(self, question: str, since: int = 0) -> list[LabelChange]:
        """Return the changes after label version `since`, oldest first."""
        with self.database.read() as connection:
            return list(questions.get(connection, question).changes[since:])

    # Documents

    def import_documents(
        self, imported: Imported, *, file_name: str, file_sha256: str, format: str
    ) -> ImportCounts:
        """Import a file whole, or raise SourceError with every contradiction and import nothing.

        The same file again counts everything as known. New questions and labels are added.
        """
        with self.database.write() as connection:
            return import_documents(connection, imported, Origin(file_name, file_sha256, format))

    def documents(self, *, part: Part | None = None, ids: Sequence[str] | None = None) -> list[Document]:
        """Return documents in import order, or those with these ids in their order.

        Raises InputError that names unknown ids; of known ids, those of another part are left out.
        """
        with self.database.read() as connection:
            return documents.read(connection, part=part, ids=ids)

    def document(self, id: str) -> Document:
        """Return one document. Raises UnknownNameError."""
        with self.database.read() as connection:
            return documents.read_one(connection, id)

    def document_ids(self, part: Part | None = None) -> list[str]:
        """Return ids in import order."""
        with self.database.read() as connection:
            return documents.ids(connection, part)

    def n_documents(self, part: Part | None = None) -> int:
        """Return how many documents there are."""
        with self.database.read() as connection:
            return documents.count(connection, part)

    def file_names(self) -> dict[str, str]:
        """Return for each document id the name of the file that first brought it."""
        with self.database.read() as connection:
            return documents.file_names(connection)

    def held_out_twins(self) -> set[str]:
        """Return the ids of pool documents whose text a held-out or control document has too.

        To learn from them would be to learn the answers of the examination.
        """
        with self.database.read() as connection:
            return documents.held_out_twins(connection)

    def file_layout(self, format: str, file_name: str | None = None) -> dict[str, object]:
        """Return the layout of the newest file of a format (and name) that was imported, or {}."""
        with self.database.read() as connection:
            return documents.file_layout(connection, format, file_name)

    def labelled_documents(
        self, format: str | None = None, part: Part | None = None, file_name: str | None = None
    ) -> list[LabelledDocument]:
        """Return documents in import order with the format's layout and the answers of all questions.

        With `file_name` those that the newest import of that file held, in its order. Answers are those
        of `current`, question by question, said in today's labels. Raises UnknownNameError for a file
        that was never imported.
        """
        with self.database.read() as connection:
            answers: dict[int, list[Annotation]] = {}
            for asked in questions.load(connection).values():
                for number, annotation in recording.current(connection, asked):
                    answers.setdefault(number, []).append(annotation)
            found = documents.with_layouts(connection, format=format, part=part, file_name=file_name)
            return [LabelledDocument(document, tuple(answers.get(number, ()))) for number, document in found]

    # Annotations

    def record(self, sent: Sequence[Annotation]) -> RecordCounts:
        """Append annotations, all or none; sending one again under its client id changes nothing.

        Raises InputError for an answer that does not fit its question or document, and for a client
        id that was used for something else.
        """
        with self.database.write() as connection:
            return recording.record(connection, sent)

    def annotations(self, question: str | None = None, document_id: str | None = None) -> list[Annotation]:
        """Return every annotation as it was recorded, oldest first."""
        with self.database.read() as connection:
            return recording.history(connection, question=question, document_id=document_id)

    def current(self, question: str, ids: Sequence[str] | None = None) -> list[Annotation]:
        """Return each annotator's newest annotation of each document, said in today's labels.

        In import order. Skips are among them (see `Annotation.counts`); drafts, withdrawn answers and
        answers whose label was split or retired are not (see `requeued_ids`). With `ids` only those about
        these documents. Raises InputError that names unknown ids.
        """
        with self.database.read() as connection:
            asked = questions.get(connection, question)
            among = None if ids is None else list(documents.numbers_of(connection, ids).values())
            return [annotation for _, annotation in recording.current(connection, asked, among)]

    def n_answers(self, question: str) -> int:
        """Return how many answers the pool ever got, so that it grows with every new or changed one."""
        with self.database.read() as connection:
            return recording.n_answers(connection, question)

    def answered_ids(self, question: str) -> list[str]:
        """Return the documents with at least one answer that holds today, in import order."""
        with self.database.read() as connection:
            return recording.answered(connection, questions.get(connection, question))

    def skipped_ids(self, question: str) -> list[str]:
        """Return the documents that were skipped and have no answer, in import order."""
        with self.database.read() as connection:
            return recording.skipped(connection, questions.get(connection, question))

    def requeued_ids(self, question: str) -> list[str]:
        """Return the documents whose answers fell with a split or retired label, in import order."""
        with self.database.read() as connection:
            return recording.requeued(connection, questions.get(connection, question))

    # Batches and leases

    def save_batch(self, batch: Batch) -> None:
        """Append a batch; saving it again changes nothing. Raises InputError for unknown documents."""
        with self.database.write() as connection:
            queue.save_batch(connection, batch)

    def batches(self, question: str) -> list[Batch]:
        """Return the batches of a question, oldest first."""
        with self.database.read() as connection:
            return queue.batches(connection, question)

    def latest_batch(self, question: str) -> Batch | None:
        """Return the newest batch of a question."""
        with self.database.read() as connection:
            number = queue.latest_batch_number(connection, questions.get(connection, question))
            return None if number is None else queue.get_batch(connection, number)

    def claim(
        self,
        question: str,
        annotator: str,
        n: int,
        ttl_seconds: float = LEASE_SECONDS,
        now: float | None = None,
    ) -> list[Proposal]:
        """Lease the best n documents of the newest batch that still want this annotator's answer.

        `now` is seconds since 1970. Nobody else gets a leased document before the lease ends, but for
        those who answer the overlap; an annotator's own leases are renewed and come again.
        """
        if not ttl_seconds > 0:
            raise InputError(f"A lease lasts longer than {ttl_seconds} seconds.")
        claimant = queue.Claimant(annotator, time.time() if now is None else now, ttl_seconds)
        with self.database.write() as connection:
            return queue.claim(connection, questions.get(connection, question), n, claimant=claimant)

    def release(self, annotator: str, *, question: str | None = None, keep: Collection[str] = ()) -> int:
        """End an annotator's leases but those on the documents to keep; return how many ended."""
        with self.database.write() as connection:
            return queue.release(connection, annotator, question=question, keep=keep)

    # Runs and rounds

    def save_run(self, run: Run, folder: str = "") -> None:
        """Append a run and the name of its folder (its id by default); saving it again changes nothing."""
        with self.database.write() as connection:
            runs.save(connection, run, folder or run.id)

    def runs(self, question: str | None = None) -> list[Run]:
        """Return runs, newest first."""
        with self.database.read() as connection:
            return runs.find(connection, question)

    def run(self, id: str) -> Run:
        """Return a run. Raises UnknownNameError."""
        with self.database.read() as connection:
            return runs.get(connection, id)[0]

    def run_folder(self, id: str) -> str:
        """Return the name of a run's folder. Raises UnknownNameError."""
        with self.database.read() as connection:
            return runs.get(connection, id)[1]

    def save_round(self, question: str, figures: Mapping[str, Any]) -> None:
        """Append the figures of one round of the learning curve."""
        with self.database.write() as connection:
            runs.save_round(connection, question, figures)

    def rounds(self, question: str) -> list[dict[str, Any]]:
        """Return the figures of each round, oldest first, with `round` (from 1) and `created_at`."""
        with self.database.read() as connection:
            return runs.rounds(connection, question)
