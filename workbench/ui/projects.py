"""Open projects, once a process: a store may be shared by all visits."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.config import Home
from workbench.store.project_store import ProjectStore
from workbench.usecases.project import Project, project_folder


def open_shared(name: str) -> Project:
    """Return an open project. Raises UnknownNameError or StoreError."""
    home = Home.find()
    folder = project_folder(home, name)
    return _open(str(folder), name, str(home.models(name)), _file_numbers(folder))


def _file_numbers(folder: Path) -> tuple[tuple[int, int], ...]:
    """Tell one database from another that took its place: answers must not go into a deleted file."""
    return tuple((s.st_dev, s.st_ino) for s in (path.stat() for path in folder.glob("*.sqlite3")))


def _close(project: Project) -> None:
    project.store.close()


@st.cache_resource(max_entries=16, show_spinner=False, on_release=_close)
def _open(folder: str, name: str, models: str, file_numbers: tuple[tuple[int, int], ...]) -> Project:
    return Project(name, Path(folder), Path(models), ProjectStore.open(Path(folder)))
