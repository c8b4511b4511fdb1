"""The rows of delimited text, strictly: a fault is a fault, not a guess (RFC 4180, any delimiter).

A cell is quoted with `"` when it holds the delimiter, a quotation mark or a line break; inside, `"` is
doubled. Python's csv module lets a quotation mark inside an unquoted cell pass and does not say which
cells were quoted, so it could neither refuse nor give a file back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from workbench.errors import Problem
from workbench.sources.text_files import LINE_BREAK

QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
EXCEL_HINT = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\n|\r)')
DELIMITERS = (",", ";", "\t")
NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
NEEDS_QUOTES = re.compile(r'["\r\n]')
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Row(NamedTuple):
    """One row as it stands in the file.

    `line` is where it begins, `ending` the break behind it, `quoted` the numbers of its quoted cells.
    """

    line: int
    cells: list[str]
    ending: str = ""
    quoted: tuple[int, ...] = ()
    problem: Problem | None = None


class _FaultError(Exception):
    """A row that is not delimited text; carries code and message."""


def read_rows(text: str, delimiter: str, *, start: int = 0, line: int = 1) -> Iterator[Row]:
    """Yield the rows of a text from the character `start`, which stands on `line`.

    After a row that is wrong, reading goes on with the next line.
    """
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    while start < len(text):
        found = LINE_BREAK.search(text, start)
        end, following = (found.start(), found.end()) if found else (len(text), len(text))
        raw = text[start:end]
        if '"' not in raw:
            yield Row(line, raw.split(delimiter), text[end:following])
            start, line = following, line + 1
            continue
        try:
            cells, quoted, row_end = _quoted_row(text, start, delimiter, plain)
        except _FaultError as fault:
            code, message = fault.args
            yield Row(line, [], text[end:following], problem=Problem(code, message, line=line))
            start, line = following, line + 1
            continue
        n_breaks = 0 if row_end == end else len(LINE_BREAK.findall(text, start, row_end))
        found = LINE_BREAK.match(text, row_end)
        yield Row(line, cells, found[0] if found else "", quoted)
        start, line = (found.end() if found else row_end), line + n_breaks + 1


def _quoted_row(
    text: str, place: int, delimiter: str, plain: re.Pattern[str]
) -> tuple[list[str], tuple[int, ...], int]:
    """Return the cells of a row, which of them are quoted, and where the row ends."""
    cells: list[str] = []
    quoted: list[int] = []
    while True:
        if text.startswith('"', place):
            found = QUOTED.match(text, place)
            if found is None:
                raise _FaultError("open-quote", "A quotation mark is opened here and never closed.")
            quoted.append(len(cells))
            cells.append(found[1].replace('""', '"'))
        else:
            found = plain.match(text, place)
            cells.append(found[0] if found else "")
            if '"' in cells[-1]:
                raise _FaultError(
                    "quote",
                    f"A quotation mark inside a cell without quotes: {cells[-1][:60]!r}. "
                    'Put the cell in quotes and double those inside: "say ""yes"" now".',
                )
        place = found.end() if found else place
        if not text.startswith(delimiter, place):
            break
        place += len(delimiter)
    if place < len(text) and text[place] not in "\r\n":
        raise _FaultError("quote", f"Text follows a closing quotation mark: {text[place : place + 60]!r}.")
    return cells, tuple(quoted), place


def format_row(cells: Sequence[str], delimiter: str, quoted: Collection[int] = ()) -> str:
    """Return a row without its line break; cells that need quotes, and those numbered, are quoted."""
    return delimiter.join(
        '"' + cell.replace('"', '""') + '"' if number in quoted or needs_quotes(cell, delimiter) else cell
        for number, cell in enumerate(cells)
    )


def needs_quotes(cell: str, delimiter: str) -> bool:
    """Tell whether a cell can only be read back when it is quoted.

    >>> needs_quotes("a,b", ","), needs_quotes("a,b", ";")
    (True, False)
    """
    return delimiter in cell or NEEDS_QUOTES.search(cell) is not None


def excel_safe(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it and computes nothing (OWASP, CSV injection).

    >>> excel_safe("=1+1"), excel_safe("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def sniff_delimiter(text: str) -> tuple[str, int]:
    """Return the delimiter that a text announces or uses in its first row, and where its header begins.

    Excel's `sep=;` line decides; else the one candidate that stands outside quotes in the first row. A
    row without any is one column. '' means that several stand there and a person must say.
    """
    announced = EXCEL_HINT.match(text)
    if announced:
        return announced[1], announced.end()
    bare = QUOTED.sub("", text[:100_000])
    first = LINE_BREAK.split(bare, maxsplit=1)[0]
    present = [delimiter for delimiter in DELIMITERS if delimiter in first]
    if len(present) > 1:
        return "", 0
    return (present[0] if present else ","), 0
