"""The address that Label Studio calls when something was annotated: a hint to look, nothing more.

Label Studio waits for the answer while the annotator waits for Label Studio, and calls once. So the
answer comes before anything is done, and whoever gets the hint asks the server for the truth.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from workbench.errors import MachineError

SECRET_HEADER = "X-Workbench-Hint"
MOST_BYTES = 32 * 1024 * 1024
SECONDS = 5.0  # for a caller who says that there is more and does not send it


class Hints(ThreadingHTTPServer):
    """Listens for hints; `come` is set by each one that knows the secret."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: str, port: int) -> None:
        self.come = threading.Event()
        self.secret = secrets.token_urlsafe(24)
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), _Answer)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if self.address_family == socket.AF_INET6 else str(host)
        return f"http://{name}:{port}/hint"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a caller that goes away or stalls; anything else is a fault of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Answer(BaseHTTPRequestHandler):
    server: Hints
    timeout = SECONDS

    def do_POST(self) -> None:
        """Answer at once; the body is read so that the caller can finish, and thrown away."""
        said = self.headers.get(SECRET_HEADER, "")
        is_ours = hmac.compare_digest(said.encode(), self.server.secret.encode())
        left = self.headers.get("content-length", "0")
        if not left.isascii() or not left.isdigit() or int(left) > MOST_BYTES:
            return self._answer(413)
        self._read(int(left))
        if is_ours:
            self.server.come.set()
        self._answer(204 if is_ours else 403)

    def _read(self, left: int) -> None:
        while left > 0:
            piece = self.rfile.read(min(left, 65_536))
            if not piece:
                return
            left -= len(piece)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the progress line tells what matters."""


@contextmanager
def listening(address: str, port: int) -> Iterator[Hints]:
    """Listen until the block ends. Raises MachineError when the address cannot be had."""
    try:
        hints = Hints(address, port)
    except OSError as error:
        raise MachineError(
            f"Hints from Label Studio cannot be taken: {error.strerror or error}.",
            where=f"{address}:{port}",
            hint="Choose another --listen ADDRESS:PORT, or --no-hook to ask from time to time only.",
        ) from error
    thread = threading.Thread(target=hints.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield hints
    finally:
        hints.shutdown()
        hints.server_close()
