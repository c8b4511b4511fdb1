"""Which tagging scheme a whole file keeps to, when it is not the one that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.conversion import ReadOptions
from workbench.errors import Problem
from workbench.sources.columns import Sentence
from workbench.sources.iob_schemes import MARKS, SCHEMES, evidence, faults

REPAIRABLE = {"stray-inside", "type-change", "needless-begin", "unclosed"}
CLOSING_HINT = "One that is never closed ends with its last tag."
NAMED_LINES = 5
REPAIR_HINT = "--repair-iob takes a tag that goes on with nothing as the beginning of an entity."
ASKED_AS = {"bilou": "bioes"}  # reading bioes takes both ways to spell it


def scheme_read(sentences: Sequence[Sentence], asked: str) -> str:
    """Return the scheme to read by: the one asked for, or bilou when bioes was asked and no E or S occurs."""
    marks = {tag.mark for sentence in sentences for tag in sentence.tags}
    if asked == "bioes" and marks & set("LU") and not marks & set("ES"):
        return "bilou"
    return asked


def file_problems(sentences: Sequence[Sentence], options: ReadOptions) -> tuple[list[Problem], str]:
    """Return what is wrong with the scheme of the file as a whole, and a hint.

    A file that keeps to another scheme throughout gets one problem that names it and the first lines
    that tell; few stray tags may make an IOB2 file look like IOB1. A file that mixes
    schemes gets every fault, and the first line of each scheme. With `repair_iob` the faults of single
    tags pass; with `skip_bad` they are left to the sentences that have them.
    """
    scheme = options.scheme
    strict = {"foreign-mark"} if options.repair_iob else {"foreign-mark", *REPAIRABLE}
    found = [
        Problem(fault.code, fault.message, line=sentence.lines[min(fault.word, len(sentence.lines) - 1)])
        for sentence in sentences
        for fault in faults(sentence.tags, scheme)
        if fault.code in strict
    ]
    if not found:
        return [], ""
    for other in SCHEMES:
        if other != scheme and not any(faults(sentence.tags, other) for sentence in sentences):
            return [_other_scheme(other, scheme, found)], _hint_for(other, scheme)
    mixed = _mixed(sentences)
    if options.skip_bad:
        return [], ""
    return [*mixed, *found], REPAIR_HINT if MARKS[scheme] == "BIO" else f"{REPAIR_HINT} {CLOSING_HINT}"


def _other_scheme(other: str, scheme: str, found: Sequence[Problem]) -> Problem:
    """Return the problem of a file that keeps to another scheme than the one asked for."""
    said = "1 tag says so" if len(found) == 1 else f"{len(found)} tags say so"
    lines = ", ".join(str(problem.line) for problem in found[:NAMED_LINES])
    more = " …" if len(found) > NAMED_LINES else ""
    message = f"This looks like {other.upper()}, not {scheme.upper()}: {said} (line {lines}{more})."
    return Problem("other-scheme", message, line=found[0].line)


def _hint_for(other: str, scheme: str) -> str:
    hint = f"If it is, read it with --scheme {ASKED_AS.get(other, other)}."
    if (other, scheme) == ("iob1", "iob2"):
        hint += f" If these tags are mistakes in an IOB2 file: {REPAIR_HINT}"
    return hint


def _mixed(sentences: Sequence[Sentence]) -> list[Problem]:
    first: dict[str, int] = {}
    for sentence in sentences:
        for scheme, word in evidence(sentence.tags).items():
            first.setdefault(scheme, sentence.lines[word])
    if len(first) < 2:
        return []
    ordered = sorted(first.items(), key=lambda item: item[1])
    places = ", ".join(f"{scheme.upper()} first at line {line}" for scheme, line in ordered)
    return [Problem("mixed-schemes", f"The file mixes schemes: {places}.", line=ordered[0][1])]
