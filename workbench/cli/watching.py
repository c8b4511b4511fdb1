"""The process behind `workbench label-studio watch`: a worker, an ear for hints, and one line of progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import FrameType, TracebackType
from urllib.parse import urlsplit

from workbench.cli.printing import counted, print_pull
from workbench.errors import InputError, Problem, RemoteError, StoreError, UnreachableError
from workbench.server.hints import SECRET_HEADER, Hints, listening
from workbench.store.jobs import LOCK_NAME, WORKER_LOG, Job
from workbench.store.locks import FileLock
from workbench.usecases.label_studio.hooks import webhook
from workbench.usecases.label_studio.pull import PullReport
from workbench.usecases.label_studio.watch import Plan, Status, Watch, only_watch
from workbench.usecases.project import Project
from workbench.worker.loop import GRACE_SECONDS

LONGEST_PAUSE = 60.0
MOST_DOUBLINGS = 10
LOOK_SECONDS = 1.0  # between two looks at a job
SETTLE_SECONDS = 0.3  # one press of a button often gives several hints
RESTART_SECONDS = 10.0  # between two starts of a worker that ends by itself
PARENT_SECONDS = 0.5
PROGRAM = """import sys
from workbench.cli.watching import end_with_parent
end_with_parent(int(sys.argv.pop(1)))
from workbench.cli.main import main
main()"""
REFUSED_ADDRESS = ("reserved network address", "blocked")
WHY_REFUSED = (
    "Label Studio sends nothing to private addresses unless its own settings allow it: on a server that "
    "only people use whom you trust, start it with SSRF_PROTECTION_ENABLED=false. Without hints all goes "
    "on, up to --poll seconds later."
)
AT_ONCE: dict[signal.Signals, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}


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
        self._told: set[Problem] = set()
        self._worker: HeldWorker | None = None

    def run(self, project: Project, *, with_worker: bool) -> None:
        """Watch until SIGINT or SIGTERM.

        Raises RemoteError for what will not mend by itself, StoreError when another watch looks after
        the project, and InputError when it is not connected.
        """
        with ExitStack() as stack:
            stack.enter_context(self._ending_by_signals())
            stack.enter_context(only_watch(project))
            watch = Watch(project, self._plan)
            hints = stack.enter_context(listening(*parse_address(self._listen))) if self._with_hook else None
            if with_worker:
                self._worker = stack.enter_context(HeldWorker(project))
            failures, is_told = 0, hints is None
            say_hello(project, watch)
            while not self._stop.is_set():
                status = watch.turn()
                failures = failures + 1 if status.trouble else 0
                if hints is not None and not is_told and not status.trouble:
                    is_told = self._tell(project, hints, stack)
                self._show_news(status.report)
                self._show_line(status)
                come = hints.come if hints is not None else threading.Event()
                self._wait(watch, status, come, pause(self._poll, failures))
        self._end_line()

    def _tell(self, project: Project, hints: Hints, stack: ExitStack) -> bool:
        """Tell the server where hints are taken, and return whether that is settled.

        A server that refuses is looked at from time to time only; one that is away is told later.
        """
        try:
            url = self._hook_url or hints.url
            stack.enter_context(webhook(project, url, (SECRET_HEADER, hints.secret)))
        except (UnreachableError, StoreError):  # away, or busy with a synchronisation
            return False
        except RemoteError as error:
            self._end_line()
            print(f"warning: Label Studio gives no hints ({error.message}); it is asked from time to time")
            if any(words in error.message for words in REFUSED_ADDRESS):
                print(f"  {WHY_REFUSED}")
        return True

    def _wait(self, watch: Watch, status: Status, come: threading.Event, seconds: float) -> None:
        """Wait for a hint, the end, or the time; meanwhile show how jobs go, and what follows from them."""
        end = time.monotonic() + seconds
        next_look = time.monotonic() + LOOK_SECONDS
        while not self._stop.is_set() and time.monotonic() < end:
            if come.wait(min(0.2, max(end - time.monotonic(), 0.0))):
                self._stop.wait(SETTLE_SECONDS)
                break
            if time.monotonic() >= next_look:
                if status.job is not None:
                    status = watch.turn(with_server=False)
                self._show_line(status)
                next_look = time.monotonic() + LOOK_SECONDS
        come.clear()

    @contextmanager
    def _ending_by_signals(self) -> Iterator[None]:
        """Let the first signal end the watch in order, and a second one at once, wherever it hangs."""

        def note(number: int, frame: FrameType | None) -> None:
            self._stop.set()
            for again, action in AT_ONCE.items():
                signal.signal(again, action)

        before = {number: signal.signal(number, note) for number in AT_ONCE}
        try:
            yield
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def _show_news(self, report: PullReport) -> None:
        """Print what came in, if anything did, with the time."""
        # A whole look names what was left out again, every minute: once is enough.
        fresh = [problem for problem in report.problems if problem not in self._told]
        self._told.update(fresh)
        if report.n_changes or fresh:
            self._end_line()
            print(time.strftime("%H:%M:%S "), end="")
            print_pull(replace(report, problems=fresh))

    def _show_line(self, status: Status) -> None:
        """Show the line: over the one before on a terminal, else when it says something else."""
        missing = self._worker.tend() if self._worker is not None else ""
        line = status_in_words(status, missing)
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


def say_hello(project: Project, watch: Watch) -> None:
    """Print what is watched, and what is not done unasked."""
    print(f"watching {project.name}; stop with Ctrl+C", flush=True)
    if watch.n_kept_back:
        kept = counted(watch.n_kept_back, "documents")
        print(f"  {kept} without a task stay here; --push makes tasks of them", flush=True)


def pause(poll: float, failures: int) -> float:
    """Return the seconds to the next look: twice as long after each failure, a minute at most.

    >>> pause(10, 0), pause(10, 2), pause(10, 5000), pause(300, 5000)
    (10.0, 40.0, 60.0, 300.0)
    """
    return min(poll * float(1 << min(failures, MOST_DOUBLINGS)), max(LONGEST_PAUSE, float(poll)))


def status_in_words(status: Status, missing: str = "") -> str:
    """Return the progress line, what matters most first: the end does not fit on a narrow terminal.

    `missing` says why nobody works on the jobs.
    """
    parts = [f"trying again: {status.trouble}"] if status.trouble else []
    if missing:
        parts.append(missing)
    if status.job is not None:
        parts.append(working_in_words(status.job))
    elif status.failed is not None:
        parts.append(f"{status.failed.verb} failed: {status.failed.message}")
    if status.version:
        parts.append(status.version)
    for question in status.questions:
        answered = " answered" if question is status.questions[0] else ""
        n_new = f"+{question.n_new:,}"
        parts.append(
            f"{question.name}: {question.n_answered:,}{answered} {n_new}, {question.n_waiting:,} wait"
        )
    return " · ".join(" ".join(part.split()) for part in parts)


def working_in_words(job: Job) -> str:
    """Return what a job does and how far it is.

    >>> from workbench.store.jobs import LOCK_NAME, WORKER_LOG, Job
    >>> asked = {"training": {"question": "topic"}}
    >>> working_in_words(Job(1, "round", asked, "running", done=3, total=5, what="folds"))
    'round of topic, folds: 3 of 5'
    """
    asked = job.arguments.get("training", job.arguments).get("question", "")
    name = f"{job.verb} of {asked}" if asked else job.verb
    if job.state == "queued":
        return f"{name} waits for the worker"
    return f"{name}, {job.what}: {job.done:,} of {job.total:,}" if job.total else f"{name} begins"


class HeldWorker:
    """A worker of the project as long as the block lasts: a child of this process unless there is one already."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._child: subprocess.Popen[bytes] | None = None
        self._next_start = 0.0

    def tend(self) -> str:
        """Start a worker when there is none, not too often, and say in words when one is missing."""
        if self._child is not None and self._child.poll() is None:
            return ""
        if not self._is_free():
            self._child = None
            return ""
        if time.monotonic() >= self._next_start:
            self._next_start = time.monotonic() + RESTART_SECONDS
            self._child = self._start()
            return ""
        return f"the worker ended, another one follows; see {WORKER_LOG}"

    def _is_free(self) -> bool:
        with FileLock(self._project.folder / LOCK_NAME) as lock:
            return lock.acquire()

    def _start(self) -> subprocess.Popen[bytes]:
        log = self._project.folder / WORKER_LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(os.getpid()), "worker", self._project.name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                env={**os.environ, "WORKBENCH_HOME": str(self._project.folder.parents[1])},
                start_new_session=True,  # Ctrl+C reaches this process, which ends the worker in order
            )

    def __enter__(self) -> HeldWorker:
        self.tend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()


def end_with_parent(parent: int) -> None:
    """From now on, end this process in order when its parent is gone: nobody else would."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3 * GRACE_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


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
