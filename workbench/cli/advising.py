"""The command `advise`: go on labelling, or stop?"""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import ProjectName, QuestionName, ReportFile
from workbench.cli.outputs import check_outputs
from workbench.cli.printing import counted, write_report
from workbench.config import Home


def advise(
    name: ProjectName,
    question: QuestionName,
    labels: Annotated[int, typer.Option(min=1, help="How many more labels to look ahead.")] = 100,
    threshold: Annotated[
        float,
        typer.Option(min=0.001, help="How many points of the figure these labels must bring to be worth it."),
    ] = 0.5,
    report: ReportFile = None,
) -> None:
    """Say what the next labels are likely to bring, what they cost, and whether to go on."""
    from workbench.usecases.advise_stop import advise_stop
    from workbench.usecases.project import open_project

    check_outputs(report)
    with open_project(Home.find(), name) as project:
        advice = advise_stop(project, question, n_more=labels, points=threshold)
    print(advice.words)
    for rule in advice.rules:
        print(f"  {rule.name:26} {rule.verdict:12} {rule.state}")
    if advice.left_out:
        runs = counted(advice.left_out, "runs")
        print(f"  left out: {runs} with other labels, learner, settings or documents judged")
    write_report(report, advice.as_dict())
