"""Documents and answers as they come in: ids unique, labels declared, every record counted.

Formats with one answer a record share it. A record is a sentence, a row or an object.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal, TypeAlias, cast

from workbench.config import LIMITS
from workbench.domain.annotations import Annotation, derived_client_id, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Kind, Question, check_label
from workbench.domain.spans import Span
from workbench.errors import InputError, Problem, SourceError, UndeclaredLabelsError

DEFAULT_QUESTION: dict[Kind, str] = {"textcat": "label", "textcat-multi": "labels", "ner": "entities"}
Answer: TypeAlias = tuple[str, ...] | tuple[Span, ...]
MIXED_NEWLINES = "lines that end in another way than most"
BYTE_ORDER_MARK = "byte-order mark at the start"


class Intake:
    """What has been read of one file so far.

    `kind` None means that the file answers no question. A record that cannot be taken goes to the
    rejects when the options say `skip_bad`; otherwise `imported` raises SourceError with all of them.
    A text of white space alone is left out as empty, unless the file `takes_blanks` as tokens. `unit` is
    what the format calls its records.
    """

    def __init__(
        self,
        path: Path,
        options: ReadOptions,
        kind: Kind | None,
        *,
        question: str = "",
        unit: str = "documents",
        takes_blanks: bool = False,
    ) -> None:
        self.path = path
        self.stem = options.stem_of(path)
        self.kind = kind
        self.report = ConversionReport(unit)
        self._options = options
        self._takes_blanks = takes_blanks
        self._name = options.question or question or (DEFAULT_QUESTION[kind] if kind else "")
        self._problems: list[Problem] = []
        self._documents: list[LabelledDocument] = []
        self._place: dict[str, int] = {}
        self._texts: set[str] = set()
        self._labels: dict[str, str] = {}  # label to what is wrong with it ('' = nothing)
        self._declared = None if options.labels is None else frozenset(options.labels)
        self._unknown: Counter[str] = Counter()
        self._began = now()

    def refuse(self, problem: Problem) -> Literal[False]:
        """Take note of a record that cannot be taken."""
        if self._options.skip_bad:
            self.report.reject(problem)
        else:
            self._problems.append(problem)
        return False

    def skip(self, problem: Problem, reason: str) -> Literal[False]:
        """Leave out a record that no one would want, and count it."""
        self.report.reject(problem)
        self.report.warn(reason)
        return False

    def add(
        self,
        document: Document,
        answer: Answer | None,
        *,
        line: int | None = None,
        record: str | None = None,
        adjusted: bool = False,
    ) -> bool:
        """Take a document with its answer: labels, spans, or None when it has none; tell whether it was taken.

        Raises SourceError at once for one document more than a file may hold.
        """
        check_count(len(self._documents), self.path, line=line)
        if not (self._takes_blanks or document.text.strip()):
            problem = Problem("empty-text", "The text is empty.", line=line, record=record or document.id)
            return self.skip(problem, "empty texts left out")
        wrong = self._text_problem(document, line) or self._label_problem(answer or (), line, document.id)
        if wrong:
            return self.refuse(wrong)
        annotations = () if answer is None else (self._annotation(document.id, answer),)
        known = self._place.get(document.id)
        if known is not None:
            return self._add_again(known, document, annotations, line)
        if document.text in self._texts:
            self.report.warn("texts that stand more than once")
        self._texts.add(document.text)
        self._place[document.id] = len(self._documents)
        self._documents.append(LabelledDocument(document, annotations))
        self.report.adjusted += adjusted
        self.report.kept += not adjusted
        return True

    def _text_problem(self, document: Document, line: int | None) -> Problem | None:
        if len(document.text) <= LIMITS.text_characters:
            return None
        message = f"The text has {len(document.text)} characters; the limit is {LIMITS.text_characters}."
        return Problem("too-long", message, line=line, record=document.id)

    def _label_problem(self, answer: Answer, line: int | None, document_id: str) -> Problem | None:
        for part in answer:
            label = part if isinstance(part, str) else part.label
            wrong = self._labels.get(label)
            if wrong is None:
                wrong = self._labels[label] = self._wrong_with(label)
            if not wrong and self._declared is not None and label not in self._declared:
                self._unknown[label] += 1
                if self._options.skip_bad:
                    wrong = f"The label '{label}' is not declared."
            if wrong:
                return Problem("label", wrong, line=line, record=document_id)
        parts: Counter[str | Span] = Counter(answer)
        twice = next((part for part, n in parts.items() if n > 1), None)
        if twice is not None:
            said = f"label {twice!r}" if isinstance(twice, str) else f"span [{twice.start}, {twice.end})"
            message = f"The {said} stands twice in one answer: leave one out."
            return Problem("label", message, line=line, record=document_id)
        return None

    def _wrong_with(self, label: str) -> str:
        try:
            check_label(label)
        except InputError as error:
            return f"{error.message} {error.hint}".strip()
        return ""

    def _annotation(self, document_id: str, answer: Answer) -> Annotation:
        spans = cast(tuple[Span, ...], answer) if self.kind == "ner" else ()
        labels = () if self.kind == "ner" else cast(tuple[str, ...], answer)
        said = [f"{span.start} {span.end} {span.label}" for span in spans] or labels
        return Annotation(
            client_id=derived_client_id(self._name, document_id, self._options.annotator, *said),
            document_id=document_id,
            question=self._name,
            annotator=self._options.annotator,
            labels=labels,
            spans=spans,
            created_at=self._began,
        )

    def _add_again(
        self, known: int, document: Document, annotations: tuple[Annotation, ...], line: int | None
    ) -> bool:
        """Take a second record of one id: the same text is one document, another text is refused."""
        first = self._documents[known]
        if first.document.text != document.text:
            message = f"The id '{document.id}' stands twice, with different texts."
            return self.refuse(Problem("duplicate-id", message, line=line, record=document.id))
        new = tuple(a for a in annotations if a.client_id not in {b.client_id for b in first.annotations})
        if not new:
            problem = Problem("duplicate-id", "The same id and text again.", line=line, record=document.id)
            return self.skip(problem, "repeated ids with the same text left out")
        self._documents[known] = LabelledDocument(first.document, first.annotations + new)
        self.report.warn("repeated ids with the same text but another answer: the later answer counts")
        self.report.adjusted += 1
        return True

    def imported(self, file_layout: dict[str, object]) -> Imported:
        """Return everything read. Raises SourceError with every problem found."""
        problems = list(self._problems)
        if self._unknown and not self._options.skip_bad:
            listed = ", ".join(f"'{label}' ({n})" for label, n in sorted(self._unknown.items()))
            problems.append(Problem("unknown-labels", f"Labels that are not declared: {listed}."))
        if len(self._labels) > LIMITS.labels:
            message = f"{len(self._labels)} different labels; the limit is {LIMITS.labels}."
            problems.append(Problem("labels", message))
        if problems:
            hint = (
                "" if self._options.skip_bad else "Nothing was imported. --skip-bad leaves bad records out."
            )
            if self._unknown:
                raise UndeclaredLabelsError(str(self.path), problems, labels=sorted(self._unknown), hint=hint)
            raise SourceError(str(self.path), problems, hint=hint)
        questions: tuple[Question, ...] = ()
        if self.kind is not None:
            seen = tuple(sorted(label for label, wrong in self._labels.items() if not wrong))
            labels = self._options.labels if self._options.labels is not None else seen
            questions = (Question(self._name, self.kind, labels),)
        return Imported(questions, tuple(self._documents), self.report, file_layout)


def check_count(n_documents: int, path: Path, *, line: int | None = None) -> None:
    """Raise SourceError when a file that has given so many documents may not give another."""
    if n_documents >= LIMITS.documents:
        problem = Problem("too-many", f"More than {LIMITS.documents:,} documents.", line=line)
        raise SourceError(str(path), [problem], hint="Cut the file into several.")
