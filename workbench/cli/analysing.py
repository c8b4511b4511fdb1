"""The command that looks for what spoils a training."""

from __future__ import annotations

from typing import Any

from workbench.cli.options import ProjectName, QuestionName, ReportFile
from workbench.cli.printing import counted, progress_bar, write_report
from workbench.config import Home

SHOWN_GROUPS, SHOWN_IDS = 5, 6
NAMES = {
    "leak": "leaks, equal texts in the pool and the held-out set",
    "near-leak": "near leaks, held-out texts that are almost in the pool",
    "conflict": "conflicts, one text with different answers",
    "duplicate": "duplicates, equal texts",
    "near-duplicate": "near-duplicates, almost equal texts",
    "blank": "blank texts",
    "other-language": "documents in another language than most",
}


def analyse(
    name: ProjectName,
    question: QuestionName,
    report: ReportFile = None,
) -> None:
    """Look for duplicates, leaks between pool and held-out set, conflicting labels and other languages."""
    from workbench.usecases.analyse_data import analyse_data
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        found = analyse_data(project, question, progress=progress)
    print_analysis(found)
    write_report(report, found)


def print_analysis(found: dict[str, Any]) -> None:
    """Print what deserves a look, with the first documents of each kind."""
    n_documents = found["n_pool"] + found["n_held_out"]
    print(
        f"{counted(n_documents, 'documents')}, {found['n_labelled']:,} with an answer to '{found['question']}'"
    )
    languages = ", ".join(
        f"{row['language']} {row['pool'] + row['held_out']:,}" for row in found["languages"][:5]
    )
    print(f"languages: {languages or 'none'}")
    for finding in found["findings"]:
        print(f"{finding['n']:,} {NAMES[finding['kind']]}:")
        for group in finding["groups"][:SHOWN_GROUPS]:
            more = " …" if group["n"] > SHOWN_IDS else ""
            print(f"  {', '.join(group['ids'][:SHOWN_IDS])}{more}")
        if finding["n"] > SHOWN_GROUPS:
            print(f"  … and {finding['n'] - SHOWN_GROUPS:,} more")
    if not found["findings"]:
        print("no duplicates, leaks, conflicts or blank texts")
