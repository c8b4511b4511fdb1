"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProjectName = Annotated[str, typer.Argument(metavar="NAME", help="The project.", show_default=False)]
QuestionName = Annotated[
    str, typer.Option("--question", "-q", help="Which question of the project.", show_default=False)
]
OptionalQuestion = Annotated[
    str,
    typer.Option(
        "--question", "-q", help="Which question; not needed when only one fits.", show_default=False
    ),
]
LearnerName = Annotated[
    str,
    typer.Option(
        "--learner",
        help="tfidf, linear, kernel, setfit or bert; for entities tags (seconds) or bert. "
        "By default linear, for entities bert.",
    ),
]
StrategyName = Annotated[
    str,
    typer.Option(
        "--strategy",
        help="How to choose: `random`, `margin`, `typiclust` …; `workbench strategies` lists all.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")]
EncoderName = Annotated[
    str, typer.Option("--encoder", help="minilm, or the folder or name of a sentence-transformers model.")
]
RunId = Annotated[str, typer.Option("--run", help="Which run; by default the newest of the question.")]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", help="Also write the result as JSON.", show_default=False, dir_okay=False),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting of the learner, such as balance=sqrt, offsets=recall or focal_gamma=2; may be given "
        "several times. All are in docs/guides/learners.md.",
    ),
]
