"""How the connection of a project stands: where it leads, and what the last synchronisations found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.store.links import Link, Links
from workbench.usecases.project import Project

VERBS = ("pull", "push")


@dataclass(frozen=True, slots=True)
class Sync:
    """The last synchronisation of one direction: when it looked, and what the last one with news found."""

    verb: str
    at: str
    changed_at: str
    counts: Mapping[str, int]
    problems: tuple[str, ...] = ()
    n_problems: int = 0


@dataclass(frozen=True, slots=True)
class LinkState:
    """A connection. `error` is why the last use of the server failed: `at`, `message`, `hint`, `where`."""

    link: Link
    n_linked: int
    n_without_task: int
    version: str
    syncs: tuple[Sync, ...] = ()
    error: Mapping[str, str] = field(default_factory=dict)


def link_state(project: Project) -> LinkState | None:
    """Return how the connection stands, None when the project is not connected."""
    links = Links(project.store)
    link = links.find()
    if link is None:
        return None
    synced: Mapping[str, Any] = link.state.get("synced", {})
    syncs = tuple(
        Sync(
            verb,
            synced[verb]["at"],
            synced[verb].get("changed_at", ""),
            synced[verb].get("counts", {}),
            tuple(synced[verb].get("problems", ())),
            synced[verb].get("n_problems", 0),
        )
        for verb in VERBS
        if verb in synced
    )
    n_linked = links.n_linked_documents()
    n_without = max(0, links.n_for_tasks() - n_linked)
    version = str(link.state.get("version", ""))
    return LinkState(link, n_linked, n_without, version, syncs, link.state.get("last_error", {}))
