"""Look into a file before it is imported: its first documents, and what becomes of its records."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench import catalog
from workbench.domain.conversion import ConversionReport, LabelledDocument, ReadOptions
from workbench.domain.spans import Span
from workbench.errors import InputError, Problem, SourceError
from workbench.usecases.explain_labels import UndeclaredLabel, undeclared_labels
from workbench.usecases.find_question import SeveralQuestionsError
from workbench.usecases.import_documents import FileContent, check_content, read_file, try_content
from workbench.usecases.project import Project
from workbench.usecases.sniff_format import sniff_content

SHOWN_DOCUMENTS = 10
SHOWN_CHARACTERS = 4_000
MOST_PROBLEMS = 100_000


@dataclass(frozen=True, slots=True)
class PreviewedDocument:
    """One of the first documents: the beginning of its text with its labels, and its spans there.

    One that `is_answered` without either has the answer that nothing is in it.
    """

    id: str
    text: str
    is_answered: bool = False
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do; nothing was stored.

    `refusal` says why the file cannot be imported like this, '' when it can. `problems` are all records
    that are wrong or left out; without them it fits the project unless `left_refusal` says why not.
    `n_known` of `n_documents` are in the project already. `undeclared` are its labels that the question
    does not have. `question` is the one that is answered, "" for none or several at once; when it must be
    asked for, `fitting` names those that it may be.
    """

    format: str
    in_words: str
    n_documents: int = 0
    n_known: int = 0
    n_answers: int = 0
    labels: tuple[str, ...] = ()
    documents: tuple[PreviewedDocument, ...] = ()
    warnings: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    refusal: str = ""
    left_refusal: str = ""
    undeclared: tuple[UndeclaredLabel, ...] = ()
    question: str = ""
    fitting: tuple[str, ...] = ()


def preview_import(
    project: Project, path: Path, *, format_name: str = "", options: ReadOptions, held_out: bool = False
) -> Preview:
    """Read a file as an import would and show what it holds.

    A file with bad records is read once more without them, so that it is seen what would be left.
    Raises InputError for wrong options, and SourceError when nothing of the file is readable.
    """
    name = format_name or sniff_content(path)
    try:
        read, fitting = _read(project, path, name, options)
        if not read.imported.documents:
            check_content(project, read, held_out=held_out)
    except SourceError as error:
        if options.skip_bad:
            raise
        return _without_bad(project, path, name, options=options, error=error, held_out=held_out)
    found = _preview(project, read)
    if fitting:
        return replace(found, question="", fitting=fitting)
    found = _with_labels(project, path, options, read, found)
    against = _contradiction(project, read, held_out=held_out)
    if against is None:
        return found
    problems = against.problems if isinstance(against, SourceError) else ()
    return replace(found, refusal=_in_words(against), problems=(*problems, *found.problems)[:MOST_PROBLEMS])


def _read(
    project: Project, path: Path, name: str, options: ReadOptions
) -> tuple[FileContent, tuple[str, ...]]:
    """Return what a file holds, and the questions that it may answer when there are several."""
    try:
        return read_file(project, path, format_name=name, options=options), ()
    except SeveralQuestionsError as error:
        imported = catalog.source(name).read(path, replace(options, kind=None, labels=None))
        return FileContent(imported, options.name_of(path), name, ""), error.fitting


def _without_bad(
    project: Project, path: Path, name: str, *, options: ReadOptions, error: SourceError, held_out: bool
) -> Preview:
    try:
        read, fitting = _read(project, path, name, replace(options, skip_bad=True))
    except SourceError:  # it is not single records that are bad
        raise error from None
    # A label that nobody declared is one problem and may stand in many records: all of them are named.
    problems = max(tuple(read.report.rejects), error.problems, key=len)[:MOST_PROBLEMS]
    found = replace(_preview(project, read), refusal=error.hint or error.message, problems=problems)
    if fitting:
        return replace(found, fitting=fitting)
    left = _contradiction(project, read, held_out=held_out)
    found = replace(found, left_refusal="" if left is None else _in_words(left))
    return _with_labels(project, path, options, read, found)


def _contradiction(project: Project, read: FileContent, *, held_out: bool) -> InputError | None:
    """Return what the project would say to a content that was read, None when it would take it."""
    try:
        checked = check_content(project, read, held_out=held_out)
        try_content(project, checked)
    except InputError as error:
        return error
    return None


def _in_words(error: InputError) -> str:
    """Return what is wrong in a line; a contradiction alone is named, of several it is said how many."""
    if not isinstance(error, SourceError) or not error.problems:
        return f"{error.message} {error.hint}".strip()
    first = error.problems[0]
    more = f" (and {len(error.problems) - 1:,} more)" if len(error.problems) > 1 else ""
    where = f"{first.record}: " if first.record else ""
    hint = error.hint.removeprefix("Nothing was imported.").strip()  # nobody asked for that yet
    return f"{where}{first.message}{more} {hint}".strip()


def _with_labels(
    project: Project, path: Path, options: ReadOptions, read: FileContent, found: Preview
) -> Preview:
    """Return the preview with the labels that are not declared; of records left out too, which it reads."""
    imported = read.imported
    if read.report.rejects and found.question:
        question = project.store.question(found.question)
        asked = replace(options, question=question.name, kind=question.kind, labels=None, skip_bad=True)
        imported = catalog.source(read.format).read(path, asked)
    return replace(found, undeclared=undeclared_labels(project, imported))


def _preview(project: Project, read: FileContent) -> Preview:
    found = read.imported.documents
    known = set(project.store.document_ids())
    report = read.report
    return Preview(
        format=read.format,
        in_words=report.in_words(),
        n_documents=len(found),
        n_known=sum(labelled.document.id in known for labelled in found),
        n_answers=sum(annotation.counts for labelled in found for annotation in labelled.annotations),
        labels=tuple(
            dict.fromkeys(label for question in read.imported.questions for label in question.labels)
        ),
        documents=tuple(_shown(labelled) for labelled in found[:SHOWN_DOCUMENTS]),
        warnings=dict(report.warnings),
        problems=tuple(report.rejects[:MOST_PROBLEMS]),
        question=read.imported.questions[0].name if len(read.imported.questions) == 1 else "",
    )


def _shown(labelled: LabelledDocument) -> PreviewedDocument:
    text = labelled.document.text[:SHOWN_CHARACTERS]
    answers = [annotation for annotation in labelled.annotations if annotation.counts]
    labels = dict.fromkeys(label for annotation in answers for label in annotation.labels)
    spans = dict.fromkeys(
        span for annotation in answers for span in annotation.spans if span.end <= len(text)
    )
    return PreviewedDocument(labelled.document.id, text, bool(answers), tuple(labels), tuple(spans))


def as_json(preview: Preview) -> dict[str, Any]:
    """Return a preview as JSON values."""
    return asdict(preview)


def from_json(values: dict[str, Any]) -> Preview:
    """Return the preview that `as_json` wrote."""
    documents = tuple(
        PreviewedDocument(
            shown["id"],
            shown["text"],
            shown["is_answered"],
            tuple(shown["labels"]),
            tuple(Span(**span) for span in shown["spans"]),
        )
        for shown in values["documents"]
    )
    problems = tuple(Problem(**problem) for problem in values["problems"])
    undeclared = tuple(UndeclaredLabel(**label) for label in values["undeclared"])
    names = {name: tuple(values[name]) for name in ("labels", "fitting")}
    parts = {"documents": documents, "problems": problems, "undeclared": undeclared, **names}
    return Preview(**{**values, **parts})


def report_of(preview: Preview) -> ConversionReport:
    """Return the records that are wrong or left out as a report, for a table of them."""
    return ConversionReport(rejects=list(preview.problems))
