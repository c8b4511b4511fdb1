"""Which column of a table means what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.config import LIMITS
from workbench.domain.conversion import ReadOptions
from workbench.errors import Problem, SourceError
from workbench.sources.text_files import refused

NO_LABELS = "-"


@dataclass(frozen=True, slots=True)
class Columns:
    """The numbers of the columns; `others` go to the metadata."""

    text: int
    label: int | None
    id: int | None
    others: tuple[int, ...]


def find_columns(header: Sequence[str], options: ReadOptions, path: Path, *, line: int) -> Columns:
    """Return the columns to read.

    Text is `text` unless named, id is `id` where there is one. The label is the column named, the only
    other one, or the one called as the question; then the rest is metadata. `-` says that no column is
    the label. Raises SourceError, with the columns found, when a column is missing, stands twice, or the
    label is not clear.
    """
    _check_header(header, path, line)
    text = _number(header, options.text_column or "text", "text", path, line)
    id_column: int | None = None
    if options.id_column or "id" in header:
        id_column = _number(header, options.id_column or "id", "id", path, line)
    others = [n for n in range(len(header)) if n not in (text, id_column)]
    if options.label_column == NO_LABELS and NO_LABELS not in header:
        return Columns(text, None, id_column, tuple(others))
    label: int | None = None
    if options.label_column:
        label = _number(header, options.label_column, "label", path, line)
    elif len(others) == 1:
        label = others[0]
    elif options.question in (header[n] for n in others):
        label = header.index(options.question)
    elif others:
        message = f"Several columns could be the label. {_found(header)}"
        hint = f"Name it with --label-column; '{NO_LABELS}' says that there is none."
        raise refused(path, Problem("label-column", message, line=line), hint=hint)
    if label in (text, id_column) and label is not None:
        raise refused(path, Problem("label-column", "One column cannot be two things.", line=line))
    return Columns(text, label, id_column, tuple(n for n in others if n != label))


def _check_header(header: Sequence[str], path: Path, line: int) -> None:
    if len(header) > LIMITS.columns:
        problem = Problem("columns", f"{len(header)} columns; the limit is {LIMITS.columns}.", line=line)
        raise refused(path, problem)
    twice = [name for name, n in Counter(header).items() if n > 1]
    if twice:
        message = f"Columns stand twice: {', '.join(map(repr, twice))}. {_found(header)}"
        raise refused(path, Problem("duplicate-columns", message, line=line))


def _number(header: Sequence[str], name: str, what: str, path: Path, line: int) -> int:
    if name in header:
        return header.index(name)
    raise _missing(header, name, what, path, line)


def _missing(header: Sequence[str], name: str, what: str, path: Path, line: int) -> SourceError:
    alike = [column for column in header if column.strip().casefold() == name.casefold()]
    hint = f"Name the column with --{what}-column"
    hint += f": {alike[0]!r} is written in another way." if alike else "."
    message = f"There is no column {name!r}. {_found(header)}"
    return refused(path, Problem("missing-column", message, line=line), hint=hint)


def _found(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in header[:20])
    return f"Columns found: {shown}{' …' if len(header) > 20 else ''}."
