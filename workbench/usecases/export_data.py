"""Write a project's documents and answers in a foreign format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench import catalog
from workbench.domain.conversion import ConversionReport, LabelledDocument, WriteOptions
from workbench.domain.documents import Part
from workbench.errors import NotEnoughDataError
from workbench.usecases.collect_examples import settle
from workbench.usecases.project import Project


def export_data(
    project: Project,
    question_name: str,
    path: Path,
    *,
    format_name: str,
    part: Part | None = None,
    file_name: str = "",
    options: WriteOptions | None = None,
) -> ConversionReport:
    """Write the labelled documents of a question; the file appears whole or not at all.

    Documents that nobody answered are left out, and counted in the report's warnings. With `file_name`
    only the documents of that imported file are written, in its order, and in its form when the format
    is the same. Formats with one answer a document get the settled one (see `settle`); a Label Studio
    export keeps every annotator's. Raises SourceError when an answer cannot be said in the format,
    UnknownNameError for a file that was never imported.
    """
    question = project.store.question(question_name)
    documents = project.store.labelled_documents(format_name, part=part, file_name=file_name or None)
    if format_name == "label-studio":
        questions = project.store.questions()
        answered = [labelled for labelled in documents if labelled.annotations or came_with_more(labelled)]
    else:
        questions = (question,)
        documents = [one_answer(labelled, question_name) for labelled in documents]
        answered = [labelled for labelled in documents if labelled.annotations]
    if not answered:
        raise NotEnoughDataError(f"Nobody has answered '{question_name}' yet: there is nothing to export.")
    source = catalog.source(format_name)
    layout = project.store.file_layout(format_name, file_name or None)
    report = source.write(answered, questions, path, options or WriteOptions(), layout)
    if len(answered) < len(documents):
        report.warn("documents without an answer left out", len(documents) - len(answered))
    return report


def came_with_more(labelled: LabelledDocument) -> bool:
    """Tell whether a task held drafts, or answers to questions that the project does not ask."""
    return bool((labelled.document.layout or {}).get("unanswered"))


def one_answer(labelled: LabelledDocument, question: str) -> LabelledDocument:
    """Keep the settled annotation of one question."""
    chosen = settle([a for a in labelled.annotations if a.question == question])
    return replace(labelled, annotations=(chosen,) if chosen else ())
