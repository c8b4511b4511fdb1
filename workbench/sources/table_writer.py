"""Documents with labels to the text of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.domain.conversion import ConversionReport, LabelledDocument, WriteOptions
from workbench.domain.questions import Question
from workbench.errors import Problem
from workbench.sources.answers import Chosen, Losses, chosen_answers, one_question
from workbench.sources.csv_rows import excel_safe, format_row
from workbench.sources.text_files import checked_newline, encoding_to_write, refused

NONE_APPLIES = "|"
TAB_SUFFIXES = (".tsv", ".tab")


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a table looks: its header, which columns mean what, and how cells and rows are parted."""

    header: tuple[str, ...] = ("id", "text")
    header_quoted: tuple[int, ...] = ()
    id: int | None = 0
    text: int = 1
    label: int | None = None
    delimiter: str = ","
    newline: str = "\n"
    final_newline: bool = True
    sep_line: bool = False
    encoding: str = "utf-8"
    bom: bool = False

    @classmethod
    def of(cls, file_layout: Mapping[str, Any], path: Path, options: WriteOptions) -> TableForm:
        """Return the form of the file that the documents came from, as far as it is known."""
        if file_layout.get("format") != "csv":
            delimiter = "\t" if path.suffix.lower() in TAB_SUFFIXES else ","
            form = cls(delimiter=delimiter, newline=checked_newline(options.newline))
        else:
            known = {name: value for name, value in file_layout.items() if name != "format"}
            known |= {name: tuple(known[name]) for name in ("header", "header_quoted")}
            form = cls(**known)
        encoding, bom = encoding_to_write(options.encoding, form.encoding, bom=form.bom)
        return replace(form, encoding=encoding, bom=bom)

    def with_label(self, name: str) -> TableForm:
        """Return the form with a column for labels, added at the end when there is none yet."""
        if self.label is not None:
            return self
        return replace(self, header=(*self.header, name), label=len(self.header))

    def with_columns(self, names: Sequence[str]) -> TableForm:
        """Return the form with these columns added at the end."""
        return replace(self, header=(*self.header, *names))


class TableWriter:
    """Builds one table; what could not be written exactly is in `report`, which counts documents."""

    def __init__(self, form: TableForm, path: Path, options: WriteOptions) -> None:
        self.report = ConversionReport()
        self._form = form
        self._path = path
        self._excel_safe = options.excel_safe
        self._losses = Losses(path, options, self.report)

    def text_of(self, documents: Sequence[LabelledDocument], questions: Sequence[Question]) -> str:
        """Return the text of the table. Raises SourceError for losses that are not allowed."""
        question = one_question(questions, ("textcat", "textcat-multi"), self._path, format_name="csv")
        chosen = chosen_answers(documents, question, self._losses)
        self._add_columns(chosen, question)
        form = self._form
        rows = [format_row(form.header, form.delimiter, form.header_quoted)]
        for number, item in enumerate(chosen, start=1):
            layout = item.document.layout or {}
            quoted = layout["quoted"] if layout.get("format") == "csv" else ()
            if form.id is None:
                self._losses.warn_of_id(item.document.id, number)
            rows.append(format_row(self._cells(item, question), form.delimiter, quoted))
        self._losses.check()
        if not chosen:
            raise refused(self._path, Problem("no-documents", "There is no document to write."))
        if form.sep_line:
            rows.insert(0, f"sep={form.delimiter}")
        return form.newline.join(rows) + (form.newline if form.final_newline else "")

    def _add_columns(self, chosen: Sequence[Chosen], question: Question | None) -> None:
        """Add the columns that the form lacks: the label, then metadata by name as they first occur."""
        if question is not None:
            self._form = self._form.with_label(question.name)
        fixed = {n for n in (self._form.id, self._form.text, self._form.label) if n is not None}
        taken = {self._form.header[n] for n in fixed}
        names = dict.fromkeys(name for item in chosen for name in item.document.metadata)
        clash = sorted(taken & set(names))
        if clash:
            message = f"The metadata has the names of other columns: {', '.join(clash)}."
            raise refused(self._path, Problem("metadata", message), hint="Rename them before the export.")
        known = set(self._form.header)
        self._form = self._form.with_columns([name for name in names if name not in known])

    def _cells(self, item: Chosen, question: Question | None) -> list[str]:
        form, document = self._form, item.document
        values = {name: _as_text(value) for name, value in document.metadata.items()}
        cells = [values.get(name, "") for name in form.header]
        cells[form.text] = document.text
        if form.id is not None:
            cells[form.id] = document.id
        lost = item.lost
        if form.label is not None:
            label = self._label_cell(item, question)
            cells[form.label] = label or ""
            lost = lost or label is None
        safe = [excel_safe(cell) for cell in cells] if self._excel_safe else cells
        retyped = any(value == "" or not isinstance(value, str) for value in document.metadata.values())
        if retyped:
            self.report.warn("metadata that is no text written as JSON")
        if safe != cells:
            self.report.warn("cells that begin like a formula written with an apostrophe")
        if not lost:
            adjusted = retyped or safe != cells
            self.report.adjusted += adjusted
            self.report.kept += not adjusted
        return safe

    def _label_cell(self, item: Chosen, question: Question | None) -> str | None:
        """Return what the label cell says; None when it cannot say the answer."""
        if item.answer is None or question is None:
            return ""
        labels = item.answer.labels
        if question.kind == "textcat":
            return labels[0]
        bad = [label for label in labels if NONE_APPLIES in label]
        if bad:
            message = f"The label {bad[0]!r} holds '{NONE_APPLIES}', which parts labels here."
            self._losses.reject(Problem("label", message, record=item.document.id))
            return None
        return NONE_APPLIES.join(labels) or NONE_APPLIES


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
