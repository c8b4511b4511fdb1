"""Import a file: documents and the answers that come with them, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from workbench import artefacts, catalog
from workbench.config import LIMITS, MEBIBYTE
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.domain.ports import Source
from workbench.domain.questions import Question
from workbench.errors import InputError, SourceError, UndeclaredLabelsError
from workbench.store.importing import Origin, check_documents
from workbench.store.project_store import ImportCounts
from workbench.usecases.explain_labels import explain_labels
from workbench.usecases.find_question import with_question
from workbench.usecases.project import Project
from workbench.usecases.write_rejects import write_rejects

FORMAT_OF_SUFFIX = {
    ".conll": "iob2",
    ".iob": "iob2",
    ".iob2": "iob2",
    ".bio": "iob2",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "label-studio",
    ".spacy": "docbin",
}


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file holds, what it is called, its format and the SHA-256 of its bytes."""

    imported: Imported
    name: str
    format: str
    sha256: str

    @property
    def report(self) -> ConversionReport:
        """What became of its records."""
        return self.imported.report


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What the file held (`report`) and what of it was new (`stored`).

    `n_twins` counts documents of the project's pool whose text is held out or control too; they teach nothing.
    `n_control` counts the new documents that chance drew into the control part.
    `rejects` is the table of all that was left out, if anything was.
    """

    report: ConversionReport
    stored: ImportCounts
    format: str
    n_twins: int = 0
    n_control: int = 0
    rejects: Path | None = None


def import_documents(
    project: Project, path: Path, *, format_name: str = "", options: ReadOptions, held_out: bool = False
) -> ImportResult:
    """Import a file into a project; an error leaves the project as it was.

    A question without labels takes those of its first file; after that other labels are refused until
    they are declared.
    Raises SourceError with every problem of the file, InputError for wrong options.
    """
    read = read_file(project, path, format_name=format_name or sniff_format(path), options=options)
    # Before anything is stored: a full disk must not turn a finished import into an error.
    rejects = write_rejects(project, path, read.report, named=f"{options.question}-{read.sha256[:8]}")
    checked = check_content(project, read, held_out=held_out, rejects=rejects)
    return replace(store_content(project, checked), rejects=rejects)


def read_file(project: Project, path: Path, *, format_name: str, options: ReadOptions) -> FileContent:
    """Read a file for a project and store nothing.

    Raises SourceError with every problem of the file, InputError for wrong options.
    """
    check_file(path)
    digest = artefacts.file_sha256(path)
    source = catalog.source(format_name)
    imported = read_for(project, path, source, with_question(project, path, format_name, options))
    if artefacts.file_sha256(path) != digest:
        raise InputError("The file changed while it was read; nothing was imported.", where=str(path))
    return FileContent(imported, options.name_of(path), format_name, digest)


def check_content(
    project: Project, read: FileContent, *, held_out: bool, rejects: Path | None = None
) -> FileContent:
    """Return the content as it is to be stored.

    Raises SourceError when nothing of it could be taken, InputError when it does not fit the project.
    """
    if not read.imported.documents:
        hint = f"Nothing was imported: none of the {read.report.unit} could be taken."
        hint += f" All of them with their reasons: {rejects}" if rejects else ""
        raise SourceError(read.name, read.report.rejects, hint=hint)
    check_questions(project, read.imported)
    return replace(read, imported=as_held_out(read.imported)) if held_out else read


def store_content(project: Project, read: FileContent) -> ImportResult:
    """Put what was read and checked into the project, all or nothing."""
    before = project.store.n_documents("control")
    stored = project.store.import_documents(
        read.imported, file_name=read.name, file_sha256=read.sha256, format=read.format
    )
    n_control = project.store.n_documents("control") - before
    n_twins = len(project.store.held_out_twins())
    return ImportResult(read.report, stored, read.format, n_twins, n_control=n_control)


def try_content(project: Project, read: FileContent) -> None:
    """Raise what `store_content` would raise, and store nothing."""
    with project.store.database.read() as connection:
        check_documents(connection, read.imported, Origin(read.name, read.sha256, read.format))


def read_for(project: Project, path: Path, source: Source, options: ReadOptions) -> Imported:
    """Read a file for a question; labels that it does not declare are explained by the project."""
    try:
        return source.read(path, options)
    except UndeclaredLabelsError as error:
        explained = explain_labels(project, options.question, error.labels)
        raise SourceError(str(path), error.problems, hint=f"{error.hint} {explained}") from error


def check_file(path: Path) -> None:
    """Raise InputError unless the path is a file, and not too large."""
    if not path.is_file():
        what = "This is a folder, not a file." if path.is_dir() else "There is no such file."
        raise InputError(what, where=str(path))
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        raise InputError("The name of the file is not UTF-8; rename it.", where=str(path)) from error
    if path.stat().st_size > LIMITS.file_bytes:
        raise InputError(f"The file is larger than {LIMITS.file_bytes // MEBIBYTE} MB.", where=str(path))


def sniff_format(path: Path) -> str:
    """Return the format that a file's name suggests. Raises InputError when it suggests none."""
    name = FORMAT_OF_SUFFIX.get(path.suffix.lower())
    if name is None:
        raise InputError(
            f"The ending '{path.suffix}' names no format.",
            where=str(path),
            hint=f"Say --format, one of: {', '.join(catalog.source_names())}.",
        )
    return name


def as_held_out(imported: Imported) -> Imported:
    """Return the same import with every document held out."""
    documents = tuple(
        LabelledDocument(replace(labelled.document, part="held-out"), labelled.annotations)
        for labelled in imported.documents
    )
    return replace(imported, documents=documents)


def check_questions(project: Project, imported: Imported) -> None:
    """Refuse a file that answers other questions, or with other labels, than the project declares.

    A question that declares no labels takes those of the file.
    """
    known = {question.name: question for question in project.store.questions()}
    for found in imported.questions:
        question = known.get(found.name)
        if question is None:
            raise InputError(
                f"The file answers a question '{found.name}' that the project does not ask.",
                hint=f"It asks: {', '.join(known)}. Import the answers to one question with --question, "
                "or make the project with that question too.",
            )
        refuse_other_kind(question, found)
        unknown = [label for label in found.labels if label not in question.labels]
        if question.labels and unknown:
            raise InputError(
                f"The file has labels that the question '{found.name}' does not: {', '.join(unknown[:20])}.",
                hint=f"Declared: {', '.join(question.labels[:40])}. "
                + explain_labels(project, found.name, unknown),
            )


def refuse_other_kind(question: Question, found: Question) -> None:
    """Raise InputError when the file's question is of another kind than the project's."""
    if question.kind != found.kind:
        raise InputError(
            f"'{question.name}' is a {question.kind} question here, but {found.kind} in the file."
        )
