"""Versions of predictions on a Label Studio server: sent whole, switched to, and cleared away later."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.domain.ports import Progress, silent
from workbench.errors import RemoteError, UnreachableError
from workbench.usecases.label_studio.server import Server

SERVED_BY = "Uncertainty sampling"
VERSION = "workbench-"
# How long a version may still be incomplete after its request got lost.
LEAST_PATIENCE, PREDICTIONS_A_SECOND = 20.0, 200.0


def publish_version(server: Server, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Send predictions as a new version, make sure that all are there once, and switch to it.

    Returns the version and warnings. Raises RemoteError when the server left some out or made some
    twice; then nothing is switched.
    """
    version = _free_version(server)
    current = server.link.state.get("version")
    # With the one that is served: whatever happens, none is forgotten, and the served one never goes.
    old = [*server.link.state.get("old_versions", ()), *([current] if current else []), version]
    server.remember(old_versions=old, n_versions=int(version.removeprefix(VERSION)))
    number, sent = server.link.remote_project, [{**row, "model_version": version} for row in rows]
    try:
        server.client.import_predictions(number, sent)
    except UnreachableError as error:
        if not error.sent:
            raise
        _wait_for(server, version, len(sent))
    n_there = server.client.model_versions(number).get(version, 0)
    if n_there != len(sent):
        raise RemoteError(
            f"Of {len(sent):,} predictions Label Studio has {n_there:,}; it leaves out those that its labelling "
            "config does not allow, and says nothing.",
            where=server.link.name,
            hint="The order of before stays. Try again; if it happens again, compare the labels of both sides.",
        )
    warnings = switch_to(server, version)
    left = [name for name in old if name != version]
    server.remember(version=version, old_versions=list(dict.fromkeys(left)))
    return version, warnings


def _free_version(server: Server) -> str:
    """Return a name that no predictions on the server have: a restored backup may count from before."""
    taken = server.client.model_versions(server.link.remote_project)
    number = int(server.link.state.get("n_versions", 0)) + 1
    while f"{VERSION}{number}" in taken:
        number += 1
    return f"{VERSION}{number}"


def _wait_for(server: Server, version: str, n: int) -> None:
    """Wait until a server that lost its client has committed, or can have done so no more."""
    end = time.monotonic() + LEAST_PATIENCE + n / PREDICTIONS_A_SECOND
    while time.monotonic() < end:
        if server.client.model_versions(server.link.remote_project).get(version, 0) >= n:
            return
        time.sleep(1.0)


def switch_to(server: Server, version: str) -> list[str]:
    """Make Label Studio serve by a version, also where an ML backend is connected; return warnings.

    A backend sets the project's version to its own title, so the title follows the version.
    """
    number, warnings = server.link.remote_project, []
    for backend in server.client.backends(number):
        if backend.get("title") != version:
            try:
                server.client.rename_backend(backend, version)
            except RemoteError as error:
                warnings.append(
                    f"The ML backend '{backend.get('title')}' kept its title, and sets the order aside when it "
                    f"answers again: {error.message}"
                )
    server.client.update_project(
        number, model_version=version, sampling=SERVED_BY, show_collab_predictions=True
    )
    return warnings


def remove_old_versions(server: Server, *, at_most: int | None = None, progress: Progress = silent) -> int:
    """Delete predictions of versions that were switched away from, and return how many went.

    One by one: to delete a whole version keeps the database, and so everybody who labels, waiting. With
    `at_most` it stops early; the next call goes on.
    """
    n_done = 0
    # After a crash between switching and writing it down, the version that is served counts as old here.
    served = server.client.project(server.link.remote_project)["model_version"]
    if served in server.link.state.get("old_versions", ()):
        left = [name for name in server.link.state["old_versions"] if name != served]
        server.remember(version=served, old_versions=left)
    for version in list(server.link.state.get("old_versions", ())):
        ids = server.client.prediction_ids(server.link.remote_project, version)
        for place, prediction in enumerate(ids):
            if at_most is not None and n_done >= at_most:
                return n_done
            server.client.delete_prediction(prediction)
            n_done += 1
            progress(place + 1, len(ids), f"removing {version}")
        left = [name for name in server.link.state.get("old_versions", ()) if name != version]
        server.remember(old_versions=left)
    return n_done
