"""Answers as they go out: the one answer of each document that a file can hold, or a refusal.

Formats with one answer a record share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, LabelledDocument, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Kind, Question
from workbench.errors import Problem, SourceError

FORMATS_OF_KIND: dict[Kind, str] = {
    "textcat": "csv, jsonl, docbin, label-studio",
    "textcat-multi": "csv, jsonl, docbin, label-studio",
    "ner": "iob2, conll2003, jsonl, docbin, label-studio",
}
LOSS_HINT = "Mend these, or allow the loss (--allow-loss): what cannot be said is then left out and counted."


class Chosen(NamedTuple):
    """A document to write with the answer that counts; `lost` when it has one that is not written."""

    document: Document
    answer: Annotation | None
    lost: bool = False


class Losses:
    """What cannot be said in the format: refused all at once, or counted when loss is allowed."""

    def __init__(self, path: Path, options: WriteOptions, report: ConversionReport) -> None:
        self.report = report
        self._path = path
        self._allowed = options.allow_loss
        self._problems: list[Problem] = []

    def reject(self, problem: Problem) -> None:
        """Leave something out."""
        if self._allowed:
            self.report.reject(problem)
        else:
            self._problems.append(problem)

    def leave_out(self, problem: Problem) -> None:
        """Leave a part of a document out; whoever writes the document counts it."""
        (self.report.rejects if self._allowed else self._problems).append(problem)

    def change(self, problem: Problem, reason: str) -> None:
        """Write a part of a document in another way than it is; whoever writes the document counts it."""
        if self._allowed:
            self.report.warn(reason)
        else:
            self._problems.append(problem)

    def warn_of_id(self, document_id: str, number: int) -> None:
        """Count an id that is not written and that a reader would not derive from the place in the file."""
        if document_id != f"{self._path.stem}-{number}":
            self.report.warn("ids not written: the file they came from holds none")

    def check(self) -> None:
        """Raise SourceError when there were losses that are not allowed."""
        if self._problems:
            raise SourceError(str(self._path), self._problems, hint=LOSS_HINT)


def one_question(
    questions: Sequence[Question], kinds: Sequence[Kind], path: Path, *, format_name: str
) -> Question | None:
    """Return the question to write, None when there is none. Raises SourceError for several or another kind."""
    if not questions:
        return None
    if len(questions) > 1:
        names = ", ".join(question.name for question in questions)
        problem = Problem(
            "questions", f"The format {format_name} holds the answers to one question, not to {names}."
        )
        raise SourceError(str(path), [problem], hint="Write one file a question.")
    if questions[0].kind not in kinds:
        kind = questions[0].kind
        message = (
            f"'{questions[0].name}' is a {kind} question; the format {format_name} holds answers to "
            f"{' and '.join(kinds)} questions only."
        )
        hint = f"Formats that hold {kind} answers: {FORMATS_OF_KIND[kind]} (--format)."
        raise SourceError(str(path), [Problem("kind", message)], hint=hint)
    return questions[0]


def chosen_answers(
    documents: Sequence[LabelledDocument],
    question: Question | None,
    losses: Losses,
    *,
    with_blanks: bool = False,
) -> list[Chosen]:
    """Return each document that can be written with the answer that counts, in the given order.

    The newest annotation of an annotator counts; skips, drafts and withdrawals are no answers.
    Losses are repeated ids, texts of white space alone (unless `with_blanks`), answers about a part of
    the text, and annotators who disagree; with loss allowed the newest of their answers is written.
    """
    chosen: list[Chosen] = []
    seen: set[str] = set()
    for labelled in documents:
        document = labelled.document
        if document.id in seen or not (with_blanks or document.text.strip()):
            what = "repeats an id" if document.id in seen else "has an empty text"
            losses.reject(Problem("document", f"The document {what}.", record=document.id))
            continue
        seen.add(document.id)
        chosen.append(Chosen(document, None) if question is None else _choose(labelled, question, losses))
    return chosen


def _choose(labelled: LabelledDocument, question: Question, losses: Losses) -> Chosen:
    newest: dict[str, Annotation] = {}
    for annotation in labelled.annotations:
        if annotation.question == question.name:
            newest.pop(annotation.annotator, None)  # so that the order is that of the newest ones
            newest[annotation.annotator] = annotation
    answers = [annotation for annotation in newest.values() if annotation.counts]
    if len(newest) > len(answers):
        losses.report.warn("skips, drafts and withdrawals not written", len(newest) - len(answers))
    if not answers:
        return Chosen(labelled.document, None)
    answer = answers[-1]
    problem = _problem_with(answer, labelled.document, question)
    differ = len({(frozenset(a.labels), frozenset(a.spans)) for a in answers}) > 1
    if differ:
        message = f"{len(answers)} annotators answer '{question.name}' in different ways."
        disagreement = Problem("disagreement", message, record=labelled.document.id)
        (losses.leave_out if problem else losses.reject)(disagreement)  # a document is rejected once
    if problem:
        losses.reject(problem)
        return Chosen(labelled.document, None, lost=True)
    return Chosen(labelled.document, answer, lost=differ)


def _problem_with(answer: Annotation, document: Document, question: Question) -> Problem | None:
    if answer.scope is not None:
        message = (
            "The answer is about a part of the text only, which this format cannot say: mark all of the text "
            "(the key * on the card), or export as label-studio, which keeps the part."
        )
        return Problem("scope", message, record=document.id)
    fits = not answer.labels if question.kind == "ner" else not answer.spans
    if not fits or (question.kind == "textcat" and len(answer.labels) != 1):
        message = f"The answer is not one to a {question.kind} question."
        return Problem("answer", message, record=document.id)
    for span in answer.spans:
        if not span.fits(document.text):
            there = document.text[span.start : span.end]
            message = f"The span [{span.start}, {span.end}) says {span.covered!r}, the text {there!r}."
            return Problem("span", message, record=document.id)
    return None
