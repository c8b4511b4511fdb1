"""The neighbours of the pool's documents: found once, and again when documents come."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.config import n_training_threads
from workbench.domain.arrays import Vectors
from workbench.domain.documents import Document
from workbench.domain.neighbours import N_NEAREST, Neighbours
from workbench.domain.ports import Progress, silent
from workbench.store.neighbours import NeighbourFile
from workbench.store.vectors import CachedEncoder
from workbench.usecases.project import Project

MOST_DOCUMENTS = 200_000  # the time grows with the square: some minutes; larger pools are sampled


def pool_documents(project: Project) -> list[Document]:
    """Return the documents of the pool in import order, without those whose text is held out or control too."""
    twins = project.store.held_out_twins()
    return [document for document in project.store.documents(part="pool") if document.id not in twins]


def neighbours_among(
    project: Project, encoder: CachedEncoder, candidates: Sequence[Document], *, progress: Progress = silent
) -> Neighbours | None:
    """Return the neighbours of candidates of the pool among all of it; None for a pool that is too large.

    What they are depends on the pool alone and not on who was answered, so that they are found once.
    """
    pool = pool_documents(project)
    if not 0 < len(pool) <= MOST_DOCUMENTS:
        return None
    place_of = {document.id: place for place, document in enumerate(pool)}
    texts = [document.text for document in pool]
    file = NeighbourFile(encoder.folder, texts, n_nearest=N_NEAREST)
    found = file.read()
    if found is None:
        found = nearest_of(encoder.encode(texts, progress=progress), progress=progress)
        file.write(found)
    return found.among([place_of[document.id] for document in candidates])


def nearest_of(vectors: Vectors, *, progress: Progress = silent) -> Neighbours:
    """Find the neighbours of unit vectors `(n, d)`."""
    from workbench.strategies.neighbourhoods import find_neighbours  # scipy

    return find_neighbours(vectors, n_nearest=N_NEAREST, n_threads=n_training_threads(), progress=progress)
