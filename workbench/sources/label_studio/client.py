"""Label Studio's web interface: what the workbench asks of a server, each call once.

The SDK's models would turn times and numbers into other types, so answers are taken as the JSON that came
(docs/decisions/0006-label-studio-live.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from workbench.errors import UnreachableError
from workbench.sources.label_studio.answers import (
    is_list,
    is_numbered,
    is_object,
    is_page,
    is_page_of_projects,
    is_project,
)
from workbench.sources.label_studio.connection import Connection
from workbench.sources.label_studio.retrying import Patience

Fields: TypeAlias = dict[str, Any]
PAGE = 500
LONG_PAGE = 10_000
BASIC = "BASIC_AUTH"


class LabelStudioClient:
    """One server and one token. Every method raises RemoteError or one of its kinds.

    Reading is repeated for a while when the server is away or answers nonsense. Writing never is,
    unless the server said that it did not look at the request (429).
    """

    def __init__(self, url: str, token: str, *, patience: Patience | None = None) -> None:
        self._connection = Connection(url, token, patience=patience)

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._connection.url

    @property
    def clock(self) -> datetime | None:
        """The server's time when it answered last, None when it does not say."""
        return self._connection.clock

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    # Server and projects

    def users(self) -> dict[int, str]:
        """Return the email of every user by number."""
        found = self._connection.read("api/users/", check=is_list)
        return {user["id"]: user["email"] for user in found if user.get("email")}

    def project(self, project: int) -> Fields:
        """Return the settings and counts of a project. Raises GoneError when there is none."""
        found: Fields = self._connection.read(f"api/projects/{project}/", check=is_project)
        return found

    def create_project(self, fields: Mapping[str, Any]) -> Fields:
        """Make a project and return it."""
        made: Fields = self._connection.write("POST", "api/projects/", fields, check=is_numbered)
        return made

    def newest_projects(self) -> list[Fields]:
        """Return the newest projects, the last one first, with id, title and description."""
        params = {"page_size": 100, "ordering": "-id", "include": "id,title,description"}
        answer = self._connection.read("api/projects/", params, check=is_page_of_projects)
        found: list[Fields] = answer["results"]
        return found

    def update_project(self, project: int, **fields: Any) -> Fields:
        """Change settings of a project and return it."""
        changed: Fields = self._connection.write(
            "PATCH", f"api/projects/{project}/", fields, check=is_numbered
        )
        return changed

    # Tasks

    def count_tasks(self, project: int, query: Mapping[str, Any]) -> int:
        """Return how many tasks a query (see `tasks`) finds."""
        params = {"project": project, "fields": "task_only", "include": "id", "page_size": 1}
        answer = self._connection.read("api/tasks/", {**params, "query": json.dumps(query)}, check=is_page)
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
        answer = self._connection.read("api/tasks/", params, check=is_page)
        tasks: list[Fields] = answer["tasks"]
        if len(tasks) != min(answer["total"], params["page_size"]):
            raise UnreachableError(
                f"Label Studio gave {len(tasks)} of {answer['total']} tasks.", where=self.url
            )
        return tasks

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        """Make tasks, all or none, and return their numbers in order."""
        path = f"api/projects/{project}/import"
        answer = self._connection.write("POST", path, tasks, params={"return_task_ids": "true"})
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
        self._connection.write("POST", "api/dm/actions/", chosen, params=params)

    # Predictions

    def import_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> int:
        """Make predictions and return how many; those that the server cannot use, it leaves out."""
        answer = self._connection.write("POST", f"api/projects/{project}/import/predictions", predictions)
        created = answer.get("created") if isinstance(answer, dict) else None
        if not isinstance(created, int):
            raise UnreachableError("Label Studio did not say how many predictions it took.", where=self.url)
        return created

    def model_versions(self, project: int) -> dict[str, int]:
        """Return how many predictions each model version has."""
        found: dict[str, int] = self._connection.read(
            f"api/projects/{project}/model-versions/", check=is_object
        )
        return found

    def prediction_ids(self, project: int, version: str) -> list[int]:
        """Return the numbers of the predictions of a version."""
        found = self._connection.read("api/predictions/", {"project": project}, check=is_list)
        return [prediction["id"] for prediction in found if prediction.get("model_version") == version]

    def delete_prediction(self, prediction: int) -> None:
        """Delete a prediction."""
        self._connection.write("DELETE", f"api/predictions/{prediction}/", None)

    # ML backends and webhooks

    def backends(self, project: int) -> list[Fields]:
        """Return the ML backends of a project."""
        found: list[Fields] = self._connection.read("api/ml/", {"project": project}, check=is_list)
        return found

    def rename_backend(self, backend: Mapping[str, Any], title: str) -> None:
        """Give an ML backend another title. The server asks the backend first whether it is up."""
        fields = {name: backend[name] for name in ("url", "project", "auth_method") if name in backend}
        if fields.get("auth_method") == BASIC:  # an empty password leaves the one that is there
            fields |= {"basic_auth_user": backend.get("basic_auth_user"), "basic_auth_pass": ""}
        self._connection.write("PATCH", f"api/ml/{backend['id']}", {**fields, "title": title})

    def webhooks(self, project: int) -> list[Fields]:
        """Return the webhooks of a project."""
        found: list[Fields] = self._connection.read("api/webhooks/", {"project": project}, check=is_list)
        return found

    def add_webhook(self, fields: Mapping[str, Any]) -> int:
        """Make a webhook and return its number."""
        return int(self._connection.write("POST", "api/webhooks/", fields, check=is_numbered)["id"])

    def delete_webhook(self, webhook: int) -> None:
        """Delete a webhook."""
        self._connection.write("DELETE", f"api/webhooks/{webhook}/", None)
