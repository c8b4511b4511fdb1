"""Locks between processes: `flock` on small files that stay where they are.

The kernel frees such a lock when its last holder dies, so a lock is never stale; the process id in
the file is only there to be named in messages. Lock files are never deleted: two processes could then
hold "the same" lock on two files.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from workbench.errors import StoreError

STEP_SECONDS = 0.005


class FileLock:
    """An exclusive lock that is held for long, with the holder's process id in its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    @property
    def handle(self) -> int:
        """The open file; a child process that inherits it holds the lock as well."""
        if self._handle is None:
            raise StoreError("The lock is not held.", where=str(self.path))
        return self._handle

    def acquire(self, *, timeout: float = 0.0) -> bool:
        """Try to take the lock for `timeout` seconds and tell whether that worked."""
        handle = _open(self.path)
        if not _take(handle, fcntl.LOCK_EX, timeout):
            os.close(handle)
            return False
        self._keep(handle)
        return True

    def _keep(self, handle: int) -> None:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def adopt(self, handle: int) -> bool:
        """Take over a lock that the process which started this one holds, and tell whether it is this one.

        `handle` is its open file, inherited. A number that stands for another file is left alone.
        """
        try:
            ours, theirs = self.path.stat(), os.fstat(handle)
        except OSError:
            return False
        if (ours.st_dev, ours.st_ino) != (theirs.st_dev, theirs.st_ino) or not _take(
            handle, fcntl.LOCK_EX, 0.0
        ):
            return False
        os.set_inheritable(handle, False)
        self._keep(handle)
        return True

    def holder(self) -> int | None:
        """Return the process id that the last holder wrote down, if it is readable."""
        with suppress(OSError, ValueError):
            return int(self.path.read_text(encoding="ascii"))
        return None

    def release(self) -> None:
        """Give the lock back; does nothing when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@contextmanager
def shared(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold a lock together with others, never with an exclusive holder.

    Raises StoreError when an exclusive holder keeps it longer than `timeout` seconds.
    """
    handle = _open(path)
    try:
        if not _take(handle, fcntl.LOCK_SH, timeout):
            raise StoreError(
                "Another process is busy with the project's database.",
                where=str(path),
                hint="Try again; if it stays busy, see which `workbench` processes are running.",
            )
        yield
    finally:
        os.close(handle)


@contextmanager
def exclusive(path: Path, *, timeout: float = 0.0) -> Iterator[bool]:
    """Try for a lock that nobody else holds, for `timeout` seconds; yield whether it is held."""
    handle = _open(path)
    try:
        yield _take(handle, fcntl.LOCK_EX, timeout)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"The lock file cannot be opened: {error.strerror}.",
            where=str(path),
            hint="The project's folder must exist and be writable.",
        ) from error


def _take(handle: int, mode: int, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(handle, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(STEP_SECONDS)
        else:
            return True
