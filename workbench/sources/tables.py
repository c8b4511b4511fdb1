"""CSV and TSV: a row a document, with a header; columns for text, label, id and metadata.

The label cell holds one label, or for a textcat-multi question any number of them parted by `|`; a
single `|` says that none applies, an empty cell that nobody has answered. Ids come from the id column,
else they are `<file stem>-<number of the row>`. All cells are text, and an empty metadata cell is none.

Cells that a spreadsheet would take for a formula are read and written as they are; with `excel_safe`
they are written with an apostrophe before them, and counted as adjusted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.documents import Document
from workbench.domain.questions import SLUG, Kind, Question
from workbench.errors import InputError, Problem, SourceError
from workbench.sources.csv_rows import NAMES, Row, needs_quotes, read_rows, sniff_delimiter
from workbench.sources.intake import BYTE_ORDER_MARK, MIXED_NEWLINES, Intake
from workbench.sources.table_columns import NO_LABELS, Columns, find_columns
from workbench.sources.table_writer import NONE_APPLIES, TAB_SUFFIXES, TableForm, TableWriter
from workbench.sources.text_files import TextFile, read_text, refused, usual_newline, write_text

PARTED_ELSEWISE = re.compile(r"[;,]|^\[.*\]$", re.DOTALL)


class CsvSource:
    """Reads and writes delimited text with a header; the delimiter is told by the file or the options."""

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read a table: see the module and `find_columns`; a row is the record that `skip_bad` leaves out.

        A table without a label column brings documents for a question of any kind. Raises SourceError
        for one without rows, whose delimiter or label column is not clear, that has labels for a ner
        question, or that has faults; the problems name their lines.
        """
        file = read_text(path, options.encoding)
        delimiter, start = delimiter_of(file.text, options, path)
        rows = read_rows(file.text, delimiter, start=start, line=1 + (start > 0))
        header = next(rows, Row(1, []))
        if header.problem:
            raise refused(path, header.problem)
        columns = find_columns(header.cells, options, path, line=header.line)
        if options.kind == "ner" and columns.label is not None:
            raise _no_spans(header.cells[columns.label], path, header.line)
        kind, question = question_of(header.cells, columns, options)
        intake = Intake(path, options, kind, question=question, unit="rows")
        usual = "\t" if options.name_of(path).lower().endswith(tuple(TAB_SUFFIXES)) else ","
        if delimiter != usual:
            intake.report.warn(
                f"columns parted by {NAMES.get(delimiter, delimiter)}, not by {NAMES.get(usual, usual)}"
            )
        reader = _TableReader(intake, header.cells, columns, delimiter)
        endings = [header.ending, *(reader.take(row) for row in rows)]
        if reader.n_rows == 0:
            raise refused(path, Problem("no-rows", "There are 0 rows below the header."))
        reader.finish(options.labels or ())
        intake.report.counts.update(rows=reader.n_rows)
        layout = file_layout(file, header, columns, endings, intake.report)
        return intake.imported({**layout, "delimiter": delimiter, "sep_line": start > 0})

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, object],
    ) -> ConversionReport:
        """Write a row a document, in the given order, in the form of the file they came from if known.

        New files have the columns id, text, the question's name and the metadata. A label that holds `|`
        in a textcat-multi answer is a loss, refused unless `allow_loss`; metadata that is no text is
        written as JSON and counted. The report counts documents.
        """
        form = TableForm.of(file_layout, path, options)
        writer = TableWriter(form, path, options)
        write_text(path, writer.text_of(documents, questions), encoding=form.encoding, bom=form.bom)
        return writer.report


def delimiter_of(text: str, options: ReadOptions, path: Path) -> tuple[str, int]:
    """Return the delimiter and where the header begins. Raises SourceError when it is not clear."""
    delimiter, start = sniff_delimiter(text)
    if options.delimiter:
        if len(options.delimiter) != 1 or options.delimiter in '"\r\n':
            raise InputError(f"{options.delimiter!r} cannot part columns.", hint="Name one character.")
        return options.delimiter, start
    if not delimiter:
        message = "The first row holds several characters that could part columns: , ; or tab."
        raise refused(path, Problem("delimiter", message, line=1), hint="Name one with --delimiter.")
    return delimiter, start


def _no_spans(column: str, path: Path, line: int) -> SourceError:
    """Return the error that refuses a column of labels as the answers to a ner question."""
    message = f"A table holds labels, not spans; the column '{column[:60]}' cannot answer a ner question."
    hint = (
        f"--label-column {NO_LABELS} imports the texts alone, with that column as metadata. Spans come as "
        "IOB2, CoNLL-2003, JSON Lines, DocBin or Label Studio."
    )
    return refused(path, Problem("kind", message, line=line), hint=hint)


def question_of(header: Sequence[str], columns: Columns, options: ReadOptions) -> tuple[Kind | None, str]:
    """Return the kind of the question that the table answers (None: none) and the name its column gives it."""
    if columns.label is None:
        return options.kind, ""
    name = header[columns.label]
    return options.kind or "textcat", name if SLUG.fullmatch(name) else ""


class _TableReader:
    """Puts rows into the intake one by one."""

    def __init__(self, intake: Intake, header: Sequence[str], columns: Columns, delimiter: str) -> None:
        self.n_rows = 0
        self._intake = intake
        self._header = header
        self._columns = columns
        self._delimiter = delimiter
        self._parted_elsewise: list[tuple[int, str]] = []
        self._has_parted = False

    def take(self, row: Row) -> str:
        """Take or refuse a row; return the break that ends it."""
        if row.cells == [""] and not row.quoted:
            self._intake.report.warn("blank lines left out")
            return row.ending
        self.n_rows += 1
        problem = row.problem or self._problem_with(row)
        if problem:
            self._intake.refuse(problem)
            return row.ending
        columns, cells = self._columns, row.cells
        document_id = f"{self._intake.stem}-{self.n_rows}" if columns.id is None else cells[columns.id]
        metadata = {self._header[n]: cells[n] for n in columns.others if cells[n]}
        document = Document(document_id, cells[columns.text], metadata, self._layout(row))
        answer = None if columns.label is None else labels_in(cells[columns.label], self._intake.kind)
        if columns.label is not None and self._intake.kind == "textcat-multi":
            self._look_at(cells[columns.label], row.line)
        self._intake.add(document, answer, line=row.line)
        return row.ending

    def _look_at(self, cell: str, line: int) -> None:
        self._has_parted = self._has_parted or NONE_APPLIES in cell
        if PARTED_ELSEWISE.search(cell):
            self._parted_elsewise.append((line, cell))

    def finish(self, declared: Collection[str]) -> None:
        """Count the cells that seem to hold several labels, when no cell of the file parts them as it must."""
        odd = [(line, cell) for line, cell in self._parted_elsewise if cell not in declared]
        if odd and not self._has_parted:
            line, cell = odd[0]
            self._intake.report.warn(
                f"label cells read as one label, though they hold ; or , or a list: labels are parted by "
                f"{NONE_APPLIES} (first at line {line}: {cell[:60]!r})",
                len(odd),
            )

    def _problem_with(self, row: Row) -> Problem | None:
        n_cells = len(row.cells)
        if n_cells != len(self._header):
            message = f"{n_cells} cell{'s' if n_cells != 1 else ''}, but the header has {len(self._header)} columns."
            return Problem("cell-count", message, line=row.line)
        if self._columns.id is not None and not row.cells[self._columns.id]:
            return Problem("id", "The id is empty.", line=row.line)
        return None

    def _layout(self, row: Row) -> dict[str, Any] | None:
        """Return which cells are quoted without need; None when there are none."""
        needless = [n for n in row.quoted if not needs_quotes(row.cells[n], self._delimiter)]
        return {"format": "csv", "quoted": needless} if needless else None


def labels_in(cell: str, kind: Kind | None) -> tuple[str, ...] | None:
    """Return the labels that a cell says, None for an empty one.

    >>> labels_in("a|b", "textcat-multi"), labels_in("a|b", "textcat"), labels_in("", "textcat")
    (('a', 'b'), ('a|b',), None)
    """
    if not cell:
        return None
    if kind != "textcat-multi":
        return (cell,)
    return () if cell == NONE_APPLIES else tuple(cell.split(NONE_APPLIES))


def file_layout(
    file: TextFile, header: Row, columns: Columns, endings: Sequence[str], report: ConversionReport
) -> dict[str, object]:
    """Return what is needed to write the table in the same form, and count what will be evened out."""
    newline, n_odd = usual_newline(endings)
    if file.bom:
        report.warn(BYTE_ORDER_MARK)
    if n_odd:
        report.warn(MIXED_NEWLINES, n_odd)
    return {
        "format": "csv",
        "encoding": file.encoding,
        "bom": file.bom,
        "newline": newline,
        "header": header.cells,
        "header_quoted": list(header.quoted),
        "text": columns.text,
        "label": columns.label,
        "id": columns.id,
        "final_newline": bool(endings[-1]),
    }
