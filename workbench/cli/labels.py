"""The command that shows and changes the labels of a question."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.options import OptionalQuestion, ProjectName
from workbench.cli.printing import counted
from workbench.config import Home

Changes = list[str] | None


def labels(
    name: ProjectName,
    question: OptionalQuestion = "",
    add: Annotated[Changes, typer.Option("--add", metavar="LABEL", help="A new label.")] = None,
    rename: Annotated[
        Changes, typer.Option("--rename", metavar="OLD=NEW", help="Answers follow the new name.")
    ] = None,
    merge: Annotated[
        Changes, typer.Option("--merge", metavar="A,B=NEW", help="Answers with A or B become NEW.")
    ] = None,
    split: Annotated[
        Changes, typer.Option("--split", metavar="OLD=A,B", help="Answers with OLD are asked again.")
    ] = None,
    retire: Annotated[
        Changes, typer.Option("--retire", metavar="LABEL", help="Answers with it are asked again.")
    ] = None,
) -> None:
    """Show the labels of a question with their answers, after the changes that are named.

    A change is a fact that is appended: nothing is overwritten, and a model of other labels is refused.
    """
    from workbench.usecases.change_labels import change_labels, count_labels, parse_change
    from workbench.usecases.find_question import named_or_only
    from workbench.usecases.project import open_project

    named = {"rename": rename, "merge": merge, "split": split, "retire": retire, "add": add}
    changes = [parse_change(action, text) for action, texts in named.items() for text in texts or ()]
    with open_project(Home.find(), name) as project:
        question = named_or_only(project, question)
        asked = change_labels(project, question, changes)
        counts = count_labels(project, question)
    for label in asked.labels:
        print(f"  {label}  ({counted(counts[label], 'answers')})")
    print(f"{counted(len(asked.labels), 'labels')} of '{question}', version {asked.label_version}")
