"""Guess the language of every document, for slices and for the look at the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import artefacts
from workbench.domain.ports import Progress, silent
from workbench.errors import ArtefactError
from workbench.usecases.project import Project, open_folder

FILE = Path("data") / "languages.json"


def detect_languages(project: Project, *, progress: Progress = silent) -> dict[str, str]:
    """Write the ISO 639-1 code of each document's language to FILE and return them by document id.

    It is a guess from n-grams; `und` stands where a text is too short or not clear enough.
    """
    from workbench.analysis.languages import languages_of

    documents = project.store.documents()
    languages = languages_of([document.text for document in documents], progress=progress)
    found = {document.id: language.code for document, language in zip(documents, languages, strict=True)}
    path = project.folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    artefacts.write_json(path, found)
    return found


def languages_version(project: Project) -> float:
    """Return a number that changes when the languages are written anew; 0 before anybody looked."""
    path = project.folder / FILE
    return path.stat().st_mtime if path.exists() else 0.0


def read_languages(project: Project) -> dict[str, str]:
    """Return the codes by document id; none before anybody looked. Raises ArtefactError when damaged."""
    path = project.folder / FILE
    if not path.exists():
        return {}
    content = artefacts.read_json(path)
    if not isinstance(content, dict) or not all(isinstance(code, str) for code in content.values()):
        raise ArtefactError("This is no list of languages.", where=str(path), hint="Detect them again.")
    return content


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `languages`; it takes no arguments."""
    with open_folder(folder) as project:
        return {"n_documents": len(detect_languages(project, progress=progress))}
