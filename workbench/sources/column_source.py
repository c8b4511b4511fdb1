"""Sentences of a column file as documents with entities, and documents as sentences.

`ColumnSource` is what the IOB2 and CoNLL-2003 formats have in common. A document keeps what its lines
were besides text and entities in `Document.layout`:

    format, separator    the name of the format; a tab or a space
    number               the place of the sentence in its file, from 1
    words                bounds of the tokens in the text, flat: start, end, start, end …
    extras               the columns between token and tag, one list a token (absent when there are none)
    comments             [token number, line] pairs
    after                the break lines behind the sentence
    endings              [line, break] pairs for the lines that end unlike most of the file

The file's own `file_layout` holds encoding, byte-order mark, newline and the `standing` lines. From these
the file is built again byte for byte; where an answer changed, its lines change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import Problem
from workbench.sources.column_lines import FileForm
from workbench.sources.column_writer import ColumnWriter, WordsOf
from workbench.sources.columns import ColumnFile, Sentence, other_columns, parse_columns
from workbench.sources.comments import text_with_tokens, unquoted, values_in
from workbench.sources.intake import BYTE_ORDER_MARK, MIXED_NEWLINES, Intake
from workbench.sources.iob_schemes import Entity, check_scheme, entities_of, faults
from workbench.sources.scheme_check import REPAIRABLE, file_problems, scheme_read
from workbench.sources.text_files import TextFile, read_text, refused, write_text

COLUMNS_HINTS = {
    2: "Read two columns, token and tag, with --format iob2.",
    4: "Read four columns, token, part of speech, chunk and tag, with --format conll2003.",
}
OTHER_COLUMNS_HINT = "Keep two columns, token and tag (--format iob2), or four (--format conll2003)."


def spacy_words(text: str) -> list[tuple[int, int]]:
    """Return the words of a text that comes without tokens."""
    from workbench.tokenisation.spacy_words import words_of

    return [(start, end) for start, end in words_of(text).tolist()]


class ColumnSource:
    """A format of one token a line; `form` says how files of it look when nothing else is known."""

    form: ClassVar[FileForm]

    def __init__(self, words_of: WordsOf = spacy_words) -> None:
        self._words_of = words_of

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read a file: one document a sentence, its entities the answer to a ner question.

        A document's id is its `# id =`, else `<file stem>-<number of the sentence>`. Raises SourceError
        with every problem of the file; a sentence is the record that `skip_bad` leaves out.
        """
        check_scheme(options.scheme)
        if options.kind not in (None, "ner"):
            problem = Problem(
                "kind", f"The format {self.form.name} holds entities, no {options.kind} answers."
            )
            raise refused(path, problem, hint="Name a ner question, or another format.")
        file = read_text(path, options.encoding)
        self._check_columns(file.text, path)
        parsed = parse_columns(file.text, self.n_columns)
        if not parsed.sentences:
            raise refused(path, Problem("no-sentences", "There are no sentences in this file."))
        good = [sentence for sentence in parsed.sentences if not sentence.problems]
        options = replace(options, scheme=scheme_read(good, options.scheme))
        found, hint = file_problems(good, options)
        if found:
            raise refused(path, *found, hint=hint)
        intake = Intake(path, options, "ner", unit="sentences", takes_blanks=True)
        _warn_of_form(intake.report, file, parsed)
        for sentence in parsed.sentences:
            self._take(sentence, parsed, intake, options)
        return intake.imported(self._file_layout(file, parsed))

    @property
    def n_columns(self) -> int:
        """How many columns a row has."""
        return 2 + len(self.form.fillers)

    def _check_columns(self, text: str, path: Path) -> None:
        """Raise SourceError for a file whose rows all have another number of columns."""
        found = other_columns(text, self.n_columns)
        if found:
            n_columns, problem = found
            raise refused(path, problem, hint=COLUMNS_HINTS.get(n_columns, OTHER_COLUMNS_HINT))

    def _take(self, sentence: Sentence, parsed: ColumnFile, intake: Intake, options: ReadOptions) -> None:
        n_repairs = 0 if sentence.problems else _judge(sentence, options)
        document = None if sentence.problems else self._document(sentence, parsed, intake.stem)
        if document is None:
            for problem in sentence.problems[:1] if options.skip_bad else sentence.problems:
                intake.refuse(problem)
            return
        bounds = document.layout["words"] if document.layout else []
        entities = entities_of(sentence.tags)
        spans = tuple(spans_under(bounds, entities, document.text))
        if not intake.add(document, spans, line=sentence.lines[0], adjusted=n_repairs > 0):
            return
        if n_repairs:
            intake.report.warn("tags repaired: one that goes on with nothing begins an entity", n_repairs)
        intake.report.counts.update(sentences=1, tokens=len(sentence.tokens), entities=len(entities))

    def _document(self, sentence: Sentence, parsed: ColumnFile, stem: str) -> Document | None:
        """Return the sentence as a document; None, and a problem in the sentence, when it cannot be one."""
        values = values_in(comment for _, comment in sentence.comments)
        document_id = f"{stem}-{sentence.number}"
        if "id" in values:
            document_id = unquoted(values["id"][0])
        found: tuple[str, list[int]] | None = joined(sentence.tokens)
        if "text" in values:
            found = text_with_tokens(values["text"][0], sentence.tokens)
        wrong = ""
        if any(len(lines) > 1 for lines in values.values()):
            wrong = "The sentence has two '# id =' or two '# text =' lines."
        elif not document_id:
            wrong = "The id is empty."
        elif found is None:
            wrong = "The tokens do not stand in this order in the '# text =' line."
        if wrong or found is None:
            sentence.problems.append(Problem("comments", wrong, line=sentence.lines[0], record=document_id))
            return None
        text, bounds = found
        return Document(document_id, text, layout=self._layout(sentence, bounds, parsed))

    def _layout(self, sentence: Sentence, bounds: list[int], parsed: ColumnFile) -> dict[str, Any]:
        usual = parsed.newline
        layout: dict[str, Any] = {
            "format": self.form.name,
            "separator": parsed.separator,
            "number": sentence.number,
            "words": bounds,
            "comments": [list(comment) for comment in sentence.comments],
            "after": sentence.after,
            "endings": [[n, ending] for n, ending in enumerate(sentence.endings) if ending != usual],
        }
        if self.form.fillers:
            layout["extras"] = sentence.extras
        return layout

    def _file_layout(self, file: TextFile, parsed: ColumnFile) -> dict[str, object]:
        return {
            "format": self.form.name,
            "encoding": file.encoding,
            "bom": file.bom,
            "newline": parsed.newline,
            "separator": parsed.separator,
            "standing": [list(place) for place in parsed.standing],
        }

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, object],
    ) -> ConversionReport:
        """Write documents as sentences, in the given order.

        Documents that came from this format get their lines back; others are cut into words and get
        `# id =` and `# text =` lines. A word that a span cuts is written in pieces, and the
        document counted as adjusted. Losses, refused unless `allow_loss`: documents without an answer,
        spans that overlap a longer one, and white space at the ends of a span. The report counts documents.
        """
        check_scheme(options.scheme)
        form = FileForm.of(file_layout, documents, options, default=self.form)
        writer = ColumnWriter(form, self._words_of, path, options)
        write_text(path, writer.text_of(documents, questions), encoding=form.encoding, bom=form.bom)
        return writer.report


def _judge(sentence: Sentence, options: ReadOptions) -> int:
    """Put what is wrong with the tags into the sentence's problems; return how many were repaired."""
    n_repairs = 0
    for fault in faults(sentence.tags, options.scheme):
        if options.repair_iob and fault.code in REPAIRABLE:
            n_repairs += 1
        else:
            line = sentence.lines[min(fault.word, len(sentence.lines) - 1)]
            sentence.problems.append(Problem(fault.code, fault.message, line=line))
    return n_repairs


def _warn_of_form(report: ConversionReport, file: TextFile, parsed: ColumnFile) -> None:
    if file.bom:
        report.warn(BYTE_ORDER_MARK)
    if parsed.n_odd_newlines:
        report.warn(MIXED_NEWLINES, parsed.n_odd_newlines)
    if parsed.n_blank_breaks:
        report.warn("sentence breaks that hold spaces or tabs", parsed.n_blank_breaks)


def joined(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """Return the tokens joined by one space, and their flat bounds in that text.

    >>> joined(["a", "bc"])
    ('a bc', [0, 1, 2, 4])
    """
    bounds: list[int] = []
    start = 0
    for token in tokens:
        bounds += (start, start + len(token))
        start += len(token) + 1
    return " ".join(tokens), bounds


def spans_under(bounds: Sequence[int], entities: Sequence[Entity], text: str) -> list[Span]:
    """Return entities as spans of the text."""
    return [
        Span.of(text, bounds[2 * entity.first], bounds[2 * entity.end - 1], entity.label)
        for entity in entities
    ]
