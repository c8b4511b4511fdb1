"""The process behind `workbench label-studio watch`: a worker, an ear for hints, and one line of progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from urllib.parse import urlsplit

from workbench.cli.jobs import job_in_words
from workbench.cli.label_studio import print_pull
from workbench.errors import InputError, RemoteError
from workbench.server.hints import SECRET_HEADER, Hints, listening
from workbench.store.locks import FileLock
from workbench.usecases.project import Project
from workbench.usecases.watch_label_studio import Plan, Status, Watch, webhook
from workbench.worker.loop import LOCK_NAME

LONGEST_PAUSE = 60.0
SETTLE_SECONDS = 0.3  # one press of a button often gives several hints


class Watching:
    """Runs turns until it is interrupted; hints from the server shorten the pauses between them."""

    def __init__(self, plan: Plan, *, poll: float, listen: str, hook_url: str, with_hook: bool) -> None:
        self._plan = plan
        self._poll = poll
        self._listen = listen
        self._hook_url = hook_url
        self._with_hook = with_hook
        self._stop = threading.Event()
        self._line = ""
        self._no_hints = ""

    def run(self, project: Project, *, with_worker: bool) -> None:
        """Watch until SIGINT or SIGTERM. Raises RemoteError for what will not mend by itself."""
        with ExitStack() as stack:
            stack.enter_context(self._ending_by_signals())
            if with_worker:
                stack.enter_context(worker_of(project))
            come = self._hints(project, stack)
            watch = Watch(project, self._plan)
            failures = 0
            print(f"watching {project.name}; stop with Ctrl+C", flush=True)
            while not self._stop.is_set():
                status = watch.turn()
                self._warn_of_no_hints()
                self._show(status)
                failures = failures + 1 if status.trouble else 0
                self._wait(come, min(self._poll * 2**failures, max(LONGEST_PAUSE, self._poll)))
        self._end_line()

    def _hints(self, project: Project, stack: ExitStack) -> threading.Event:
        """Listen for hints and tell the server where; without that, looking from time to time is enough."""
        if not self._with_hook:
            return threading.Event()
        address, port = parse_address(self._listen)
        hints: Hints = stack.enter_context(listening(address, port))
        try:
            url = self._hook_url or hints.url
            stack.enter_context(webhook(project, url, (SECRET_HEADER, hints.secret)))
        except RemoteError as error:
            self._no_hints = error.message
        return hints.come

    def _warn_of_no_hints(self) -> None:
        """Say once that hints were refused, when the server lets itself be asked all the same."""
        if self._no_hints:
            print(f"warning: Label Studio gives no hints ({self._no_hints}); it is asked from time to time")
            self._no_hints = ""

    def _wait(self, come: threading.Event, seconds: float) -> None:
        """Wait for a hint, the end, or the time."""
        end = time.monotonic() + seconds
        while not self._stop.is_set() and time.monotonic() < end:
            if come.wait(min(0.2, max(end - time.monotonic(), 0.0))):
                self._stop.wait(SETTLE_SECONDS)
                break
        come.clear()

    @contextmanager
    def _ending_by_signals(self) -> Iterator[None]:
        def note(number: int, frame: FrameType | None) -> None:
            self._stop.set()

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def _show(self, status: Status) -> None:
        """Show the line: over the one before on a terminal, else when it says something else."""
        report = status.report
        if report.n_changes or report.problems:
            self._end_line()
            print(time.strftime("%H:%M:%S "), end="")
            print_pull(report)
        line = status_in_words(status)
        if line == self._line:
            return
        self._line = line
        if sys.stdout.isatty():
            columns = os.get_terminal_size().columns
            print(f"\r{line[: columns - 1]:<{columns - 1}}", end="", flush=True)
        else:
            print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

    def _end_line(self) -> None:
        if self._line and sys.stdout.isatty():
            print()
        self._line = ""


def status_in_words(status: Status) -> str:
    """Return the progress line."""
    parts = [
        f"{q.name}: {q.n_answered:,} answered, {q.n_new:,} since the last training, {q.n_waiting:,} proposed wait"
        for q in status.questions
    ]
    if status.job is not None:
        parts.append(f"{status.job.verb} {status.job.state} {job_in_words(status.job)}")
    elif status.failed is not None:
        parts.append(f"{status.failed.verb} failed: {status.failed.message}")
    if status.version:
        parts.append(f"served: {status.version}")
    if status.trouble:
        parts.append(f"trying again: {status.trouble}")
    return " · ".join(" ".join(part.split()) for part in parts)


@contextmanager
def worker_of(project: Project) -> Iterator[None]:
    """Have a worker for the project, a child of this process unless there is one already."""
    with FileLock(project.folder / LOCK_NAME) as lock:
        is_there = not lock.acquire()
    if is_there:
        yield
        return
    program = "from workbench.cli.main import main; main()"
    child = subprocess.Popen(
        [sys.executable, "-c", program, "worker", project.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "WORKBENCH_HOME": str(project.folder.parents[1])},
        start_new_session=True,  # Ctrl+C reaches this process, which ends the worker in order
    )
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def parse_address(text: str) -> tuple[str, int]:
    """Read ADDRESS:PORT. Raises InputError.

    >>> parse_address("127.0.0.1:8090"), parse_address("[::1]:0")
    (('127.0.0.1', 8090), ('::1', 0))
    """
    try:
        parts = urlsplit(f"//{text}")
        if parts.hostname and parts.port is not None and not parts.path:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise InputError(f"'{text}' is no address to listen on.", hint="For example: 127.0.0.1:8090")
