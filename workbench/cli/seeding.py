"""The options by which `propose` is told what words to look for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.config import Home

SeedTerms = Annotated[
    list[str] | None,
    typer.Option(
        "--term",
        metavar="WORD[=LABEL]",
        help="A word to look for with --strategy seeds, and its label; may be given several times.",
    ),
]
TermsFile = Annotated[
    Path | None,
    typer.Option(
        "--terms",
        help="A dictionary for --strategy seeds: label,word in each line, or a word.",
        show_default=False,
        dir_okay=False,
    ),
]


def gather_terms(
    name: str, question: str, given: list[str] | None, file: Path | None
) -> list[tuple[str, str]]:
    """Return the terms of the options and of the file as pairs of word and label."""
    from workbench.usecases.project import open_project
    from workbench.usecases.read_terms import parse_terms, read_terms

    pairs = parse_terms(given or ())
    if file is not None:
        with open_project(Home.find(), name) as project:
            pairs += read_terms(file, project.store.question(question))
    return pairs
