"""Write a project's documents and answers in a foreign format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench import catalog
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, LabelledDocument, Rule, WriteOptions
from workbench.domain.documents import Part
from workbench.errors import NotEnoughDataError
from workbench.store.links import Links
from workbench.usecases.collect_examples import disagree, settle
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
    is the same. Formats with one answer a document get the one that the rule of the options settles on
    (see `settle`), and the report counts where annotators disagreed; a Label Studio export keeps every
    annotator's. Raises SourceError when an answer cannot be said in the format, UnknownNameError for a
    file that was never imported.
    """
    question = project.store.question(question_name)
    documents = project.store.labelled_documents(format_name, part=part, file_name=file_name or None)
    options = options or WriteOptions()
    n_settled = 0
    if format_name == "label-studio":
        questions = project.store.questions()
        answered = [labelled for labelled in documents if labelled.annotations or came_with_more(labelled)]
    else:
        questions = (question,)
        n_settled = sum(disagree(answers_to(question_name, labelled)) for labelled in documents)
        documents = [one_answer(labelled, question_name, options.rule) for labelled in documents]
        answered = [labelled for labelled in documents if labelled.annotations]
    if not answered:
        raise NotEnoughDataError(f"Nobody has answered '{question_name}' yet: there is nothing to export.")
    source = catalog.source(format_name)
    layout = layout_of(project, format_name, file_name)
    report = source.write(answered, questions, path, options, layout)
    if len(answered) < len(documents):
        report.warn("documents without an answer left out", len(documents) - len(answered))
    if n_settled:
        report.warn(f"documents with different answers, settled by the rule {options.rule}", n_settled)
    return report


def layout_of(project: Project, format_name: str, file_name: str) -> dict[str, object]:
    """Return what the newest file of the format left; of a connected project, its labelling config."""
    link = Links(project.store).find() if format_name == "label-studio" and not file_name else None
    if link is not None and "label_config" in link.state:
        return {"label_config": link.state["label_config"]}
    return project.store.file_layout(format_name, file_name or None)


def came_with_more(labelled: LabelledDocument) -> bool:
    """Tell whether a task held drafts, or answers to questions that the project does not ask."""
    return bool((labelled.document.layout or {}).get("unanswered"))


def answers_to(question: str, labelled: LabelledDocument) -> list[Annotation]:
    """Return the annotations of one question, in the order in which they were recorded."""
    return [annotation for annotation in labelled.annotations if annotation.question == question]


def one_answer(labelled: LabelledDocument, question: str, rule: Rule = "gold-first") -> LabelledDocument:
    """Keep the settled annotation of one question."""
    chosen = settle(answers_to(question, labelled), rule)
    return replace(labelled, annotations=(chosen,) if chosen else ())
