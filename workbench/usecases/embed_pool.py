"""Compute the vectors of a project's documents, once per text and encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import catalog
from workbench.config import n_training_threads, stay_offline
from workbench.domain.label_names import names_in_words
from workbench.domain.ports import Progress, WordEncoder, silent
from workbench.store.vectors import CachedEncoder, VectorFile
from workbench.store.word_vectors import CachedWords, WordVectorFile
from workbench.usecases.embed_words import embed_words, words_are_ranked
from workbench.usecases.find_neighbours import neighbours_among
from workbench.usecases.project import Project, open_folder


def project_encoder(project: Project, name: str = catalog.DEFAULT_ENCODER) -> CachedEncoder:
    """Return an encoder that remembers the vectors of this project's texts."""
    if name in catalog.ENCODERS:
        stay_offline()
    encoder = catalog.encoder(name, n_threads=n_training_threads())
    return CachedEncoder(encoder, VectorFile(project.folder / "data" / "vectors", encoder.id, encoder.width))


def project_words(project: Project, learner: str) -> WordEncoder | None:
    """Return the word encoder for a learner that works on words, one that remembers them; None for others."""
    return remembered_words(project) if learner in catalog.LEARNERS_ON_WORDS else None


def remembered_words(project: Project) -> CachedWords:
    """Return the word encoder that remembers the words of this project's texts."""
    stay_offline()
    words = catalog.word_encoder(n_threads=n_training_threads())
    return CachedWords(words, WordVectorFile(project.folder / "data" / "words", words.id, words.width))


def embed_pool(
    project: Project, *, encoder_name: str = catalog.DEFAULT_ENCODER, progress: Progress = silent
) -> int:
    """Encode documents and names of labels that have no vector yet, find neighbours; return how many documents.

    Where entities are ranked live, the words of the pool are encoded too. Interrupted, it goes on where it
    stopped.
    """
    texts = [document.text for document in project.store.documents()]
    encoder = project_encoder(project, encoder_name)
    encoder.encode(texts, progress=progress)
    exclusive = [question for question in project.store.questions() if question.exclusive]
    encoder.encode([name for question in exclusive for name in names_in_words(question.labels)])
    neighbours_among(project, encoder, (), progress=progress)
    if words_are_ranked(project):
        embed_words(project, remembered_words(project), progress=progress)
    return len(texts)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `embed`; arguments: `encoder_name`."""
    with open_folder(folder) as project:
        return {"n_documents": embed_pool(project, **arguments, progress=progress)}
