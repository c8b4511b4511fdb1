"""Documents with entities to the text of a column file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from workbench.domain.conversion import ConversionReport, LabelledDocument, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import Problem
from workbench.sources.answers import Losses, chosen_answers, one_question
from workbench.sources.column_lines import FileForm, line_layout, sentence_lines
from workbench.sources.comments import values_in
from workbench.sources.span_fitting import SpanFitter
from workbench.sources.text_files import refused

WordsOf: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
COLUMN_FORMATS = ("iob2", "conll2003")


class ColumnWriter:
    """Builds one file; what could not be written exactly is in `report`, which counts documents."""

    def __init__(self, form: FileForm, words_of: WordsOf, path: Path, options: WriteOptions) -> None:
        self.report = ConversionReport()
        self._form = form
        self._words_of = words_of
        self._path = path
        self._losses = Losses(path, options, self.report)
        self._fitter = SpanFitter(self._losses, form.separator, options.scheme)
        self._parts: list[str] = []
        self._standing = list(reversed(form.standing))
        self._sentence_is_open = False

    def text_of(self, documents: Sequence[LabelledDocument], questions: Sequence[Question]) -> str:
        """Return the text of the file. Raises SourceError for losses that are not allowed."""
        question = one_question(questions, ("ner",), self._path, format_name=self._form.name)
        for document, answer, lost in chosen_answers(documents, question, self._losses, with_blanks=True):
            if answer is not None:
                self._add(document, answer.spans, is_counted=lost)
            elif not lost:
                message = "Nobody has answered: every word would be said to lie outside all entities."
                self._losses.reject(Problem("no-answer", message, record=document.id))
        self._losses.check()
        if not self._parts:
            raise refused(self._path, Problem("no-documents", "There is no document to write."))
        self._stand_before(None)
        return "".join(self._parts)

    def _add(self, document: Document, spans: Sequence[Span], *, is_counted: bool) -> None:
        bounds = self._bounds(document)
        tagged = self._fitter.fit(document, bounds, spans)
        if not tagged.tokens:
            problem = Problem("document", "The document holds no word.", record=document.id)
            (self._losses.leave_out if is_counted else self._losses.reject)(problem)
            return
        if not is_counted:
            self.report.adjusted += tagged.is_changed
            self.report.kept += not tagged.is_changed
        self.report.counts["sentences"] += 1
        layout = line_layout(document, tagged, self._form.name)
        if "id" not in values_in(line for _, line in layout["comments"]):
            self._losses.warn_of_id(document.id, self.report.counts["sentences"])
        self._begin(layout.get("number"))
        self._parts += sentence_lines(layout, tagged, self._form, n_words=len(bounds))
        self._sentence_is_open = not layout.get("after", [""])

    def _bounds(self, document: Document) -> Sequence[tuple[int, int]]:
        """Return the bounds of the words: those of a column file, else by the tokeniser."""
        layout: Mapping[str, Any] = document.layout or {}
        if layout.get("format") not in COLUMN_FORMATS:
            return self._words_of(document.text)
        flat = layout["words"]
        steps = [0, *flat, len(document.text)]
        if len(flat) % 2 or any(a > b for a, b in pairwise(steps)):
            problem = Problem("layout", "The stored tokens do not fit the text.", record=document.id)
            raise refused(self._path, problem)
        return list(zip(flat[::2], flat[1::2], strict=True))

    def _begin(self, number: int | None) -> None:
        """Write what stands before the sentence of that number, and part it from the one before."""
        if number is not None:
            self._stand_before(number)
        self._end_line()
        if self._sentence_is_open:
            self._parts.append(self._form.newline)

    def _stand_before(self, number: int | None) -> None:
        while self._standing and (number is None or self._standing[-1][0] <= number):
            self._end_line()
            self._parts.append(self._standing.pop()[1])
            self._sentence_is_open = False

    def _end_line(self) -> None:
        """End a last line that has no break because it ended its file."""
        if self._parts and not self._parts[-1].endswith(("\n", "\r")):
            self._parts.append(self._form.newline)
