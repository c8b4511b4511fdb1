"""Webhooks: how Label Studio is told where hints are taken, and that they are not any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.errors import InputError, RemoteError, StoreError
from workbench.usecases.label_studio.server import Server, open_server
from workbench.usecases.project import Project

ACTIONS = (
    "ANNOTATION_CREATED",
    "ANNOTATION_UPDATED",
    "ANNOTATIONS_DELETED",
    "TASKS_CREATED",
    "TASKS_DELETED",
)


@contextmanager
def webhook(project: Project, url: str, secret: tuple[str, str]) -> Iterator[None]:
    """Have Label Studio call an address when something changes, until the block ends.

    What a watch that was killed left behind goes first. Raises RemoteError when the server refuses.
    """
    mark = f"{secret[0]}-Project"
    with open_server(project) as server:
        for old in _hooks(server, mark):
            server.client.delete_webhook(old)
        made = server.client.add_webhook(
            {
                "project": server.link.remote_project,
                "url": url,
                "send_payload": False,
                "send_for_all_actions": False,
                "actions": list(ACTIONS),
                "headers": {secret[0]: secret[1], mark: project.name},
            }
        )
    try:
        yield
    finally:
        _forget(project, made)


def _hooks(server: Server, mark: str) -> list[int]:
    found = server.client.webhooks(server.link.remote_project)
    return [
        int(hook["id"])
        for hook in found
        if isinstance(hook.get("headers"), dict) and hook["headers"].get(mark) == server.project.name
    ]


def _forget(project: Project, hook: int) -> None:
    """Take the webhook away; a server that is gone keeps it until the next watch."""
    try:
        with open_server(project) as server:
            server.client.delete_webhook(hook)
    except (RemoteError, StoreError, InputError):
        return
