"""A project's connection to Label Studio: the token, the address, and one synchronisation at a time."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.domain.annotations import now
from workbench.domain.questions import Question
from workbench.errors import GoneError, InputError, RemoteError, StoreError
from workbench.sources.label_studio.client import Fields, LabelStudioClient
from workbench.sources.label_studio.config import LabelConfig, read_config
from workbench.store.links import Link, Links
from workbench.store.locks import FileLock
from workbench.usecases.project import Project

TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"
TOKEN_FILE = "label-studio.token"
ORIGIN_FILE = "label-studio.origin"  # the one server that the token beside it may go to
LOCK_NAME = "label-studio.lock"
LOCK_SECONDS = 120.0
KEPT_PROBLEMS = 20


@dataclass(slots=True)
class Server:
    """The other side of a project: a client, the link with its state, and the project as it is there now."""

    project: Project
    links: Links
    link: Link
    client: LabelStudioClient
    remote: Fields

    @property
    def config(self) -> LabelConfig:
        """What the project asks there. Raises SourceError when it cannot be understood."""
        return read_config(self.remote["label_config"], f"the labelling config of {self.link.name}")

    def remember(self, **news: object) -> None:
        """Change the link's state and write it down."""
        self.link = self.link.remembering(**news)
        self.links.save(self.link)


@contextmanager
def open_server(project: Project) -> Iterator[Server]:
    """Open a project's connection; nobody else synchronises the project until it is closed.

    Raises InputError when the project is not connected or no token is to be had, GoneError when the
    project on the server is deleted or another one, and RemoteError when the server cannot be used.
    """
    links = Links(project.store)
    link = links.get()
    token = read_token(project.folder, link.token_file, url=link.url)
    with synchronising(project):
        client = LabelStudioClient(link.url, token)
        try:
            yield Server(project, links, links.get(), client, same_project(client, link))
        except RemoteError as error:
            note_error(links, error)
            raise
        finally:
            client.close()


def note_error(links: Links, error: RemoteError) -> None:
    """Write down why the server could not be used, for whoever looks later; the next success takes it away."""
    link = links.find()
    if link is not None:
        said = {"at": now(), "message": error.message, "where": error.where, "hint": error.hint}
        links.save(link.remembering(last_error=said))


def remember_sync(server: Server, verb: str, report: Any) -> None:
    """Write down what a synchronisation found: its counts, and the first of its problems.

    One that found nothing new leaves what the one before found, and says when it looked.
    """
    counts = {name: value for name, value in asdict(report).items() if isinstance(value, int)}
    problems = [str(problem) for problem in report.problems]
    synced = dict(server.link.state.get("synced", {}))
    found = any(n for name, n in counts.items() if name not in ("known", "tasks_seen", "drafts"))
    looked = {"at": now(), "n_problems": len(problems), "problems": problems[:KEPT_PROBLEMS]}
    before = synced.get(verb, {})
    changes = {"changed_at": looked["at"], "counts": counts} if found or "counts" not in before else {}
    synced[verb] = {**before, **looked, **changes}
    server.remember(synced=synced, last_error=None)


@contextmanager
def synchronising(project: Project) -> Iterator[None]:
    """Be the only one who changes the link until the block ends. Raises StoreError after two minutes."""
    with FileLock(project.folder / LOCK_NAME) as lock:
        if not lock.acquire(timeout=LOCK_SECONDS):
            raise StoreError(
                f"Another synchronisation (process {lock.holder()}) has been going on for two minutes.",
                where=str(project.folder),
            )
        yield


def same_project(client: LabelStudioClient, link: Link) -> Fields:
    """Return the project on the server. Raises GoneError when it is not the one that was connected."""
    try:
        remote = client.project(link.remote_project)
    except GoneError as error:
        message = f"Project {link.remote_project} is not on the server any more; nothing was changed here."
        raise GoneError(message, where=link.url) from error
    if remote.get("created_at") != link.remote_created_at:
        raise GoneError(
            f"Project {link.remote_project} is another one than that which was connected.",
            where=link.url,
            hint="Was the server's database replaced? Nothing was changed here.",
        )
    return remote


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address: the server that a token is for.

    >>> origin_of("HTTPS://Labels.example/ls/"), origin_of("http://[::1]:8080")
    ('https://labels.example:443', 'http://[::1]:8080')
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def kept_origin(folder: Path) -> str:
    """Return the server that the project's own token may go to; "" when nobody said so on the page."""
    try:
        return (folder / ORIGIN_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def refuse_another_origin(folder: Path, url: str) -> None:
    """Raise InputError when the project's own token was given for another server than that of `url`."""
    bound = kept_origin(folder)
    if bound and bound != origin_of(url):
        raise InputError(
            f"There is no token for {origin_of(url)}: the project's token is for {bound}.",
            hint="Give the token of this server; the other one was not sent.",
        )


def read_token(folder: Path, named: str = "", *, url: str) -> str:
    """Return the token: what the named file holds, else LABEL_STUDIO_API_KEY, else a file of the project.

    That is `label-studio.token` in its folder; given on the page, it goes to the server alone that it was
    given for. Only the owner may be able to read a file. Raises InputError.
    """
    said = os.environ.get(TOKEN_VARIABLE, "").strip()
    if said and not named:
        return checked_token(said, f"the variable {TOKEN_VARIABLE}")
    path = Path(named) if named else folder / TOKEN_FILE
    if path.absolute() == (folder / TOKEN_FILE).absolute():
        refuse_another_origin(folder, url)
    try:
        mode = path.stat().st_mode
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = "" if isinstance(error, FileNotFoundError) else f" ({error})"
        raise InputError(
            "There is no token for Label Studio.",
            hint=f"Set {TOKEN_VARIABLE}, or write the token into {path} and make that readable for you "
            f"alone (chmod 600). Tokens stand in Label Studio under Account & Settings.{reason}",
        ) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise InputError(
            "The file with the token can be read by others.", where=str(path), hint=f"chmod 600 {path}"
        )
    return checked_token(token, str(path))


def checked_token(token: str, where: str) -> str:
    """Return the token if it can stand in a request. Raises InputError, which does not show it."""
    if not token or not token.isascii() or any(not 33 <= ord(character) <= 126 for character in token):
        raise InputError("This is no token: one word of letters, digits and marks.", where=where)
    return token


def emails_of_users(server: Server) -> dict[int, str]:
    """Return the email of every annotator by number, also of those who were removed since.

    Label Studio gives all removed users one and the same word for an email.
    """
    known = {int(number): email for number, email in server.link.state.get("users", {}).items()}
    there = {number: email for number, email in server.client.users().items() if "@" in email}
    emails = {**known, **there}
    if emails != known:
        server.remember(users={str(number): email for number, email in emails.items()})
    return emails


def ask_what_is_asked_there(
    project: Project, config: LabelConfig, *, overlap: tuple[int, float]
) -> list[str]:
    """Add the questions and labels that only the other side has, and say in words what was added.

    Raises InputError when a question is of another kind here.
    """
    known = {question.name: question for question in project.store.questions()}
    for question in config.questions:
        refuse_another_kind(known.get(question.name), question)
    news: list[str] = []
    for question in config.questions:
        here = known.get(question.name)
        if here is None:
            annotators, share = overlap
            asked = Question(question.name, question.kind, question.labels, annotators, share)
            project.store.add_question(asked)
            news.append(f"the question '{question.name}' ({question.kind}) was added")
        elif added := labels_never_had(project, here, question.labels):
            project.store.extend_labels(question.name, added)
            news.append(f"'{question.name}' got the labels {', '.join(added)}")
    return news


def refuse_another_kind(here: Question | None, there: Question) -> None:
    """Raise InputError when a question is of another kind here."""
    if here is not None and here.kind != there.kind:
        raise InputError(
            f"'{there.name}' is a {here.kind} question here, but {there.kind} in Label Studio.",
            hint="Rename the control there, or connect another project.",
        )


def labels_never_had(project: Project, question: Question, labels: Sequence[str]) -> list[str]:
    """Return those labels that a question has not and never had; a renamed or retired one stays away."""
    changes = project.store.label_changes(question.name)
    ever = {*question.labels, *(label for change in changes for label in change.before)}
    return [label for label in labels if label not in ever]
