"""Why questions could not be ranked live when it was tried last, in a small file beside the logs.

It is no fact of the project but the state of a process, which writes it only when something changes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.artefacts import read_json, write_json
from workbench.domain.annotations import now
from workbench.errors import ArtefactError

TROUBLES = Path("data", "live-troubles.json")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Since when (UTC, ISO 8601) a question is not ranked live, and why."""

    since: str
    why: str


class LiveTroubles:
    """The troubles of a project's questions, by their name."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TROUBLES

    def all(self) -> dict[str, Trouble]:
        """Return the troubles there are."""
        if not self._path.exists():
            return {}
        try:
            return {
                str(name): Trouble(str(one["since"]), str(one["why"]))
                for name, one in read_json(self._path).items()
            }
        except (ArtefactError, AttributeError, KeyError, TypeError):
            return {}  # it is written anew at the next trouble

    def note(self, question: str, why: str) -> None:
        """Say why a question is not ranked; since when stays what it was."""
        known = self.all()
        before = known.get(question)
        if before is None or before.why != why:
            self._write({**known, question: Trouble(before.since if before else now(), why)})

    def clear(self, question: str) -> None:
        """Say that a question was looked at without trouble."""
        known = self.all()
        if known.pop(question, None) is not None:
            self._write(known)

    def _write(self, troubles: dict[str, Trouble]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._path, {name: asdict(trouble) for name, trouble in troubles.items()})
