"""Look at a server before a project is connected: which projects are there, and what one of them asks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workbench import artefacts
from workbench.errors import GoneError, InputError, MachineError
from workbench.sources.label_studio.client import LabelStudioClient
from workbench.sources.label_studio.config import read_config
from workbench.sources.label_studio.retrying import Patience
from workbench.store.links import Links
from workbench.usecases.label_studio.connect import checked_url
from workbench.usecases.label_studio.server import (
    ORIGIN_FILE,
    TOKEN_FILE,
    TOKEN_VARIABLE,
    checked_token,
    kept_origin,
    origin_of,
    read_token,
    synchronising,
)
from workbench.usecases.project import Project

OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR
AT_ONCE = Patience(attempts=1)  # somebody waits for the page


@dataclass(frozen=True, slots=True)
class RemoteProject:
    """A project on the server."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class MappedQuestion:
    """What a control of the labelling config is here: its kind, how many labels, and what becomes of it."""

    name: str
    kind: str
    n_labels: int
    fate: str


@dataclass(frozen=True, slots=True)
class Look:
    """What one project on the server asks. `fits` is False when it cannot be connected like this."""

    title: str
    n_tasks: int
    questions: tuple[MappedQuestion, ...]
    warnings: tuple[str, ...]
    fits: bool


def token_file(project: Project) -> Path:
    """Return where the project keeps its token."""
    return project.folder / TOKEN_FILE


def has_token(project: Project) -> bool:
    """Tell whether the project keeps a token of its own, for whatever server."""
    return token_file(project).is_file()


def token_is_set_outside() -> bool:
    """Tell whether whoever started the app set a token for all projects."""
    return bool(os.environ.get(TOKEN_VARIABLE, "").strip())


def has_token_for(project: Project, url: str) -> bool:
    """Tell whether the project keeps a token that was given for the server of this address."""
    return has_token(project) and kept_origin(project.folder) == origin_of(url)


def keep_token(project: Project, token: str, url: str) -> Path:
    """Keep a token for the server of an address in a file that only its owner can read, and return where.

    Raises InputError for what cannot be a token or an address, and when the project is connected to
    another server; MachineError when it cannot be written.
    """
    path, place = token_file(project), project.folder / ORIGIN_FILE
    origin = origin_of(checked_url(url))
    said = checked_token(token.strip(), "the field Token")
    link = Links(project.store).find()
    if link is not None and origin_of(link.url) != origin:
        raise InputError(f"'{project.name}' is connected to {link.url}.", hint="Disconnect it first.")
    try:
        place.unlink(missing_ok=True)  # first: a token must never stand beside the server of another
        for file_path, content in ((path, said), (place, origin)):
            with artefacts.write_whole(file_path, mode=OWNER_ONLY) as file:
                os.fchmod(file.fileno(), OWNER_ONLY)
                file.write(content.encode())
    except OSError as error:
        raise MachineError(f"The token cannot be kept: {error.strerror}.", where=str(path)) from error
    return path


def replace_token(project: Project, token: str) -> None:
    """Use another token for the connection of a project. Raises InputError when it is not connected."""
    links = Links(project.store)
    path = keep_token(project, token, links.get().url)
    with synchronising(project):
        links.save(replace(links.get().remembering(last_error=None), token_file=str(path)))


def forget_token(project: Project) -> None:
    """Delete the token that the project keeps, and for which server it was."""
    token_file(project).unlink(missing_ok=True)
    (project.folder / ORIGIN_FILE).unlink(missing_ok=True)


def token_for(project: Project, url: str) -> Path | None:
    """Return the file of the project's token for a server, None to use the one that is set outside."""
    return token_file(project) if has_token_for(project, url) else None


def list_projects(project: Project, url: str, *, outside: bool = False) -> list[RemoteProject]:
    """Return the projects that the token's user sees, the newest first (100 at most).

    The project's token goes to the server alone that it was given for. The one that is set outside is
    for no server in particular: it goes only where somebody said so (`outside`). Raises InputError
    without a token or address, RemoteError when the server cannot be used.
    """
    with _client(project, url, outside=outside) as client:
        return [RemoteProject(found["id"], str(found["title"])) for found in client.newest_projects()]


def look_at(project: Project, url: str, number: int, *, outside: bool = False) -> Look:
    """Return what a project on the server asks, and what connecting it would change here.

    Raises GoneError when there is none of that number, SourceError for a config nobody can read.
    """
    with _client(project, url, outside=outside) as client:
        try:
            remote = client.project(number)
        except GoneError as error:
            raise GoneError(f"There is no project {number} for this token.", where=client.url) from error
    config = read_config(remote["label_config"], f"the labelling config of project {number}")
    here = {question.name: question for question in project.store.questions()}
    mapped = []
    for question in config.questions:
        known = here.get(question.name)
        if known is None:
            fate = "new question"
        elif known.kind != question.kind:
            fate = f"does not fit: {known.kind} here"
        else:
            n_new = len(set(question.labels) - set(known.labels))
            fate = f"same question, {n_new} labels that are not here" if n_new else "same question"
        mapped.append(MappedQuestion(question.name, question.kind, len(question.labels), fate))
    fits = bool(mapped) and not any(one.fate.startswith("does not fit") for one in mapped)
    return Look(remote["title"], remote["task_number"], tuple(mapped), tuple(config.warnings), fits)


@contextmanager
def _client(project: Project, url: str, *, outside: bool) -> Iterator[LabelStudioClient]:
    address = checked_url(url)
    own = token_for(project, address)
    if own is None and not (outside and token_is_set_outside()):
        raise InputError(
            f"There is no token for {origin_of(address)}; nothing was sent.",
            hint="Give the token of this server: it stands there under Account & Settings.",
        )
    token = read_token(project.folder, str(own) if own else "", url=address)
    client = LabelStudioClient(address, token, patience=AT_ONCE)
    try:
        yield client
    finally:
        client.close()
