"""Commands that keep a project healthy: worker, doctor, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import ProjectName
from workbench.config import Home


def worker(
    name: ProjectName,
    once: Annotated[bool, typer.Option("--once", help="Do the jobs that wait, then stop.")] = False,
) -> None:
    """Do a project's jobs: rank, train, distil, export. One worker a project."""
    from workbench.usecases.project import project_folder
    from workbench.worker.worker import run_worker

    folder = project_folder(Home.find(), name)
    print(f"working for {name}; stop with Ctrl+C")
    run_worker(folder, once=once)


def doctor(name: ProjectName) -> None:
    """Look for damage and tell what to do about it; changes nothing."""
    from workbench.store.safety import doctor as examine
    from workbench.usecases.project import project_folder

    findings = examine(project_folder(Home.find(), name))
    for finding in findings:
        print(finding)
    if any(finding.is_bad for finding in findings):
        raise typer.Exit(4)


def backup(
    name: ProjectName,
    out: Annotated[
        Path, typer.Option("--out", help="The file to write.", show_default=False, dir_okay=False)
    ],
) -> None:
    """Copy a project's database into one file while others go on working."""
    from workbench.store.safety import backup as copy
    from workbench.usecases.project import project_folder

    copy(project_folder(Home.find(), name), out)
    print(f"wrote {out}")


def restore(
    name: ProjectName,
    file: Annotated[Path, typer.Argument(help="A file that `workbench backup` wrote.", show_default=False)],
) -> None:
    """Bring a project back from a backup; an existing one is moved aside, never overwritten."""
    from workbench.store.safety import restore as bring_back

    folder = Home.find().project(name)
    bring_back(file, folder)
    print(f"restored {folder}")
