"""Read the words that speak for labels: from a command, or from a dictionary in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench import catalog
from workbench.domain.questions import Question
from workbench.domain.terms import Term, terms_of_labels
from workbench.errors import InputError, Problem, SourceError, UnknownNameError
from workbench.sources.csv_rows import read_rows
from workbench.sources.text_files import read_text
from workbench.usecases.gather_inputs import wanted

MOST_TERMS = 5_000
HEADERS = (("label", "word"), ("label", "term"))


def parse_terms(given: Iterable[str]) -> list[tuple[str, str]]:
    """Read WORD or WORD=LABEL each; returns pairs of word and label, "" for none. Raises InputError.

    >>> parse_terms(["refund=complaint", "cancel my account"])
    [('refund', 'complaint'), ('cancel my account', '')]
    """
    pairs = []
    for text in given:
        word, equals, label = text.rpartition("=")
        pairs.append((word.strip(), label.strip()) if equals else (text.strip(), ""))
        if not all(pairs[-1]) and equals:
            raise InputError(f"'{text}' lacks a word or its label.", hint="Write WORD or WORD=LABEL.")
        Term(*pairs[-1])
    return pairs


def read_terms(path: Path, question: Question) -> list[tuple[str, str]]:
    """Read a dictionary as pairs of word and label, in the file's order, each once.

    One word a line: `label,word` as CSV (or with tabs), `LABEL word word …` as gazetteers have it, where LABEL
    is one of the question's, or a word alone. Empty lines, and a first line that names the columns, say
    nothing. Raises SourceError naming every line that is wrong.
    """
    text = read_text(path).text
    lines = [line for line in text.split("\n") if line.strip()]
    delimiter = "\t" if any("\t" in line for line in lines) else ","
    is_table = any(delimiter in line for line in lines)
    pairs: dict[tuple[str, str], None] = {}
    problems: list[Problem] = []
    for row in read_rows(text, delimiter) if is_table else read_rows(text, "\t"):
        cells = [cell.strip() for cell in row.cells]
        if row.problem is not None:
            problems.append(row.problem)
        elif any(cells) and not (row.line == 1 and tuple(cell.lower() for cell in cells) in HEADERS):
            pair = _pair_of(cells, question, is_table=is_table)
            if isinstance(pair, str):
                problems.append(Problem("no-term", pair, line=row.line))
            else:
                pairs[pair] = None
    if problems:
        raise SourceError(str(path), problems, hint="Write label,word or one word a line.")
    if not pairs:
        raise SourceError(str(path), [Problem("empty", "There is no word in this file.")])
    return list(pairs)


def terms_for(question: Question, given: Sequence[Sequence[str]]) -> tuple[Term, ...] | None:
    """Return the terms that were given, else the names of the labels; None when there are neither.

    Raises UnknownNameError for a label that the question does not have, unless it has none yet, and
    InputError for more than 5,000 terms.
    """
    terms = tuple(Term(word, label) for word, label in given)
    if len(terms) > MOST_TERMS:
        raise InputError(
            f"{len(terms):,} terms are more than the {MOST_TERMS:,} that are looked for at once.",
            hint="A few dozen for each label are enough for a first batch.",
        )
    for term in terms:
        if term.label and question.labels and term.label not in question.labels:
            raise UnknownNameError("label", term.label, question.labels)
    return terms or terms_of_labels(question.labels) or None


def terms_wanted(
    strategy: str, question: Question, given: Sequence[Sequence[str]]
) -> tuple[Term, ...] | None:
    """Return the terms for a strategy that looks for words, None for another one.

    Raises InputError when terms were given to one that does not, and what `terms_for` raises.
    """
    if "terms" in wanted(catalog.strategy(strategy)):
        return terms_for(question, given)
    if given:
        raise InputError(f"The strategy '{strategy}' looks for no words.", hint="Say --strategy seeds.")
    return None


def _pair_of(cells: Sequence[str], question: Question, *, is_table: bool) -> tuple[str, str] | str:
    """Return word and label of a line, or what is wrong with it."""
    if is_table:
        if len(cells) > 2 or not all(cells):
            return f"This line has {len(cells)} cells; label and word are two."
        return (cells[-1], cells[0] if len(cells) == 2 else "")
    label, _, word = cells[0].partition(" ")
    return (word.strip(), label) if word.strip() and label in question.labels else (cells[0], "")
