"""Open and create projects: a folder with `project.toml` and a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

from workbench import artefacts
from workbench.config import Home
from workbench.domain.documents import Part
from workbench.domain.questions import KINDS, Kind, Question, check_new_labels
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ProjectStore

CONTROL_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Project:
    """An open project: its name, its folder, where its models go, and its store."""

    name: str
    folder: Path
    models: Path
    store: ProjectStore


def create_project(
    home: Home, name: str, questions: Sequence[Question], *, control_share: float = CONTROL_SHARE
) -> Path:
    """Make a new project and return its folder.

    Of the documents that come without an answer, chance draws a share to measure (`store.control`).
    Raises InputError for a name that is taken, for bad labels and for a share that is none.
    """
    folder = home.project(name)
    if (folder / "project.toml").exists():
        raise InputError(
            f"There is already a project '{name}'.", where=str(folder), hint="Choose another name."
        )
    if not questions:
        raise InputError("A project needs a question.", hint="For example: --question topic:textcat")
    for question in questions:
        check_new_labels(question.kind, question.labels)
    folder.mkdir(parents=True, exist_ok=True)
    ProjectStore.create(folder, name, questions, share=control_share).close()
    with artefacts.write_whole(folder / "project.toml") as file:
        file.write(project_toml(name, questions).encode())
    return folder


def project_toml(name: str, questions: Sequence[Question]) -> str:
    """Return what the project's file says; labels live in the store, where they can change."""
    lines = [f'name = "{name}"', ""]
    for question in questions:
        lines += ["[[question]]", f'name = "{question.name}"', f'kind = "{question.kind}"', ""]
    return "\n".join(lines)


@contextmanager
def open_project(home: Home, name: str) -> Iterator[Project]:
    """Open a project and close its store afterwards. Raises UnknownNameError when there is none."""
    folder = project_folder(home, name)
    with ProjectStore.open(folder) as store:
        yield Project(name, folder, home.models(name), store)


@contextmanager
def open_folder(folder: Path) -> Iterator[Project]:
    """Open the project in a folder, as the worker's jobs do."""
    with open_project(Home(folder.parents[1]), folder.name) as project:
        yield project


def project_folder(home: Home, name: str) -> Path:
    """Return the folder of an existing project. Raises UnknownNameError when there is none."""
    folder = home.project(name)
    if not (folder / "project.toml").exists():
        raise UnknownNameError("project", name, project_names(home))
    return folder


def project_names(home: Home) -> list[str]:
    """Return the names of the projects that have a database, sorted."""
    return sorted(path.parent.name for path in home.projects.glob("*/project.toml"))


def parse_question(text: str) -> Question:
    """Read `NAME:KIND`, as in `topic:textcat`. Raises InputError."""
    name, colon, kind = text.partition(":")
    if not colon or kind not in KINDS:
        raise InputError(
            f"'{text}' is not a question.",
            hint=f"Write NAME:KIND, for example topic:textcat. Kinds: {', '.join(KINDS)}.",
        )
    return Question(name, _kind(kind))


def with_overlaps(questions: Sequence[Question], texts: Sequence[str]) -> list[Question]:
    """Return the questions with overlaps, each `NAME:ANNOTATORS[:SHARE]`, as in `topic:2:0.2`.

    Raises UnknownNameError for a question that is not among them, InputError for what is no overlap.
    """
    overlaps: dict[str, tuple[int, float]] = {}
    for text in texts:
        name, overlap = _overlap(text)
        if name not in (known := [question.name for question in questions]):
            raise UnknownNameError("question", name, known)
        if name in overlaps:
            raise InputError(f"The overlap of '{name}' is given twice.")
        overlaps[name] = overlap
    asked = [(question, *overlaps.get(question.name, (1, 1.0))) for question in questions]
    return [replace(question, overlap=n, overlap_share=share) for question, n, share in asked]


def _overlap(text: str) -> tuple[str, tuple[int, float]]:
    parts = text.split(":")
    try:
        name, annotators, share = parts if len(parts) != 2 else [*parts, "1"]
        return name, (int(annotators), float(share))
    except ValueError:
        raise InputError(
            f"'{text}' is no overlap.",
            hint="Write NAME:ANNOTATORS or NAME:ANNOTATORS:SHARE, for example topic:2:0.2.",
        ) from None


def parse_part(text: str) -> Part:
    """Read the name of a part of the documents. Raises UnknownNameError."""
    for part in get_args(Part):
        if part == text:
            return cast(Part, part)
    raise UnknownNameError("part", text, get_args(Part))


def with_labels(questions: Sequence[Question], path: Path) -> list[Question]:
    """Return the questions with the labels that a file declares; see `read_labels`."""
    declared = read_labels(path, [question.name for question in questions])
    return [replace(question, labels=declared[question.name]) for question in questions]


def read_labels(path: Path, questions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read labels, one a line, and return those of each question; empty lines are left out.

    For several questions a line `[question]` stands before the labels of each. Raises InputError with
    the line for a heading that names no question, and for a file without labels.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"The labels cannot be read: {error.strerror}.", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"Not UTF-8 at byte {error.start}.", where=str(path)) from error
    found: dict[str, list[str]] = {name: [] for name in questions}
    current = questions[0] if len(questions) == 1 else ""
    for number, line in enumerate((line.strip() for line in lines), start=1):
        if len(questions) > 1 and line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
            if current not in found:
                raise UnknownNameError(f"question (line {number} of {path.name})", current, questions)
        elif line and not current:
            raise InputError(
                f"Line {number} stands below no question.",
                where=str(path),
                hint=f"The project asks several: write [{questions[0]}] before its labels, and so on.",
            )
        elif line:
            found[current].append(line)
    if not any(found.values()):
        raise InputError("The file holds no label.", where=str(path), hint="Write one label a line.")
    return {name: tuple(labels) for name, labels in found.items()}


def _kind(kind: str) -> Kind:
    return next(known for known in KINDS if known == kind)
