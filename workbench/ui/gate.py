"""The gate in front of everything that the app serves: pages, files, routes and the websocket.

For routes and pages:
- `visitor_of(request)` (or of an ASGI scope) is who asks; the gate lets nobody else through, so behind it
  this is never None. Ask `visitor.leads` or `visitor.may("admin")` before doing what needs more.
- `csrf_token(visitor)` is what a page hands to its component; the component sends it back in the header
  `X-Workbench-Token` (`TOKEN_HEADER`) with every POST, PUT, PATCH or DELETE. The gate itself compares it,
  with and without accounts, and answers 403 `{"code": "token", …}` otherwise; only the sign-in forms and
  Streamlit's uploads, which have tokens of their own, go without. The token outlives a restart of the
  app, and ends with the session.
- Bodies below `/wb/` may have 16 MiB (413 beyond), those of the sign-in forms 64 KiB.

What it refuses:
- always: a websocket or a changing request with a foreign `Origin` (403);
- without accounts: clients of other machines, and a `Host` that is not this machine (403);
- with accounts: whoever has no valid cookie: 303 to `/login?next=…` for pages, 401 for other methods and
  files and routes, 403 for the websocket. An open websocket closes when its session ends.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.config import MEBIBYTE, Home
from workbench.errors import WorkbenchError
from workbench.store.accounts import read_accounts
from workbench.ui import oidc
from workbench.ui.sessions import Visitor, csrf_token, is_csrf_token, visitor_with

__all__ = ["TOKEN_HEADER", "Gate", "Visitor", "csrf_token", "is_loopback", "local_target", "visitor_of"]

TOKEN_HEADER = "X-Workbench-Token"
API = "/wb/"
FORMS = ("/login", "/logout")
HEALTH = "/_stcore/health"
UPLOADS = "/_stcore/upload_file/"
OPEN = frozenset({"/login", "/login.css", HEALTH})
OWN_FILES = ("/wb/", "/_stcore/", "/media/", "/component/", "/static/", "/app/")
FORM_BYTES, API_BYTES = 64 * 1024, 16 * MEBIBYTE
# Whoever comes through a proxy looks like this machine and need not be on it.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_TARGET_CHARACTERS = 2000
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Streamlit needs inline styles and eval; but nothing on a page, such as a picture in guidelines, may
    # ask another host.
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
VISITOR = "workbench.visitor"
ADD_HINT = "Make an account first: workbench account add NAME --role admin"
logger = logging.getLogger(__name__)


def visitor_of(connection: HTTPConnection | Scope) -> Visitor | None:
    """Return who sends this request, None when nobody is signed in."""
    scope: Scope = connection.scope if isinstance(connection, HTTPConnection) else connection
    if VISITOR not in scope:
        scope[VISITOR] = visitor_with(HTTPConnection(scope).cookies)
    found: Visitor | None = scope[VISITOR]
    return found


class Gate:
    """The middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        try:
            refusal = _refusal(scope)
            if refusal is None and _size_limit(scope):
                receive, refusal = await _read_body(scope, receive)
        except WorkbenchError as error:
            logger.error("%s", error)
            refusal = _refused(503, "accounts", "The accounts cannot be used: the app's log says why.")
        if refusal is not None:
            await _answer(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, _while_signed_in(scope, receive, send), send)
        else:
            await self.app(scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    headers = Headers(scope=scope)
    refusal = None if read_accounts(Home.find().root) else _not_local(scope, headers)
    refusal = refusal or _foreign(scope, headers)
    if refusal is not None:
        return refusal
    path = _path(scope)
    visitor = visitor_of(scope)
    if visitor is None:
        return None if scope["type"] == "http" and _is_open(path) else _not_signed_in(scope)
    if _needs_token(scope, path) and not is_csrf_token(visitor, headers.get(TOKEN_HEADER, "")):
        return _refused(403, "token", "This page is too old, or the request is not its own.", "Reload it.")
    return None


def _is_open(path: str) -> bool:
    return path in OPEN or (path in oidc.PATHS and bool(oidc.providers()))


def _needs_token(scope: Scope, path: str) -> bool:
    has_its_own = path in FORMS or path.startswith(UPLOADS)
    return scope["type"] == "http" and _changes(scope) and not has_its_own


def _path(scope: Scope) -> str:
    """Return the path that routes are compared with."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _not_local(scope: Scope, headers: Headers) -> Response | None:
    """Without accounts everybody is an admin: only this machine may ask, under a name of its own."""
    for end in ("client", "server"):
        address = scope.get(end)
        if not address or not is_loopback(str(address[0])):
            return _refused(
                403, "accounts", "Without accounts this app serves its own machine only.", ADD_HINT
            )
    if any(name in headers for name in FORWARDED):
        return _refused(403, "accounts", "Without accounts this app serves its own machine only.", ADD_HINT)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(_host_name(hosts[0])):
        return _refused(403, "host", "This app is called by a name that is not this machine's.", ADD_HINT)
    return None


def _foreign(scope: Scope, headers: Headers) -> Response | None:
    """Browsers say which page a websocket or a changing request comes from."""
    if not _changes(scope):
        return None
    origins, hosts = headers.getlist("origin"), headers.getlist("host")
    if not origins:  # no browser
        return None
    parts = urlsplit(origins[0]) if len(origins) == 1 and len(hosts) == 1 else None
    if parts is None or parts.scheme not in ("http", "https") or parts.netloc.lower() != hosts[0].lower():
        return _refused(403, "origin", "This request comes from a page of somebody else.")
    return None


def _changes(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in READING


def _not_signed_in(scope: Scope) -> Response:
    if scope["type"] == "websocket":
        return _refused(403, "session", "Sign in first.")
    if scope["method"] in ("GET", "HEAD") and not _is_file(_path(scope)):
        query = scope["query_string"].decode("latin-1")
        target = local_target(quote(scope["path"]) + (f"?{query}" if query else ""))
        root = scope.get("root_path", "")
        if oidc.has_identity(HTTPConnection(scope).cookies):
            return RedirectResponse(root + oidc.ARRIVED, 303)
        login = f"{root}/login"
        return RedirectResponse(f"{login}?next={quote(target, safe='')}" if target != "/" else login, 303)
    return _refused(401, "session", "Sign in first.", "Open the app's first page.")


def _is_file(path: str) -> bool:
    return path.startswith(OWN_FILES) or "." in path.rpartition("/")[2]


def _size_limit(scope: Scope) -> int | None:
    if scope["type"] == "websocket" or scope["method"] in READING:
        return None
    path = _path(scope)
    if path in FORMS:
        return FORM_BYTES
    return API_BYTES if path.startswith(API) else None


async def _read_body(scope: Scope, receive: Receive) -> tuple[Receive, Response | None]:
    """Read a small body before anything is done with it; what is too large is not read to its end."""
    limit = _size_limit(scope) or 0
    too_large = _refused(413, "size", f"This is more than {limit // 1024:,} KiB.")
    said = Headers(scope=scope).get("content-length", "")
    if said.isdigit() and int(said) > limit:
        return receive, too_large
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            return receive, too_large
    read: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return read.pop() if read else await receive()

    return again, None


def _while_signed_in(scope: Scope, receive: Receive, send: Send) -> Receive:
    """Look at every message of a websocket whether its session still holds; close it when not."""
    visitor = visitor_of(scope)
    cookies = HTTPConnection(scope).cookies

    async def watched() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and _now(cookies) != visitor:
            await send({"type": "websocket.close", "code": 1008, "reason": "signed out"})
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    return watched


def _now(cookies: Mapping[str, str]) -> Visitor | None:
    try:
        return visitor_with(cookies)
    except WorkbenchError as error:
        logger.error("%s", error)
        return None


def _refused(status: int, code: str, message: str, hint: str = "") -> Response:
    return JSONResponse({"code": code, "message": message, "hint": hint}, status)


async def _answer(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
    else:
        await refusal(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def is_loopback(host: str) -> bool:
    """Tell whether a host name or an address means this machine and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or "" if "@" not in host else ""
    except ValueError:
        return ""


def local_target(wanted: str) -> str:
    """Return where to go after signing in: a path of this app, else the first page.

    >>> local_target("/review?project=tickets"), local_target("//evil.example"), local_target("/\\\\evil")
    ('/review?project=tickets', '/', '/')
    """
    plain = wanted.isascii() and all(33 <= ord(sign) < 127 for sign in wanted) and "\\" not in wanted
    if not plain or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    if len(wanted) > MOST_TARGET_CHARACTERS or urlsplit(wanted).path in FORMS:
        return "/"
    return wanted
