"""Look into a file before it is imported: its first documents, and what becomes of its records."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench import catalog
from workbench.domain.conversion import ConversionReport, LabelledDocument, ReadOptions
from workbench.domain.spans import Span
from workbench.errors import Problem, SourceError
from workbench.usecases.find_question import SeveralQuestionsError
from workbench.usecases.import_documents import FileContent, check_content, read_file
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
    that are wrong or left out. `n_known` of `n_documents` are in the project already. `question` is the
    one that is answered, "" for none or several at once; when it must be asked for, `fitting` names those
    that it may be.
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
        if fitting:
            return replace(_preview(project, read), question="", fitting=fitting)
        checked = check_content(project, read, held_out=held_out)
    except SourceError as error:
        if options.skip_bad:
            raise
        return _without_bad(project, path, name, options=options, error=error)
    return _preview(project, checked)


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
    project: Project, path: Path, name: str, *, options: ReadOptions, error: SourceError
) -> Preview:
    try:
        read, fitting = _read(project, path, name, replace(options, skip_bad=True))
    except SourceError:  # it is not single records that are bad
        raise error from None
    # A label that nobody declared is one problem and may stand in many records: all of them are named.
    problems = max(tuple(read.report.rejects), error.problems, key=len)[:MOST_PROBLEMS]
    hint = error.hint
    return replace(_preview(project, read), refusal=hint or error.message, problems=problems, fitting=fitting)


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
    names = {name: tuple(values[name]) for name in ("labels", "fitting")}
    return Preview(**{**values, "documents": documents, "problems": problems, **names})


def report_of(preview: Preview) -> ConversionReport:
    """Return the records that are wrong or left out as a report, for a table of them."""
    return ConversionReport(rejects=list(preview.problems))
