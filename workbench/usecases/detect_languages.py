"""Guess the language of every document, for slices and for the look at the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import artefacts
from workbench.domain.ports import Progress, silent
from workbench.errors import ArtefactError
from workbench.usecases.project import Project, open_folder

FILE = Path("data") / "languages.json"
SAY_EVERY = 500


def detect_languages(project: Project, *, progress: Progress = silent) -> dict[str, str]:
    """Write the ISO 639-1 code of each document's language to FILE and return them by document id.

    A guess from n-grams (py3langid, after Lui and Baldwin 2012, https://aclanthology.org/P12-3005/): short
    texts are often guessed wrong. Texts without a letter are left out.
    """
    import py3langid

    documents = project.store.documents()
    found: dict[str, str] = {}
    for place, document in enumerate(documents):
        if place % SAY_EVERY == 0:
            progress(place, len(documents), "documents")
        if any(character.isalpha() for character in document.text):
            found[document.id] = str(py3langid.classify(document.text)[0])
    path = project.folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    artefacts.write_json(path, found)
    progress(len(documents), len(documents), "documents")
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
