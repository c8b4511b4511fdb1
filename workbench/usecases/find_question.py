"""Find which of a project's questions a file answers: the named one, or the only one that fits."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

from workbench import catalog
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import Kind, Question
from workbench.errors import InputError
from workbench.usecases.project import Project

KIND_OF_FORMAT: dict[str, Kind] = {"iob2": "ner", "conll2003": "ner"}
KINDS_OF_LABELS: tuple[Kind, ...] = ("textcat", "textcat-multi")
ALL_QUESTIONS_AT_ONCE = ("label-studio",)


class SeveralQuestionsError(InputError):
    """A file may answer several questions; `fitting` names them."""

    def __init__(self, fitting: Sequence[str], *, where: str) -> None:
        self.fitting = tuple(fitting)
        hint = f"Say --question, one of: {', '.join(fitting)}."
        super().__init__("Which question does the file answer?", where=where, hint=hint)


def named_or_only(project: Project, name: str) -> str:
    """Return the name of a question, without one that of the only question. Raises InputError for several."""
    names = [question.name for question in project.store.questions()]
    if name or len(names) == 1:
        return name or names[0]
    raise InputError("Which question?", hint=f"Say --question, one of: {', '.join(names)}.")


def with_question(project: Project, path: Path, format_name: str, options: ReadOptions) -> ReadOptions:
    """Complete the options with the question that the file answers and its declared labels.

    Raises InputError when the project asks none that fits, or several.
    """
    if format_name in ALL_QUESTIONS_AT_ONCE and not options.question:
        return options
    if options.question:
        question = project.store.question(options.question)
        refuse_wrong_kind(format_name, question)
    else:
        question = only_one(path, format_name, options, project.store.questions())
    return replace(options, question=question.name, kind=question.kind, labels=question.labels or None)


def refuse_wrong_kind(format_name: str, question: Question) -> None:
    """Raise InputError when a format cannot hold the answers to a question."""
    wanted = KIND_OF_FORMAT.get(format_name, question.kind)
    if question.kind != wanted:
        raise InputError(
            f"A file in the format {format_name} answers a {wanted} question; "
            f"'{question.name}' is {question.kind}.",
            hint="Name another question with --question, or another format with --format.",
        )


def only_one(path: Path, format_name: str, options: ReadOptions, questions: Sequence[Question]) -> Question:
    """Return the one question that the file can answer. Raises InputError when there is none, or several."""
    wanted = KIND_OF_FORMAT.get(format_name)
    if wanted:
        fitting = [question for question in questions if question.kind == wanted]
        if not fitting:
            asked = ", ".join(f"{question.name} ({question.kind})" for question in questions)
            raise InputError(
                f"A file in the format {format_name} answers a {wanted} question, and the project asks none.",
                where=str(path),
                hint=f"It asks: {asked}. A project that asks for entities is made with "
                "`workbench init NAME --question entities:ner`.",
            )
    else:
        fitting = answered_by(path, format_name, options, questions)
    if len(fitting) == 1:
        return fitting[0]
    nearest = with_most_labels(fitting, labels_in(path, format_name, options))
    if nearest is None:
        raise SeveralQuestionsError([question.name for question in fitting], where=str(path))
    return nearest


def labels_in(path: Path, format_name: str, options: ReadOptions) -> set[str]:
    """Return the labels that stand in a file, whatever question they answer."""
    found = catalog.source(format_name).read(path, replace(options, kind=None, labels=None)).questions
    return {label for question in found for label in question.labels}


def with_most_labels(questions: Sequence[Question], labels: Set[str]) -> Question | None:
    """Return the question that declares most of these labels; None when no single one does."""
    declared = sorted(questions, key=lambda question: -len(labels & set(question.labels)))
    first, second = (len(labels & set(question.labels)) for question in declared[:2])
    return declared[0] if first > second else None


def answered_by(
    path: Path, format_name: str, options: ReadOptions, questions: Sequence[Question]
) -> list[Question]:
    """Return the questions of the kind of answers that stand in the file, which is read to see it.

    A table says labels, but not of which of the two kinds. Texts alone can come for any question; when
    no question fits the answers, all are returned.
    """
    labelled = [question for question in questions if question.kind in KINDS_OF_LABELS]
    if len(questions) == 1 or (format_name == "csv" and len(labelled) == 1):
        return labelled or list(questions)
    found = catalog.source(format_name).read(path, replace(options, kind=None, labels=None)).questions
    if not found:
        return list(questions[:1])
    exact = [question for question in questions if question.kind == found[0].kind]
    if found[0].kind == "ner":
        return exact or list(questions)
    return (exact if format_name != "csv" else labelled) or labelled or list(questions)
