"""Files of one token a line: lines to sentences, with everything that is not a token kept beside them.

A sentence ends at a line that is empty or holds only spaces and tabs, or at a -DOCSTART- line.
Columns are parted by one tab or one space, the same throughout; where they are parted by tabs a token may
hold spaces, but not at its ends. A line that begins with `# ` (or is `#`)
and is not a row of its own (`#` with a tag is a token) is a comment. Comments beside tokens belong to
their sentence; -DOCSTART- lines and comments that stand alone belong to the file (`standing`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.errors import InputError, Problem
from workbench.sources.iob_schemes import OUTSIDE, Tag, parse_tag
from workbench.sources.text_files import lines, usual_newline

DOCSTART = "-DOCSTART-"
OWN_COMMENT = re.compile(r"# (?:id|text) = ")
BLANKS = " \t"
NAMES = {"\t": "tab", " ": "space"}


@dataclass(slots=True)
class Sentence:
    """One sentence as its lines say it.

    `number` counts from 1 in the file. `lines` holds the line number of each token, `extras` its columns
    between token and tag. `comments` stand before the token of that number. `after` holds the break
    lines, `endings` the line break of every line: comments and tokens in order, then `after`.
    """

    number: int
    lines: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    extras: list[list[str]] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ColumnFile:
    """A parsed file. `standing` lines, verbatim, come before the sentence of that number."""

    sentences: list[Sentence]
    standing: list[tuple[int, str]]
    separator: str
    newline: str
    n_odd_newlines: int
    n_blank_breaks: int


def parse_columns(text: str, n_columns: int) -> ColumnFile:
    """Part a text into sentences. What is wrong with a row is kept in its sentence's `problems`."""
    parser = _Parser(n_columns, _separator(text, n_columns))
    newline, n_odd = usual_newline(ending for _, ending in lines(text))
    for number, (line, ending) in enumerate(lines(text), start=1):
        parser.take(line, ending, number)
    parser.finish()
    return ColumnFile(
        parser.sentences, parser.standing, parser.separator, newline, n_odd, parser.n_blank_breaks
    )


def _separator(text: str, n_columns: int) -> str:
    """Return the separator of the first row with the right columns and a tag.

    Where no row has a tag, that of the first with the right columns; where none has those, a tab.
    """
    likely = ""
    for line, _ in lines(text):
        for separator in NAMES:
            cells = line.split(separator)
            fits = len(cells) == n_columns and all(cells) and not _is_mixed(cells)
            if fits and not line.startswith(DOCSTART):
                if _is_tag(cells[-1]):
                    return separator
                likely = likely or ("" if line.startswith("# ") else separator)
    return likely or "\t"


def _is_mixed(cells: Sequence[str]) -> bool:
    """Tell whether cells hold what may part columns too: a tab, or a space at an end."""
    return any("\t" in cell or cell != cell.strip(BLANKS) for cell in cells)


def other_columns(text: str, n_columns: int) -> tuple[int, Problem] | None:
    """Return how many columns the first row with a tag has when no row has this many, and the problem."""
    first: tuple[int, Problem] | None = None
    for number, (line, _) in enumerate(lines(text), start=1):
        if line.startswith((DOCSTART, "# ")) or not line.strip(BLANKS):
            continue
        for separator, name in NAMES.items():
            cells = line.split(separator)
            if len(cells) == n_columns and _is_tag(cells[-1].strip(BLANKS)):
                return None
            if first is None and len(cells) > 1 and all(cells) and _is_tag(cells[-1]):
                message = f"{len(cells)} columns parted by a {name}, not {n_columns}: {line[:80]!r}."
                first = len(cells), Problem("column-count", message, line=number)
    return first


def _is_tag(text: str) -> bool:
    try:
        parse_tag(text)
    except InputError:
        return False
    return True


class _Parser:
    def __init__(self, n_columns: int, separator: str) -> None:
        self.n_columns = n_columns
        self.separator = separator
        self.sentences: list[Sentence] = []
        self.standing: list[tuple[int, str]] = []
        self.n_blank_breaks = 0
        self._open: Sentence | None = None
        self._tail: Sentence | None = None  # the sentence that further break lines belong to

    def take(self, line: str, ending: str, number: int) -> None:
        if not line.strip(BLANKS):
            self.n_blank_breaks += line != ""
            self._take_break(line, ending)
        elif self._is_docstart(line):
            self._take_docstart(line, ending, number)
        elif self._is_comment(line):
            sentence = self._sentence()
            sentence.comments.append((len(sentence.tokens), line))
            sentence.endings.append(ending)
        else:
            self._take_row(line, ending, number)

    def finish(self) -> None:
        """Close the last sentence; comments that no token follows belong to the file."""
        sentence, self._open = self._open, None
        if sentence is None:
            return
        if sentence.tokens:
            self.sentences.append(sentence)
            self._tail = sentence
            return
        for (_, line), ending in zip(sentence.comments, sentence.endings, strict=True):
            self._stand(line + ending)

    def _sentence(self) -> Sentence:
        if self._open is None:
            self._open = Sentence(len(self.sentences) + 1)
            self._tail = None
        return self._open

    def _stand(self, text: str) -> None:
        self.standing.append((len(self.sentences) + 1, text))
        self._tail = None

    def _take_break(self, line: str, ending: str) -> None:
        self.finish()
        if self._tail is None:
            self._stand(line + ending)
        else:
            self._tail.after.append(line)
            self._tail.endings.append(ending)

    def _is_docstart(self, line: str) -> bool:
        return line == DOCSTART or line.startswith((DOCSTART + "\t", DOCSTART + " "))

    def _take_docstart(self, line: str, ending: str, number: int) -> None:
        mark = line.split(self.separator)[-1]
        if mark != "O" and _is_tag(mark):
            self._take_row(line, ending, number)
            problem = Problem("docstart", "A -DOCSTART- line cannot be an entity.", line=number)
            self._sentence().problems.append(problem)
            return
        self.finish()
        self._stand(line + ending)

    def _is_comment(self, line: str) -> bool:
        if line != "#" and not line.startswith("# "):
            return False
        if self.separator == " " and OWN_COMMENT.match(line):
            return True
        cells = line.split(self.separator)
        return len(cells) != self.n_columns or not all(cells) or not _is_tag(cells[-1])

    def _take_row(self, line: str, ending: str, number: int) -> None:
        sentence = self._sentence()
        cells = line.split(self.separator)
        tag = OUTSIDE
        problem = self._row_problem(line, cells, number)
        if problem is None:
            try:
                tag = parse_tag(cells[-1])
            except InputError as error:
                problem = Problem("tag", f"{error.message} {error.hint}".strip(), line=number)
        if problem is not None:
            sentence.problems.append(problem)
        sentence.tokens.append(cells[0])
        sentence.tags.append(tag)
        sentence.extras.append(cells[1:-1])
        sentence.lines.append(number)
        sentence.endings.append(ending)

    def _row_problem(self, line: str, cells: list[str], number: int) -> Problem | None:
        name = NAMES[self.separator]
        if len(cells) == self.n_columns and all(cells):
            if not _is_mixed(cells):
                return None
            message = (
                f"Columns are parted by a {name} in this file, here by a tab and a space: {line[:80]!r}."
            )
            return Problem("mixed-separators", message, line=number)
        other = "\t" if self.separator == " " else " "
        if len(line.split(other)) == self.n_columns and self.separator not in line.strip(self.separator):
            message = f"Columns are parted by a {NAMES[other]} here, but by a {name} before."
            return Problem("mixed-separators", message, line=number)
        if len(cells) == 1:
            message = f"Only a token and no tag: {line[:80]!r} (a comment begins with '# ')."
            return Problem("no-tag", message, line=number)
        if len(cells) == self.n_columns:
            return Problem("empty-cell", f"A column is empty: {line[:80]!r}.", line=number)
        message = f"{len(cells)} columns parted by a {name}, not {self.n_columns}: {line[:80]!r}."
        return Problem("column-count", message, line=number)
