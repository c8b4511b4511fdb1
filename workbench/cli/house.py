"""Commands that keep a project healthy: worker, doctor, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import ProjectName
from workbench.cli.printing import counted
from workbench.config import Home


def worker(
    name: ProjectName,
    once: Annotated[bool, typer.Option("--once", help="Do the jobs that wait, then stop.")] = False,
    idle: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS", show_default=False, help="Stop when for so long no job or answer came."
        ),
    ] = None,
) -> None:
    """Do a project's jobs, and rank its pool anew while people answer. One worker a project."""
    from workbench.usecases.project import project_folder
    from workbench.worker.loop import run_worker

    folder = project_folder(Home.find(), name)
    print(f"working for {name}; stop with Ctrl+C", flush=True)
    n_jobs = run_worker(folder, once=once, idle=idle)
    print(f"{counted(n_jobs, 'jobs')} done")


def doctor(name: ProjectName) -> None:
    """Look for damage and tell what to do about it; changes nothing."""
    from workbench.store.safety import doctor as examine
    from workbench.usecases.project import project_folder

    home = Home.find()
    findings = examine(project_folder(home, name), models=home.models(name))
    for finding in findings:
        print(f"{finding.level:8} {finding.check}: {finding.message}")
        if finding.hint:
            print(f"         {finding.hint}")
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(4)


def backup(
    name: ProjectName,
    out: Annotated[Path, typer.Option("--out", help="The folder to make.", show_default=False)],
) -> None:
    """Copy a project's database into a new folder while others go on working; models are left out."""
    from workbench.store.safety import backup as copy
    from workbench.usecases.project import project_folder

    home = Home.find()
    print(f"wrote {copy(project_folder(home, name), out)}")
    print(f"not in it: the runs and bundles in {home.models(name)}; copy that folder too if you need them")


def restore(
    name: ProjectName,
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="The backup's folder.", show_default=False)
    ],
    move_aside: Annotated[
        bool, typer.Option("--move-aside", help="Keep the database that is there under another name.")
    ] = False,
) -> None:
    """Bring a project back from a backup; what is there is never overwritten."""
    from workbench.store.safety import restore as bring_back

    folder = Home.find().project(name)
    aside = bring_back(source, folder, move_aside=move_aside)
    if aside is not None:
        print(f"moved the old database to {aside}")
    print(f"restored {folder}")
