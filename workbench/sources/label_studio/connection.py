"""Requests to a Label Studio server: sent once, answers checked, refusals said in words.

The SDK carries the requests (addresses, headers, the exchange of personal tokens). Its repeating of
requests is off, because a write that was repeated blindly doubles what it wrote
(docs/decisions/0006-label-studio-live.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.client_wrapper import SyncClientWrapper

from workbench.errors import AccessError, GoneError, RemoteError, UnreachableError
from workbench.sources.label_studio.answers import NO_ANSWER, date, detail, detail_of, encoded
from workbench.sources.label_studio.retrying import Patience, retrying

TIMEOUT_SECONDS = 600.0  # a large import takes minutes, and the server goes on when nobody listens
READ_SECONDS = 60.0
CONNECT_SECONDS = 10.0
SHOWN_CHARACTERS, SAID_CHARACTERS = 80, 500


class Connection:
    """One server and one token. Every method raises RemoteError or one of its kinds.

    Reading is repeated for a while when the server is away or answers nonsense. Writing never is,
    unless the server said that it did not look at the request (429).
    """

    def __init__(self, url: str, token: str, *, patience: Patience | None = None) -> None:
        self.url = url.rstrip("/")
        self.clock: datetime | None = None
        """The server's time when it answered last, None when it does not say."""
        self._patience = patience or Patience()
        self._token, self._secrets = token, {token}
        # Redirects are refused: following one turns a POST into a GET.
        timeout = httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS)
        self._http = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            event_hooks={"request": [self._remember_secrets]},
            # To load the certificates takes longer than a request; http needs none.
            verify=not self.url.startswith("http://"),
        )
        self._sdk = self._signed_in()

    def _signed_in(self) -> SyncClientWrapper:
        try:
            return SyncClientWrapper(
                api_key=self._token, base_url=self.url, max_retries=0, httpx_client=self._http
            )
        except ApiError as error:  # the token says itself that it has ended
            raise self._refusal(error.status_code or 401, detail(error.body)) from error

    def _remember_secrets(self, request: httpx.Request) -> None:
        """Keep the token of an exchange out of messages too."""
        if said := request.headers.get("authorization"):
            self._secrets.add(said.split()[-1])

    def _shown(self, text: str, most: int) -> str:
        """Return the beginning of what somebody said, without tokens: servers and proxies may show them."""
        for secret in self._secrets:
            text = text.replace(secret, "[token]")
        return text[:most]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        check: Callable[[Any], bool] = lambda answer: True,
    ) -> Any:
        """Return the JSON that a path gives; it must pass the check."""
        return retrying(
            lambda: self._request("GET", path, params=params, check=check),
            self._patience,
            repeats=lambda error: isinstance(error, UnreachableError),
        )

    def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        params: Mapping[str, Any] | None = None,
        check: Callable[[Any], bool] = lambda answer: True,
    ) -> Any:
        """Send a body (None: none) and return the JSON of the answer, None for an empty one."""
        content = None if body is None else encoded(body)
        return retrying(
            lambda: self._request(method, path, params=params, content=content, check=check),
            self._patience,
            repeats=lambda error: isinstance(error, BusyError),
        )

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None,
        content: bytes | None = None,
        check: Callable[[Any], bool],
    ) -> Any:
        """Return the JSON that answers a request, None for an empty answer; it must pass the check."""
        answer = self._answer(method, path, params, content)
        if answer.status_code == 401 and answer.request.headers["authorization"].startswith("Bearer "):
            # What a personal token was exchanged for ends by the server's clock; the SDK goes by ours.
            self._sdk = self._signed_in()
            answer = self._answer(method, path, params, content)
        self.clock = date(answer.headers.get("date", "")) or self.clock
        if answer.has_redirect_location:
            raise self._elsewhere(answer)
        if not 200 <= answer.status_code < 300:
            raise self._refusal(answer.status_code, detail_of(answer), answer.headers.get("retry-after"))
        try:
            said = answer.json() if answer.content else None
        except NO_ANSWER as error:
            raise self._nonsense(answer.text) from error
        if not check(said):
            raise self._nonsense(answer.text)
        return said

    def _answer(
        self, method: str, path: str, params: Mapping[str, Any] | None, content: bytes | None
    ) -> httpx.Response:
        try:
            return self._sdk.httpx_client.request(
                path,
                method=method,
                params=dict(params or {}),
                content=content,
                headers={"content-type": "application/json"} if content is not None else {},
                request_options={"timeout": READ_SECONDS} if method == "GET" else {},
            )
        except ApiError as error:  # the exchange of a personal token
            raise self._refusal(error.status_code or 0, detail(error.body)) from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except httpx.InvalidURL as error:
            raise RemoteError(f"This is no address of a server: {error}.", where=self.url) from error
        except NO_ANSWER as error:
            raise self._nonsense(type(error).__name__) from None  # its words may show the token

    def _unreachable(self, error: httpx.HTTPError) -> UnreachableError:
        never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol)
        what = "cannot be reached" if never_sent else "did not finish its answer"
        hint = "Does it run, and is the address right?" if never_sent else ""
        return UnreachableError(
            f"Label Studio {what} ({self._shown(str(error), SAID_CHARACTERS) or type(error).__name__}).",
            where=self.url,
            hint=hint,
            sent=not never_sent,
        )

    def _nonsense(self, shown: str) -> UnreachableError:
        return UnreachableError(
            f"The answer is not what Label Studio says: {self._shown(shown, SHOWN_CHARACTERS)!r}",
            where=self.url,
            hint="Is a log-in page, or another program, between here and Label Studio?",
        )

    def _elsewhere(self, answer: httpx.Response) -> RemoteError:
        """Say where a redirect leads: the address of the server when it only moved, else all of it."""
        try:
            target = str(answer.request.url.join(answer.headers["location"]))
        except httpx.InvalidURL:
            target = answer.headers["location"]
        asked = str(answer.request.url).removeprefix(self.url)
        server = target.removesuffix(asked) if asked and target.endswith(asked) else target
        shown = self._shown("".join(c for c in server if c.isprintable()), SAID_CHARACTERS)
        return RemoteError(
            f"The address leads elsewhere, to {shown}",
            where=self.url,
            hint="If you trust that address, connect to it instead; the token was not sent there.",
        )

    def _refusal(self, status: int, detail: str, wait: str | None = None) -> RemoteError:
        said = f" It says: {self._shown(detail, SAID_CHARACTERS)}" if detail else ""
        if status == 401:
            return AccessError(
                f"Label Studio does not take the token.{said}",
                where=self.url,
                hint=what_it_takes(self._token, detail),
            )
        if status == 403:
            return AccessError(f"The token's user may not do this.{said}", where=self.url)
        if status == 404:
            return GoneError(f"Label Studio has no such thing.{said}", where=self.url)
        if status == 429:
            return BusyError(f"Label Studio is asked too often.{said}", where=self.url, wait=wait)
        if 300 <= status < 400:
            return RemoteError("The address leads elsewhere.", where=self.url, hint="Use the other address.")
        if status >= 500 or status == 408:
            return UnreachableError(f"Label Studio failed ({status}).{said}", where=self.url)
        return RemoteError(f"Label Studio refused ({status}).{said}", where=self.url)


class BusyError(UnreachableError):
    """The server did not look at the request; `wait` is what it asks to wait, in seconds or as a date."""

    def __init__(self, message: str, *, where: str, wait: str | None) -> None:
        super().__init__(message, where=where, sent=False)
        self.wait = wait


def what_it_takes(token: str, detail: str) -> str:
    """Say which kind of token a server takes, as far as its refusal of one shows."""
    is_personal = token.startswith("eyJ")
    if not is_personal and "legacy token authentication has been disabled" in detail:
        return (
            "This is a legacy token, and the server takes personal access tokens only (they begin with eyJ): "
            "make one in Account & Settings."
        )
    if is_personal and "credentials were not provided" in detail:
        return (
            "This is a personal access token, and the server takes legacy tokens only (40 characters): "
            "take it from Account & Settings."
        )
    kind = "a personal access token" if is_personal else "a legacy token"
    return (
        f"It looks like {kind}, and the server takes that kind; was it copied whole, and is it still valid? "
        "A new one is made in Account & Settings."
    )
