"""Switch the watch of a project on and off: a process of its own that outlives the app."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import MachineError
from workbench.store.jobs import LOGS
from workbench.store.links import Links
from workbench.store.locks import FileLock
from workbench.usecases.label_studio.watch import LOCK_NAME
from workbench.usecases.project import Project

PROGRAM = "from workbench.cli.main import main; main()"
WATCH_LOG = LOGS / "label-studio-watch.log"
START_SECONDS = 15.0
STOP_SECONDS = 20.0  # it ends the training that its worker does
LOOK_SECONDS = 0.1
LOG_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class WatchState:
    """Whether a watch looks after the project, and the process that does."""

    is_on: bool
    process: int | None = None


def watch_state(project: Project) -> WatchState:
    """Return whether a watch is on, by its lock; it may have been started anywhere on this machine."""
    path = project.folder / LOCK_NAME
    if not path.exists():
        return WatchState(False)
    with FileLock(path) as lock:
        if lock.acquire():
            return WatchState(False)
        return WatchState(True, lock.holder())


def start_watch(project: Project, *, every: int = 20, learner: str = "", options: Sequence[str] = ()) -> bool:
    """Start a watch, wait until it is on, and tell whether one had to be started.

    It outlives the page, the browser and the app. Raises InputError when the project is not connected,
    MachineError, with the end of its log, when it ends at once.
    """
    Links(project.store).get()
    if watch_state(project).is_on:
        return False
    log = project.folder / WATCH_LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    asked = ["--every", str(every), *(["--learner", learner] if learner else []), *options]
    command = [sys.executable, "-c", PROGRAM, "label-studio", "watch", project.name, *asked]
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "WORKBENCH_HOME": str(project.folder.parents[1])},
                start_new_session=True,
            )
    except OSError as error:
        raise MachineError(f"No watch could be started: {error.strerror}.", where=str(log)) from error
    if not _comes_on(project, process):
        raise MachineError(
            f"The watch ended at once. {watch_log(project)[-500:]}".strip(),
            where=str(log),
            hint="Mend that, and switch it on again.",
        )
    return True


def _comes_on(project: Project, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if watch_state(project).is_on:
            return True
        if process.poll() is not None:
            return False
        time.sleep(LOOK_SECONDS)
    return process.poll() is None


def stop_watch(project: Project) -> bool:
    """End the watch in order, wait until it is off, and tell whether there was one.

    Raises MachineError when it cannot be ended.
    """
    state = watch_state(project)
    if not state.is_on or state.process is None:
        return False
    try:
        os.kill(state.process, signal.SIGTERM)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise MachineError(
            f"The watch (process {state.process}) belongs to another user.", where=str(project.folder)
        ) from error
    end = time.monotonic() + STOP_SECONDS
    while watch_state(project).is_on:
        if time.monotonic() >= end:
            raise MachineError(
                f"The watch (process {state.process}) has not ended yet.",
                where=str(project.folder),
                hint="It ends when the work that it has begun allows that. Look again in a minute.",
            )
        time.sleep(LOOK_SECONDS)
    return True


def watch_log(project: Project) -> str:
    """Return the last lines that the watch wrote; "" when it wrote nothing."""
    path: Path = project.folder / WATCH_LOG
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - LOG_BYTES))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in text.splitlines()[-40:])
