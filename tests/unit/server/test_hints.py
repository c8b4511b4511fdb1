"""What comes to the address for hints, and is not always a hint."""

from __future__ import annotations

import http.client
import socket
import struct
import time
from urllib.parse import urlsplit

import pytest

from workbench.server.hints import SECRET_HEADER, Hints, listening


def status_of_a_hint(hints: Hints) -> int:
    where = urlsplit(hints.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=10)
    try:
        connection.request("POST", where.path, b"{}", {SECRET_HEADER: hints.secret})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_caller_that_resets_its_connection_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with listening("127.0.0.1", 0) as hints:
        for words in (b"", b"POST /hint HTTP/1.1\r\ncontent-length: 100\r\n\r\nabc"):
            caller = socket.create_connection(("127.0.0.1", hints.server_port))
            caller.sendall(words)
            time.sleep(0.1)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.close()
        time.sleep(0.3)
        assert status_of_a_hint(hints) == 204
    assert capfd.readouterr() == ("", "")


def test_a_fault_of_ours_is_not_kept_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with listening("127.0.0.1", 0) as hints:
        try:
            raise ValueError("a fault")
        except ValueError:
            hints.handle_error(None, ("127.0.0.1", 1))
    assert "a fault" in capfd.readouterr().err


def test_hints_are_taken_at_an_ipv6_address() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening("::1", 0) as hints:
        assert hints.url == f"http://[::1]:{hints.server_port}/hint"
        assert status_of_a_hint(hints) == 204
