"""A proxy between the workbench and a real server that does to chosen requests what networks do."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple

# What can happen to a request. Of those before the line the server never hears.
NEVER_ARRIVES = ("cut before", "429", "429 and wait", "503 unheard", "html unheard")
ARRIVES = (
    "cut the reply",
    "cut in the reply",
    "delay",
    "double, first reply",
    "double, second reply",
    "truncate",
    "html",
    "wrong json",
    "empty",
    "502",
)
KINDS = (*NEVER_ARRIVES, *ARRIVES)
ASKED_TO_WAIT = 7
PAGE = b"<!doctype html><html><body><form>Please log in to the guest network</form></body></html>"
NOT_FORWARDED = frozenset({"host", "connection", "accept-encoding"})
NOT_RETURNED = frozenset({"transfer-encoding", "connection", "content-length"})
IDLE_SECONDS = 30.0


class Asked(NamedTuple):
    """A request; `number` counts from 0."""

    number: int
    method: str
    path: str


@dataclass
class Fault:
    """What happens to the requests that a predicate chooses, the first `times` of them.

    `kind` is one of KINDS, `401`, `echo` or `echo as json` (what shows the headers that came) or '' for
    nothing; `before` is called before the request goes on.
    """

    chooses: Callable[[Asked], bool]
    kind: str = ""
    times: int = 1
    before: Callable[[], object] | None = None
    n_done: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class FaultyProxy:
    """Forwards to a port of this machine: `with FaultyProxy(port) as proxy: … proxy.url`."""

    def __init__(self, port: int, *, delay: float = 0.3) -> None:
        self.port, self.delay = port, delay
        self.asked: list[Asked] = []
        self.authorizations: set[str] = set()
        self.bodies: list[bytes] = []  # of the imports
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def at(self, number: int, kind: str) -> Fault:
        """Do something to the request of a number, counted from the last `calm`."""
        return self.when(lambda asked: asked.number == number, kind)

    def when(
        self,
        chooses: Callable[[Asked], bool],
        kind: str = "",
        *,
        times: int = 1,
        before: Callable[[], object] | None = None,
    ) -> Fault:
        """Do something to the first `times` requests that are chosen."""
        fault = Fault(chooses, kind, times, before)
        self._faults.append(fault)
        return fault

    def calm(self) -> None:
        """Do nothing to anybody from now on, and count from 0 again."""
        with self._lock:
            self.asked, self._faults = [], []

    def take(self, method: str, path: str) -> Fault | None:
        """Count a request, and return what is to happen to it."""
        with self._lock:
            asked = Asked(len(self.asked), method, path)
            self.asked.append(asked)
            for fault in self._faults:
                if fault.n_done < fault.times and fault.chooses(asked):
                    fault.n_done += 1
                    return fault
        return None

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def imports(asked: Asked) -> bool:
    """Choose the requests that make tasks."""
    return asked.method == "POST" and "/import" in asked.path


def listings(asked: Asked) -> bool:
    """Choose the requests that list tasks."""
    return asked.method == "GET" and asked.path.startswith("/api/tasks/")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: FaultyProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who is cut off, or has gone, is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Server

    def _answer(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        proxy.authorizations.add(self.headers.get("authorization", ""))
        if "/import" in self.path:
            proxy.bodies.append(body)
        fault = proxy.take(self.command, self.path)
        if fault and fault.before:
            fault.before()
        kind = fault.kind if fault else ""
        if kind == "cut before":
            self._cut()
        elif (reply := self._instead(kind)) is not None:
            self._send(reply)
        else:
            self._after(kind, body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

    def _instead(self, kind: str) -> Reply | None:
        """Return the answer of a server that never got the request, None when it is to get it."""
        shown = f"You sent {self.headers.get('authorization')} and {', '.join(self.headers)}"
        return {
            "429": Reply(429, (), b"{}"),
            "429 and wait": Reply(429, (("Retry-After", str(ASKED_TO_WAIT)),), b"{}"),
            "401": Reply(401, (), b'{"detail": "Token is invalid or expired"}'),
            "503 unheard": Reply(503, (), PAGE),
            "html unheard": Reply(200, (("Content-Type", "text/html"),), PAGE),
            "echo": Reply(200, (), shown.encode()),
            "echo as json": Reply(400, (), json.dumps({"detail": shown}).encode()),
        }.get(kind)

    def _after(self, kind: str, body: bytes) -> None:
        """Let the server do what was asked, and answer something else, or later, or not."""
        try:
            first = self._forwarded(body)
            second = self._forwarded(body) if kind.startswith("double") else first
        except (OSError, http.client.HTTPException):
            self._cut()
            return
        reply = second if kind == "double, second reply" else first
        if kind == "delay":
            time.sleep(self.server.proxy.delay)
        if kind == "cut the reply":
            self._cut()
        elif kind == "cut in the reply":
            self._send(reply, n_sent=len(reply.body) // 2)
        elif kind == "truncate":
            self._send(Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2]))
        elif kind == "html":
            self._send(Reply(200, (("Content-Type", "text/html"),), PAGE))
        elif kind == "wrong json":
            self._send(Reply(200, (("Content-Type", "application/json"),), b'[{"status": "ok"}, 7]'))
        elif kind == "empty":
            self._send(Reply(200, (), b""))
        elif kind == "502":
            self._send(Reply(502, (), PAGE))
        else:
            self._send(reply)

    def _forwarded(self, body: bytes) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.proxy.port, timeout=600)
        try:
            headers = {n: v for n, v in self.headers.items() if n.lower() not in NOT_FORWARDED}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            kept = tuple((n, v) for n, v in answer.getheaders() if n.lower() not in NOT_RETURNED)
            return Reply(answer.status, kept, answer.read())
        finally:
            connection.close()

    def _send(self, reply: Reply, *, n_sent: int | None = None) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[:n_sent])
        if n_sent is not None:
            self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
