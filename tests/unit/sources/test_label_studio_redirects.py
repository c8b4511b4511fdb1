"""What is said when the address of Label Studio leads elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from workbench.errors import RemoteError
from workbench.sources.label_studio.connection import Connection

TOKEN = "0123456789abcdef0123456789abcdef01234567"


class Elsewhere(BaseHTTPRequestHandler):
    """Leads every request to another server, or to a page of its own."""

    def do_GET(self) -> None:
        self.send_response(302)
        path = "/login?token=" + TOKEN if "login" in self.path else "http://studio.example:8080" + self.path
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Return the address of a server that leads elsewhere."""
    httpd = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_the_server_that_an_address_leads_to_is_named(server: str) -> None:
    with pytest.raises(RemoteError) as caught:
        Connection(server, TOKEN).read("api/projects")
    assert caught.value.message == "The address leads elsewhere, to http://studio.example:8080"
    assert "the token was not sent there" in caught.value.hint


def test_a_page_that_an_address_leads_to_is_named_without_the_token(server: str) -> None:
    with pytest.raises(RemoteError) as caught:
        Connection(server, TOKEN).read("api/login")
    assert caught.value.message == f"The address leads elsewhere, to {server}/login?token=[token]"
