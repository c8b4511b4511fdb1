"""The command that chooses the batches of the past again, and finds where two histories part."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import ProjectName, QuestionName, ReportFile
from workbench.cli.outputs import check_outputs
from workbench.cli.printing import counted, progress_bar, write_report
from workbench.config import Home

if TYPE_CHECKING:
    from workbench.usecases.compare_histories import Compared
    from workbench.usecases.replay import Verdict

Against = Annotated[
    str, typer.Option(metavar="NAME", help="Find where this project parts from another.", show_default=False)
]
OTHERS = {"differs": "differ", "cannot be replayed": "cannot be replayed"}
Stored = Annotated[bool, typer.Option("--stored-models", help="Load every model instead of training again.")]
RetrainAll = Annotated[bool, typer.Option("--retrain-all", help="Train setfit and bert again too: minutes.")]


def replay(
    name: ProjectName,
    question: QuestionName,
    against: Against = "",
    stored_models: Stored = False,
    retrain_all: RetrainAll = False,
    report: ReportFile = None,
) -> None:
    """Choose every batch again from the answers of its time; exit code 1 when one differs."""
    from workbench.usecases.project import open_project
    from workbench.usecases.rebuild_model import Rebuilding
    from workbench.usecases.replay import replay as verdicts_of

    check_outputs(report)
    if against:
        return _compare(name, against, question, report)
    rebuilding, started = Rebuilding(stored_models, retrain_all), time.monotonic()
    found: list[Verdict] = []
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        for verdict in verdicts_of(project, question, rebuilding, progress=progress):
            print(f"  batch {verdict.number:3}  {verdict.batch.strategy:20} {verdict_in_words(verdict)}")
            found.append(verdict)
    print(f"{summary(found)} in {time.monotonic() - started:.1f} s")
    write_report(report, [verdict.as_dict() for verdict in found])
    if any(verdict.state == "differs" for verdict in found):
        raise typer.Exit(1)


def _compare(name: str, other: str, question: str, report: ReportFile) -> None:
    from workbench.usecases.compare_histories import compare_histories
    from workbench.usecases.project import open_project

    home = Home.find()
    with open_project(home, name) as ours, open_project(home, other) as theirs, progress_bar() as progress:
        compared = compare_histories(ours, theirs, question, progress=progress)
    print_compared(compared)
    write_report(report, compared.as_dict())
    if compared.differences:
        raise typer.Exit(1)


def verdict_in_words(verdict: Verdict) -> str:
    """Return what became of a batch: the same, from where it differs, or why it cannot be replayed."""
    if verdict.state == "cannot be replayed":
        return f"cannot be replayed: {verdict.reason}"
    if verdict.state == "same":
        return f"same, {counted(len(verdict.batch.proposals), 'documents')}"
    place = f"differs from place {verdict.place}" if verdict.place else "differs"
    return "; ".join(filter(None, [place, *verdict.remarks, verdict.reason]))


def summary(verdicts: list[Verdict]) -> str:
    """Return how many batches are the same, differ and cannot be replayed."""
    states = Counter[str](verdict.state for verdict in verdicts)
    others = [f"{states[state]:,} {said}" for state, said in OTHERS.items() if states[state]]
    return ", ".join([f"{states['same']:,} of {batches(len(verdicts))} the same", *others])


def print_compared(compared: Compared) -> None:
    """Print where two histories part and in what."""
    if not compared.differences:
        print(f"the histories are equal: {batches(compared.n_alike)}, and the answers since")
        return
    print(f"{batches(compared.n_alike)} alike; the histories part {compared.place}:")
    for difference in compared.differences:
        print(f"  {difference}")


def batches(n: int) -> str:
    """Return a number of batches.

    >>> batches(1), batches(1200)
    ('1 batch', '1,200 batches')
    """
    return "1 batch" if n == 1 else f"{n:,} batches"
