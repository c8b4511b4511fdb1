"""Every error that the workbench raises on purpose.

    WorkbenchError
    ├── InputError             what the user gave is wrong: exit 2
    │   ├── SourceError        a foreign file cannot be read or written
    │   │   └── UndeclaredLabelsError  its answers have labels that the question does not declare
    │   ├── UnknownNameError   a name nobody knows; says which ones exist
    │   ├── RefusedError       whoever asks may not do this, or is not signed in
    │   └── NotEnoughDataError too few labels, documents or classes for what was asked
    ├── StoreError             the database refuses, is damaged, or is of another version: exit 4
    ├── ArtefactError          a model file or a bundle cannot be trusted or read: exit 2
    │   └── NewerVersionError  it was written by a newer workbench: exit 3
    ├── GateError              an exported model differs too much from its original: exit 5
    ├── RemoteError            a server that the workbench works with refuses or answers nonsense: exit 6
    │   ├── UnreachableError   it does not answer, or not in time: try again later
    │   ├── AccessError        it does not take the token, or the token may not do this
    │   └── GoneError          what was connected is not there any more
    └── MachineError           the machine lacks something: disk, port, permission: exit 4

Only faces (command line, app, server, worker) catch these. Each says what is wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place.

    `line` and `column` count from 1; `record` names an item of a JSON file or a document id.
    """

    code: str
    message: str
    line: int | None = None
    record: str | None = None

    def __str__(self) -> str:
        places = []
        if self.line is not None:
            places.append(f"line {self.line}")
        if self.record is not None:
            places.append(f"record {self.record}")
        return f"{', '.join(places)}: {self.message}" if places else self.message


class WorkbenchError(Exception):
    """Something went wrong in a way that a person can mend."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class InputError(WorkbenchError):
    """What the user gave is wrong; nothing was changed."""

    exit_code = 2


class SourceError(InputError):
    """A foreign file cannot be read or written; `problems` lists every place that was found."""

    SHOWN = 20

    def __init__(self, file: str, problems: Iterable[Problem], *, hint: str = "") -> None:
        self.file = file
        self.problems = tuple(problems)
        shown = [str(problem) for problem in self.problems[: self.SHOWN]]
        hidden = len(self.problems) - len(shown)
        if hidden:
            shown.append(f"… and {hidden} more")
        said = f"{len(self.problems)} problems:" if shown else "Nothing can be taken from this file."
        message = shown[0] if len(shown) == 1 else "\n  ".join([said, *shown])
        super().__init__(message, hint=hint, where=file)


class UndeclaredLabelsError(SourceError):
    """A file has labels that its question does not declare; `labels` names them, in order."""

    def __init__(
        self, file: str, problems: Iterable[Problem], *, labels: Iterable[str], hint: str = ""
    ) -> None:
        super().__init__(file, problems, hint=hint)
        self.labels = tuple(labels)


class UnknownNameError(InputError):
    """A name that nobody knows; `message` says it in other words than "There is no …".

    It lists the known names or, of more than ten, ten: those nearest to the name first.
    """

    LISTED = 10

    def __init__(self, what: str, name: str, known: Iterable[str], *, message: str = "") -> None:
        self.known = tuple(dict.fromkeys(known))
        close = get_close_matches(name, self.known, n=self.LISTED)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        many = len(self.known) > self.LISTED
        listed = tuple(dict.fromkeys([*close, *self.known]))[: self.LISTED] if many else self.known
        more = f" and {len(self.known) - self.LISTED:,} more" if many else ""
        names = f"{', '.join(listed) or 'none'}{more}"
        super().__init__(message or f"There is no {what} '{name}'.", hint=f"{hint}Known: {names}.")


class RefusedError(InputError):
    """Whoever asks may not do this, or is not signed in (any more)."""


class NotEnoughDataError(InputError):
    """Too few labels, documents or classes for what was asked."""


class StoreError(WorkbenchError):
    """The database refuses, is damaged, or belongs to another version."""

    exit_code = 4


class ArtefactError(InputError):
    """A model file or bundle cannot be trusted or read."""


class NewerVersionError(ArtefactError):
    """A file was written by a newer workbench."""

    exit_code = 3


class GateError(WorkbenchError):
    """An exported model differs from its original by more than the gate allows."""

    exit_code = 5


class RemoteError(WorkbenchError):
    """A server that the workbench works with refuses, or answers what nobody can read."""

    exit_code = 6


class UnreachableError(RemoteError):
    """A server does not answer, or not in time; `sent` tells whether it may have got the request."""

    def __init__(self, message: str, *, hint: str = "", where: str = "", sent: bool = True) -> None:
        super().__init__(message, hint=hint, where=where)
        self.sent = sent


class AccessError(RemoteError):
    """A server does not take the token, or the token may not do what was asked."""


class GoneError(RemoteError):
    """What the workbench was connected to is not on the server any more."""


class MachineError(WorkbenchError):
    """The machine lacks something: disk space, a port, a permission, a package."""

    exit_code = 4
