"""Commands that show: app, demo."""

from __future__ import annotations

from typing import Annotated

import typer


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8501,
    address: Annotated[
        str, typer.Option(help="On which address; any but this machine's own needs accounts.")
    ] = "127.0.0.1",
) -> None:
    """Open the workbench in the browser."""
    from workbench.ui.launch import launch

    launch(port=port, address=address)


def demo() -> None:
    """Run the main job on the sample project: label, train, judge, distil, export, predict."""
    from workbench.cli.demo import run

    run()
