"""Tie a project to one in Label Studio, one that is there or a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from workbench.config import Home
from workbench.errors import GoneError, InputError, RemoteError, UnreachableError
from workbench.sources.label_studio.client import Fields, LabelStudioClient
from workbench.sources.label_studio.config import read_config
from workbench.sources.label_studio.config_writing import write_config
from workbench.store.links import Link, Links
from workbench.usecases.label_studio.server import ask_what_is_asked_there, read_token, synchronising
from workbench.usecases.project import Project, create_project, open_project, project_names

SHORTEST_TITLE, LONGEST_TITLE = 3, 50
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection: its link, the title there, how many tasks it has, and what is worth saying."""

    link: Link
    title: str
    n_tasks: int
    news: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def connect(
    home: Home, name: str, *, url: str, remote_project: int, token_file: Path | None = None
) -> Connected:
    """Connect a project to one that is in Label Studio; a project of a new name is made.

    Its questions come from the labelling config. Raises InputError when the project is connected
    elsewhere, or the config asks nothing that can be asked here.
    """
    named = str(token_file.absolute()) if token_file else ""
    client = LabelStudioClient(checked_url(url), read_token(home.project(name), named, url=url))
    try:
        remote = _project(client, remote_project)
    finally:
        client.close()
    config = read_config(remote["label_config"], f"the labelling config of project {remote_project}")
    if not config.controls:
        raise InputError(
            "The labelling config asks nothing that can be asked here.",
            where=f"project {remote_project} at {client.url}",
            hint="<Choices> and <Labels> about a <Text> are questions. " + "; ".join(config.warnings)[:500],
        )
    news: list[str] = []
    annotators, share = overlap_of(remote)
    if name not in project_names(home):
        asked = [replace(q, overlap=annotators, overlap_share=share) for q in config.questions]
        create_project(home, name, asked)
        news.append(f"the project '{name}' was made, with: {', '.join(q.name for q in asked)}")
    with open_project(home, name) as project, synchronising(project):
        refuse_another_link(project, remote)
        news += ask_what_is_asked_there(project, config, overlap=(annotators, share))
        link = _linked(project, client.url, remote, token_file=named)
    return Connected(link, remote["title"], remote["task_number"], tuple(news), config.warnings)


def _project(client: LabelStudioClient, number: int) -> Fields:
    try:
        return client.project(number)
    except GoneError as error:
        message = f"There is no project {number}, or the token's user may not see it."
        hint = "The number stands in the project's address: /projects/NUMBER/."
        raise GoneError(message, where=client.url, hint=hint) from error


def refuse_another_link(project: Project, remote: Fields) -> None:
    """Raise InputError when the project is connected to another one than this."""
    known = Links(project.store).find()
    if known is not None and known.remote_created_at != remote["created_at"]:
        raise InputError(
            f"'{project.name}' is connected to {known.name}.",
            hint="One project here belongs to one there: use another name, or "
            f"workbench label-studio disconnect {project.name}",
        )


def _linked(project: Project, url: str, remote: Fields, *, token_file: str) -> Link:
    """Write the link down; what its synchronisation remembers stays."""
    links = Links(project.store)
    known = links.find()
    state = {**(known.state if known else {}), "label_config": remote["label_config"]}
    link = Link(url, remote["id"], remote["created_at"], token_file, state)
    links.save(link)
    return link


def create(project: Project, *, url: str, title: str = "", token_file: Path | None = None) -> Connected:
    """Make a project in Label Studio that asks the project's questions, and connect the two.

    Raises InputError when the project is connected already, or a label cannot stand in a labelling config.
    """
    known = Links(project.store).find()
    if known is not None:
        raise InputError(
            f"'{project.name}' is connected to {known.name} already.",
            hint=f"Let go of it first: workbench label-studio disconnect {project.name}",
        )
    questions = project.store.questions()
    if without := [question.name for question in questions if not question.labels]:
        raise InputError(
            f"Without labels nobody can answer: {', '.join(without)}.",
            hint=f"Declare them first: workbench labels {project.name} --question {without[0]} --add LABEL",
        )
    title = title or project.name.ljust(SHORTEST_TITLE, "-")[:LONGEST_TITLE]
    if not SHORTEST_TITLE <= len(title) <= LONGEST_TITLE:
        raise InputError(f"A title has {SHORTEST_TITLE} to {LONGEST_TITLE} characters, not {len(title)}.")
    named = str(token_file.absolute()) if token_file else ""
    client = LabelStudioClient(checked_url(url), read_token(project.folder, named, url=url))
    try:
        overlap = max(question.overlap for question in questions)
        share = max(q.overlap_share for q in questions if q.overlap == overlap)
        remote = _made(
            client,
            {
                "title": title,
                "label_config": write_config(questions),
                "sampling": "Uncertainty sampling",
                "show_collab_predictions": True,
                "maximum_annotations": overlap,
                "overlap_cohort_percentage": round(100 * share),
            },
        )
    finally:
        client.close()
    with synchronising(project):
        refuse_another_link(project, remote)
        link = _linked(project, client.url, remote, token_file=named).remembering(is_ours=True)
        Links(project.store).save(link)
    return Connected(link, remote["title"], remote["task_number"])


def disconnect(project: Project) -> Link:
    """Forget a project's connection and return it; documents and answers stay, here and there.

    Raises InputError when the project is not connected.
    """
    links = Links(project.store)
    with synchronising(project):
        link = links.get()
        links.forget()
    return link


def _made(client: LabelStudioClient, fields: Fields) -> Fields:
    """Make the project once: when the answer is lost, it is looked for by a mark in its description."""
    mark = uuid4().hex
    said = f"Made by the annotation workbench ({mark}); its documents and predictions come from there."
    try:
        number = client.create_project({**fields, "description": said})["id"]
    except UnreachableError as error:
        if not error.sent:
            raise
        found = [project for project in client.newest_projects() if mark in str(project["description"])]
        if not found:
            raise
        number = found[0]["id"]
    return client.project(number)  # only this has its counts


def checked_url(url: str) -> str:
    """Return the address of a server without a slash at its end. Raises InputError for what is none."""
    try:
        parts = urlsplit(url)
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_sane = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_sane:
        raise InputError(f"'{url}' is no address.", hint="For example: http://127.0.0.1:8080")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError("The address must hold no name, password or query.", hint="Tokens go elsewhere.")
    return url.rstrip("/")


def is_open_to_readers(url: str) -> bool:
    """Tell whether the token would cross a network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK


def overlap_of(remote: Fields) -> tuple[int, float]:
    """Return how many annotators a project there asks, and on what share of its tasks."""
    annotators, share = remote.get("maximum_annotations"), remote.get("overlap_cohort_percentage")
    if not isinstance(annotators, int) or not isinstance(share, int | float):
        raise RemoteError("The project does not say how many annotators it asks.")
    return max(annotators, 1), min(max(share / 100, 0.0), 1.0)
