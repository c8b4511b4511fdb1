"""See to it that somebody ranks the pool while people answer, without letting a page or an answer wait for that."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from workbench.errors import WorkbenchError
from workbench.usecases.keep_worker import keep_working, start_worker
from workbench.usecases.live_rules import is_live_anywhere
from workbench.usecases.project import Project

LOOK_SECONDS = 5.0

_live: dict[str, bool] = {}
_looked_at: dict[tuple[str, str], float] = {}
_turn = threading.Lock()


def wake_ranker(project: Project) -> None:
    """Start the project's worker if it ranks live and none is at work; looks every few seconds at most.

    It returns at once: looking and starting are left to a thread.
    """
    _begin(_wake, project)


def wake_worker(project: Project) -> None:
    """Start the project's worker if jobs wait and none is at work; looks and returns like `wake_ranker`."""
    _begin(_wake_worker, project)


def _begin(work: Callable[[Project], None], project: Project) -> None:
    """Do it in a thread, unless it was done a moment ago."""
    key = (work.__name__, str(project.folder))
    with _turn:
        if time.monotonic() - _looked_at.get(key, -LOOK_SECONDS) < LOOK_SECONDS:
            return
        _looked_at[key] = time.monotonic()
    threading.Thread(target=work, args=(project,), name=f"wake {project.name}", daemon=True).start()


def is_ranked_live(project: Project) -> bool:
    """Tell whether the project was ranked live when somebody looked last."""
    return _live.get(str(project.folder), False)


def _wake(project: Project) -> None:
    try:
        _live[str(project.folder)] = is_live_anywhere(project)
        if is_ranked_live(project):
            start_worker(project)
    except WorkbenchError as error:
        # The answer is on disk all the same; whoever looks after the jobs sees the error again.
        logging.getLogger(__name__).warning("The pool of %s is not ranked live: %s", project.name, error)


def _wake_worker(project: Project) -> None:
    try:
        keep_working(project)
    except WorkbenchError as error:
        # Documents come in import order meanwhile; whoever looks after the jobs sees the error again.
        logging.getLogger(__name__).warning("The jobs of %s wait: %s", project.name, error)
