"""Label Studio's web interface: what the workbench asks of a server, each call once.

The SDK carries the requests (addresses, headers, the exchange of personal tokens). Its models would
turn times and numbers into other types, so answers are taken as the JSON that came; its repeating of
requests is off, because a write that was repeated blindly doubles what it wrote
(docs/decisions/0006-label-studio-live.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import httpx
from label_studio_sdk.core.api_error import ApiError
from label_studio_sdk.core.client_wrapper import SyncClientWrapper

from workbench.errors import AccessError, GoneError, RemoteError, UnreachableError
from workbench.sources.label_studio.answers import (
    NO_ANSWER,
    date,
    detail,
    detail_of,
    encoded,
    is_list,
    is_numbered,
    is_object,
    is_page,
    is_page_of_projects,
    is_project,
)
from workbench.sources.label_studio.retrying import Patience, retrying

Fields: TypeAlias = dict[str, Any]
TIMEOUT_SECONDS = 600.0  # a large import takes minutes, and the server goes on when nobody listens
CONNECT_SECONDS = 10.0
PAGE = 500
LONG_PAGE = 10_000
SHOWN_CHARACTERS, SAID_CHARACTERS = 80, 500
BASIC = "BASIC_AUTH"


class LabelStudioClient:
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
            timeout=timeout, follow_redirects=False, event_hooks={"request": [self._remember_secrets]}
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

    # Server and projects

    def users(self) -> dict[int, str]:
        """Return the email of every user by number."""
        found = self._read("api/users/", check=is_list)
        return {user["id"]: user["email"] for user in found if user.get("email")}

    def project(self, project: int) -> Fields:
        """Return the settings and counts of a project. Raises GoneError when there is none."""
        found: Fields = self._read(f"api/projects/{project}/", check=is_project)
        return found

    def create_project(self, fields: Mapping[str, Any]) -> Fields:
        """Make a project and return it."""
        made: Fields = self._write("POST", "api/projects/", fields, check=is_numbered)
        return made

    def newest_projects(self) -> list[Fields]:
        """Return the newest projects, the last one first, with id, title and description."""
        params = {"page_size": 100, "ordering": "-id", "include": "id,title,description"}
        answer = self._read("api/projects/", params, check=is_page_of_projects)
        found: list[Fields] = answer["results"]
        return found

    def update_project(self, project: int, **fields: Any) -> Fields:
        """Change settings of a project and return it."""
        changed: Fields = self._write("PATCH", f"api/projects/{project}/", fields, check=is_numbered)
        return changed

    # Tasks

    def count_tasks(self, project: int, query: Mapping[str, Any]) -> int:
        """Return how many tasks a query (see `tasks`) finds."""
        params = {"project": project, "fields": "task_only", "include": "id", "page_size": 1}
        answer = self._read("api/tasks/", {**params, "query": json.dumps(query)}, check=is_page)
        return int(answer["total"])

    def tasks(
        self,
        project: int,
        *,
        include: str = "",
        filters: Sequence[Mapping[str, Any]] = (),
        after: int = 0,
    ) -> Iterator[list[Fields]]:
        """Yield pages of tasks by rising number, those after a number, which is the key of the paging.

        While annotators work, pages by count would skip tasks. `include` names the fields; without it
        tasks come whole, with their annotations, drafts and predictions. Raises RemoteError when a page
        is shorter than the server says that it is.
        """
        size = LONG_PAGE if include else PAGE
        fields = {"fields": "task_only", "include": include} if include else {"fields": "all"}
        while True:
            key = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": after}
            query = {"filters": {"conjunction": "and", "items": [key, *filters]}, "ordering": ["tasks:id"]}
            page = self._page({"project": project, **fields, "page_size": size, "query": json.dumps(query)})
            if page:
                yield page
            if len(page) < size:
                return
            after = page[-1]["id"]

    def newest_change(self, project: int) -> str:
        """Return when a task was changed last, by the server's clock; '' when there is no task."""
        query = json.dumps({"ordering": ["-tasks:updated_at"]})
        params = {"fields": "task_only", "include": "id,updated_at", "page_size": 1, "query": query}
        return "".join(str(task["updated_at"]) for task in self._page({"project": project, **params}))

    def tasks_with_ids(self, project: int, ids: Sequence[int], *, include: str = "") -> list[Fields]:
        """Return those of some tasks that exist, whole or with the fields that `include` names."""
        fields = {"fields": "task_only", "include": include} if include else {"fields": "all"}
        found: list[Fields] = []
        for start in range(0, len(ids), PAGE):
            some = list(ids[start : start + PAGE])
            query = {"selectedItems": {"all": False, "included": some}, "ordering": ["tasks:id"]}
            params = {"project": project, **fields, "page_size": PAGE, "query": json.dumps(query)}
            found += self._page(params)
        return found

    def _page(self, params: Mapping[str, Any]) -> list[Fields]:
        answer = self._read("api/tasks/", params, check=is_page)
        tasks: list[Fields] = answer["tasks"]
        if len(tasks) != min(answer["total"], params["page_size"]):
            raise UnreachableError(
                f"Label Studio gave {len(tasks)} of {answer['total']} tasks.", where=self.url
            )
        return tasks

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        """Make tasks, all or none, and return their numbers in order."""
        path = f"api/projects/{project}/import"
        answer = self._write("POST", path, tasks, params={"return_task_ids": "true"})
        ids = answer.get("task_ids") if isinstance(answer, dict) else None
        if not isinstance(ids, list) or len(ids) != len(tasks) or not all(type(id) is int for id in ids):
            raise UnreachableError(
                f"Label Studio did not say which numbers {len(tasks)} new tasks got.", where=self.url
            )
        return ids

    def delete_tasks(self, project: int, ids: Sequence[int]) -> None:
        """Delete those of some tasks that exist."""
        params = {"id": "delete_tasks", "project": project}
        chosen = {"selectedItems": {"all": False, "included": list(ids)}}
        self._write("POST", "api/dm/actions/", chosen, params=params)

    # Predictions

    def import_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> int:
        """Make predictions and return how many; those that the server cannot use, it leaves out."""
        answer = self._write("POST", f"api/projects/{project}/import/predictions", predictions)
        created = answer.get("created") if isinstance(answer, dict) else None
        if not isinstance(created, int):
            raise UnreachableError("Label Studio did not say how many predictions it took.", where=self.url)
        return created

    def model_versions(self, project: int) -> dict[str, int]:
        """Return how many predictions each model version has."""
        found: dict[str, int] = self._read(f"api/projects/{project}/model-versions/", check=is_object)
        return found

    def prediction_ids(self, project: int, version: str) -> list[int]:
        """Return the numbers of the predictions of a version."""
        found = self._read("api/predictions/", {"project": project}, check=is_list)
        return [prediction["id"] for prediction in found if prediction.get("model_version") == version]

    def delete_prediction(self, prediction: int) -> None:
        """Delete a prediction."""
        self._write("DELETE", f"api/predictions/{prediction}/", None)

    # ML backends and webhooks

    def backends(self, project: int) -> list[Fields]:
        """Return the ML backends of a project."""
        found: list[Fields] = self._read("api/ml/", {"project": project}, check=is_list)
        return found

    def rename_backend(self, backend: Mapping[str, Any], title: str) -> None:
        """Give an ML backend another title. The server asks the backend first whether it is up."""
        fields = {name: backend[name] for name in ("url", "project", "auth_method") if name in backend}
        if fields.get("auth_method") == BASIC:  # an empty password leaves the one that is there
            fields |= {"basic_auth_user": backend.get("basic_auth_user"), "basic_auth_pass": ""}
        self._write("PATCH", f"api/ml/{backend['id']}", {**fields, "title": title})

    def webhooks(self, project: int) -> list[Fields]:
        """Return the webhooks of a project."""
        found: list[Fields] = self._read("api/webhooks/", {"project": project}, check=is_list)
        return found

    def add_webhook(self, fields: Mapping[str, Any]) -> int:
        """Make a webhook and return its number."""
        return int(self._write("POST", "api/webhooks/", fields, check=is_numbered)["id"])

    def delete_webhook(self, webhook: int) -> None:
        """Delete a webhook."""
        self._write("DELETE", f"api/webhooks/{webhook}/", None)

    # Requests

    def _read(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        check: Callable[[Any], bool] = lambda answer: True,
    ) -> Any:
        return retrying(
            lambda: self._request("GET", path, params=params, check=check),
            self._patience,
            repeats=lambda error: isinstance(error, UnreachableError),
        )

    def _write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        params: Mapping[str, Any] | None = None,
        check: Callable[[Any], bool] = lambda answer: True,
    ) -> Any:
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

    def _refusal(self, status: int, detail: str, wait: str | None = None) -> RemoteError:
        said = f" It says: {self._shown(detail, SAID_CHARACTERS)}" if detail else ""
        if status == 401:
            return AccessError(f"Label Studio does not take the token.{said}", where=self.url, hint=TOKENS)
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


TOKENS = (
    "There are two kinds: a personal access token (it begins with eyJ) and a legacy token (40 characters). "
    "Which of them the server takes stands in Account & Settings and in the organization's settings; "
    "take a new one from there."
)
