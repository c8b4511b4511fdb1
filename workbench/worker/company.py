"""What a worker that stays does besides its jobs: keep the live ranker at work, and know when to go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from workbench.config import Home
from workbench.errors import WorkbenchError
from workbench.store.answer_log import AnswerLog
from workbench.store.jobs import LOGS
from workbench.store.project_store import ProjectStore
from workbench.usecases.live_rules import is_live_anywhere
from workbench.usecases.live_troubles import note_dead_ranker
from workbench.usecases.project import Project

LIVE_LOG = LOGS / "live.log"
LOOK_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
END_SECONDS = 5.0


class Company:
    """The live ranker of a worker, and how long ago anything happened.

    With `idle` seconds the worker ends when for so long no job and no answer came; None: never. A ranker
    that dies is started again, after a pause that doubles until one stays alive. `ranks` False keeps none.
    """

    def __init__(self, folder: Path, store: ProjectStore, *, idle: float | None, ranks: bool) -> None:
        models = Home(folder.parent.parent).models(store.name)
        self._project = Project(folder.name, folder, models, store)
        self._log = AnswerLog(store)
        self._idle = idle
        self._ranks = ranks
        self._child: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE
        self._next_look = 0.0
        self._started = 0.0
        self._busy_at = time.monotonic()
        self._newest = -1

    def look(self) -> None:
        """Take note of new answers, and see to the ranker; at most once a second."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        newest = self._log.newest()
        if newest != self._newest:
            self._newest = newest
            self.note_work()
        if self._ranks:
            self._tend()

    def note_work(self) -> None:
        """Something happened: the time until the worker goes begins anew."""
        self._busy_at = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether nothing happened for so long that the worker may go."""
        return self._idle is not None and time.monotonic() - self._busy_at >= self._idle

    def _tend(self) -> None:
        if self._child is not None:
            if self._child.poll() is None:
                return
            lasted = time.monotonic() - self._started
            if lasted <= LONGEST_PAUSE:  # it may not live for long again: say it, the next one takes it back
                with suppress(OSError, WorkbenchError):  # a full disk must not end the worker too
                    note_dead_ranker(self._project, self._child.returncode)
            self._pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(2 * self._pause, LONGEST_PAUSE)
            self._child = None
            self._next_look = time.monotonic() + self._pause
            return
        if is_live_anywhere(self._project):
            self._start()

    def _start(self) -> None:
        log = self._project.folder / LIVE_LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        self._started = time.monotonic()
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "workbench.worker.resident",
                    str(self._project.folder),
                    str(os.getpid()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                start_new_session=True,
            )

    def __enter__(self) -> Company:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
