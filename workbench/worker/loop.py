"""The loop: take a job, start its child, keep its heart beating, write down how it ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from workbench.errors import MachineError, StoreError, UnknownNameError
from workbench.store.jobs import INHERITED_LOCK, LOCK_NAME, Job, Jobs, log_of
from workbench.store.locks import FileLock
from workbench.store.project_store import ProjectStore
from workbench.worker.company import Company
from workbench.worker.verbs import VERBS

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 2.0
GRACE_SECONDS = 5.0
LOOK_SECONDS = 1.0  # somebody who only looks whether there is a worker holds the lock for a moment
LAST_WORDS = 500


def run_worker(
    folder: Path, *, once: bool = False, idle: float | None = None, verbs: Mapping[str, str] = VERBS
) -> int:
    """Work on a project's jobs until SIGINT or SIGTERM, and return how many were run.

    With `once`, stop when no job is queued; with `idle`, when for so many seconds neither job nor answer
    came. Without `once` the pool is ranked live meanwhile. `verbs` maps the verbs of jobs to
    "module:function". Raises StoreError when another worker works on the project.
    """
    folder = folder.absolute()
    with (
        _stop_on_signals() as stop,
        worker_lock(folder) as lock,
        ProjectStore.open(folder) as store,
        Company(folder, store, idle=idle, ranks=not once) as company,
    ):
        jobs = Jobs(store)
        jobs.recover(stale_after=0)
        n_jobs = 0
        while True:
            worker = _Worker(jobs, company, lock=lock, stop=stop, verbs=verbs)
            n_jobs += worker.run_queued(once=once)
            # Who asked for work while this worker held the lock has started no other, and relies on it:
            # so look once more after the lock is free.
            lock.release()
            if stop.is_set() or not jobs.any("queued") or not lock.acquire():
                return n_jobs


@contextmanager
def worker_lock(folder: Path) -> Iterator[FileLock]:
    """Be the only worker of a project. Raises StoreError that names the other one.

    Children inherit the lock. After a worker was killed its child still ends, so a lock whose writer
    is dead is waited for.
    """
    with FileLock(folder / LOCK_NAME) as lock:
        given = os.environ.pop(INHERITED_LOCK, "")
        if given.isdecimal() and lock.adopt(int(given)):
            yield lock
            return
        if not lock.acquire(timeout=LOOK_SECONDS):
            holder = lock.holder()
            if (holder is not None and is_alive(holder)) or not lock.acquire(timeout=3 * GRACE_SECONDS):
                raise StoreError(
                    f"Another worker (process {holder}) works on this project.",
                    where=str(folder),
                    hint="One worker a project: let it work, or end it first.",
                )
        yield lock


def is_alive(process: int) -> bool:
    """Tell whether a process of this id runs; one that ended and waits for its parent does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        facts = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:  # another system than Linux, or just gone
        return True
    return facts.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set; outside the main thread signals are left alone."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(signal_number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, action in before.items():
            signal.signal(number, action)


class _Worker:
    """What every job of one worker needs."""

    def __init__(
        self,
        jobs: Jobs,
        company: Company,
        *,
        lock: FileLock,
        stop: threading.Event,
        verbs: Mapping[str, str],
    ) -> None:
        self._folder = lock.path.parent
        self._jobs = jobs
        self._company = company
        self._lock = lock
        self._stop = stop
        self._verbs = verbs
        self._n_jobs = 0

    def run_queued(self, *, once: bool) -> int:
        """Run the jobs that wait until it is told to stop, with `once` until none waits; count them."""
        while not self._stop.is_set():
            job = self._claimed()
            if job is not None:
                self.run(job)
                self._company.note_work()
            elif once or self._company.is_over:
                break
            else:
                self._company.look()
                self._stop.wait(POLL_SECONDS)
        return self._n_jobs

    def _claimed(self) -> Job | None:
        return self._jobs.claim(f"{socket.gethostname()}:{os.getpid()}")

    def run(self, job: Job) -> None:
        """Run one attempt of a job to its end, whatever that is."""
        self._n_jobs += 1
        if job.verb not in self._verbs:
            self._jobs.fail(job, str(UnknownNameError("job", job.verb, self._verbs)))
            return
        log = self._folder / log_of(job.id)
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            child = self._start(job, log)
        except OSError as error:
            reason = MachineError(f"No process could be started: {error.strerror}.", hint="See `ulimit -u`.")
            self._jobs.fail(job, str(reason))
            return
        try:
            why = self._attend(job, child)
        finally:
            end(child)
        self._conclude(job, child, why=why, log=log)

    def _start(self, job: Job, log: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workbench.worker.child", str(self._folder), str(job.id)]
        with log.open("ab") as output:
            return subprocess.Popen(
                [*command, str(job.attempt), self._verbs[job.verb], str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(self._lock.handle,),
                start_new_session=True,  # Ctrl-C in the terminal reaches the worker only
            )

    def _attend(self, job: Job, child: subprocess.Popen[bytes]) -> str:
        """Wait for the child and return why the waiting ended: ended, cancelled, interrupted or over."""
        next_beat = 0.0
        while child.poll() is None:
            if self._stop.is_set():
                return "interrupted"
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + HEARTBEAT_SECONDS
                try:
                    now = self._jobs.heartbeat(job)
                except StoreError:
                    if self._is_over(job):
                        return "over"
                    raise
                if now.cancel_requested:
                    return "cancelled"
                self._let_pass(job)
            self._company.look()
            time.sleep(0.05)
        return "ended"

    def _let_pass(self, job: Job) -> None:
        """Do first what is asked for while a job runs that nobody asked for; that one rests (`RecordedProgress`)."""
        while not self._stop.is_set() and any(one.state == "queued" for one in self._jobs.before(job)):
            other = self._claimed()
            if other is None:
                break
            self.run(other)

    def _is_over(self, job: Job) -> bool:
        now = self._jobs.get(job.id)
        return now.state != "running" or now.attempt != job.attempt

    def _conclude(self, job: Job, child: subprocess.Popen[bytes], *, why: str, log: Path) -> None:
        """Write down the end of an attempt that the child did not write down itself."""
        if self._jobs.get(job.id).state != "running":
            return
        if why == "cancelled":
            self._jobs.stop(job, "cancelled", "Cancelled.")
        elif why == "interrupted":
            self._jobs.stop(job, "interrupted", "The worker was stopped; resume the job to go on.")
        else:
            self._jobs.fail(job, f"{_ending(child.returncode)} {_last_words(log)}".strip())


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child and everything it started: SIGTERM, and SIGKILL some seconds later."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            break
        os.killpg(child.pid, number)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        return "The process was killed; the machine may have run out of memory."
    if code < 0:
        return f"The process ended by signal {-code}."
    return f"The process ended unexpectedly (exit code {code})."


def _last_words(log: Path) -> str:
    """The last line of the log: for a Python error that is the error itself."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"Its last words: {lines[-1][:LAST_WORDS]}" if lines else ""
