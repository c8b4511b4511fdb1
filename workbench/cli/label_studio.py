"""Commands that work with a Label Studio server: `workbench label-studio …`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import (
    EncoderName,
    LearnerName,
    OptionalQuestion,
    ProjectName,
    Seed,
    StrategyName,
)
from workbench.cli.printing import counted, print_left_out, print_pull, progress_bar
from workbench.config import Home
from workbench.errors import MachineError

if TYPE_CHECKING:
    from workbench.usecases.label_studio.connect import Connected

app = typer.Typer(
    name="label-studio",
    help="Label in Label Studio what the workbench proposes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Url = Annotated[
    str, typer.Option("--url", help="The server, for example http://127.0.0.1:8080.", show_default=False)
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="A file with the token that only you may read; without one LABEL_STUDIO_API_KEY, or "
        "label-studio.token in the project's folder.",
        show_default=False,
        dir_okay=False,
    ),
]


@app.callback()
def check_install() -> None:
    """Say at once when the SDK is not installed."""
    if find_spec("label_studio_sdk") is None:
        raise MachineError(
            "This needs the Label Studio SDK, which is not installed.",
            hint="pip install 'annotation-workbench[label-studio]'",
        )


@app.command("connect")
def connect(
    name: ProjectName,
    url: Url,
    remote_project: Annotated[
        int, typer.Option("--project", help="Its number there: /projects/NUMBER/.", min=1, show_default=False)
    ],
    token_file: TokenFile = None,
) -> None:
    """Connect a project of Label Studio; its labelling config makes the questions."""
    from workbench.usecases.label_studio.connect import connect as tie

    print_connected(tie(Home.find(), name, url=url, remote_project=remote_project, token_file=token_file))
    print(f"take over what is there: workbench label-studio pull {name}")


@app.command("create")
def create(
    name: ProjectName,
    url: Url,
    title: Annotated[str, typer.Option(help="3 to 50 characters; by default the project's name.")] = "",
    token_file: TokenFile = None,
) -> None:
    """Make a project in Label Studio from the questions of a project here, and connect the two."""
    from workbench.usecases.label_studio.connect import create as make
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project:
        connected = make(project, url=url, title=title, token_file=token_file)
    print_connected(connected)
    print(f"give it the documents: workbench label-studio push {name}")


def print_connected(connected: Connected) -> None:
    """Print what was connected."""
    from workbench.usecases.label_studio.connect import is_open_to_readers

    link = connected.link
    print(f"connected to '{connected.title}' ({link.url}/projects/{link.remote_project}/)")
    print(f"  {counted(connected.n_tasks, 'tasks')} there")
    for line in connected.news:
        print(f"  {line}")
    for warning in connected.warnings:
        print(f"  warning: {warning}")
    if is_open_to_readers(link.url):
        print("  warning: the address is http, not https: the token crosses the network unencrypted")


@app.command("disconnect")
def disconnect(name: ProjectName) -> None:
    """Let go of the project in Label Studio; documents and answers stay, here and there."""
    from workbench.usecases.label_studio.connect import disconnect as let_go
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project:
        link = let_go(project)
    print(f"{name} is not connected to {link.name} any more")


@app.command("push")
def push(
    name: ProjectName,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Leave out documents that are answered here.")
    ] = False,
) -> None:
    """Make a task of every document of the pool that has none. Again and again is safe."""
    from workbench.usecases.label_studio.push import push_documents
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        report = push_documents(project, unanswered_only=unanswered, progress=progress)
    left = f"; {counted(report.known, 'documents')} had one or stay here" if report.known else ""
    print(f"{counted(report.pushed, 'tasks')} made{left}")
    if report.recovered:
        print(f"  {report.recovered:,} of an earlier push, which was interrupted, were found and taken over")
    if report.doubled:
        print(f"  {report.doubled:,} that a repeated request had made twice were deleted")
    print_left_out(report.problems)
    if report.answered:
        print(
            f"  {report.answered:,} of the new tasks are answered here already; Label Studio asks them again "
            "(--unanswered leaves such documents out)"
        )


@app.command("pull")
def pull(
    name: ProjectName,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Look at every task: also deletions and drafts, which show no other way."
        ),
    ] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="More than half of the tasks were deleted on purpose.")
    ] = False,
) -> None:
    """Take over tasks and answers that are new, changed or (with --whole) deleted there."""
    from workbench.usecases.label_studio.pull import pull_answers
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        report = pull_answers(
            project, whole=whole or accept_deletions, accept_deletions=accept_deletions, progress=progress
        )
    print_pull(report)


@app.command("publish")
def publish(
    name: ProjectName,
    question: OptionalQuestion = "",
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Leave the predictions of earlier orders for `watch`.")
    ] = False,
) -> None:
    """Serve the newest proposed documents first, in their order, with the model's answers to mend."""
    from workbench.usecases.label_studio.publish import publish_order
    from workbench.usecases.label_studio.server import open_server
    from workbench.usecases.label_studio.versions import remove_old_versions
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        report = publish_order(project, question, progress=progress)
        print(
            f"{counted(report.n_tasks, 'tasks')} are served in the proposed order, "
            f"{report.n_answers:,} with an answer to accept or mend ({report.version})"
        )
        for warning in report.warnings:
            print(f"  warning: {warning}")
        if report.n_old and not keep_old:
            with open_server(project) as server:
                n_old = remove_old_versions(server, progress=progress)
            print(f"  {n_old:,} predictions of earlier orders were removed")


@app.command("watch")
def watch(
    name: ProjectName,
    questions: Annotated[
        list[str] | None,
        typer.Option(
            "--question", "-q", help="Which questions to train; by default all.", show_default=False
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Train after this many new answers …")] = 20,
    minutes: Annotated[float, typer.Option(min=0.1, help="… or this long after the first of fewer.")] = 30.0,
    batch: Annotated[
        int, typer.Option("--batch", min=1, help="How many documents to propose at a time.")
    ] = 200,
    learner: LearnerName = "",
    strategy: StrategyName = "auto",
    encoder: EncoderName = "minilm",
    seed: Seed = 0,
    poll: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks at the server.")] = 10.0,
    listen: Annotated[
        str,
        typer.Option(metavar="ADDRESS:PORT", help="Where Label Studio's hints come in; port 0: a free one."),
    ] = "127.0.0.1:0",
    hook_url: Annotated[
        str, typer.Option(help="How Label Studio reaches that address, when it is not as it stands.")
    ] = "",
    no_hook: Annotated[
        bool, typer.Option("--no-hook", help="Take no hints, only look from time to time.")
    ] = False,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Somebody else runs `workbench worker`.")
    ] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Make tasks also in a project that `create` did not make.")
    ] = False,
) -> None:
    """Keep the two together: take answers over, train when there is enough, serve the new order.

    Documents that have no task get one, in a project that `create` made or with --push.
    """
    from workbench.cli.watching import Watching
    from workbench.usecases.label_studio.watch import Plan
    from workbench.usecases.project import open_project
    from workbench.usecases.propose_batch import Ranking

    ranking = Ranking(strategy, batch, seed, encoder)
    plan = Plan(tuple(questions or ()), every, minutes, learner, ranking, push)
    watching = Watching(plan, poll=poll, listen=listen, hook_url=hook_url, with_hook=not no_hook)
    with open_project(Home.find(), name) as project:
        watching.run(project, with_worker=not no_worker)
