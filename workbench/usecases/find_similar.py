"""Find the documents whose vectors are nearest to that of one document. Nothing is encoded here."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from workbench.analysis.similarity import most_similar
from workbench.store.search import texts_of
from workbench.store.vectors import stored_vectors
from workbench.usecases.project import Project


def find_similar(
    project: Project, document_id: str, *, n: int, among: Collection[str] | None = None
) -> list[tuple[str, float]] | None:
    """Return up to n documents of the pool and their cosines, the nearest first, without the document itself.

    `among` leaves out all others. Those without a stored vector cannot be found; None when the document
    itself has none, in the largest of the project's vector files: the job `embed` makes them. Raises
    UnknownNameError for a document that is not in the project.
    """
    document = project.store.document(document_id)
    files = stored_vectors(project.folder / "data" / "vectors")
    if not files:
        return None
    vectors = max(files, key=len)
    own = vectors.rows([document.text])
    if own[0] < 0:
        return None
    candidates = [
        (id, text)
        for id, text in texts_of(project.store)
        if id != document_id and (among is None or id in among)
    ]
    rows = vectors.rows([text for _, text in candidates])
    known = np.flatnonzero(rows >= 0)
    nearest, cosines = most_similar(vectors.read(rows[known]), vectors.read(own)[0], n)
    return [(candidates[known[i]][0], float(cosine)) for i, cosine in zip(nearest, cosines, strict=True)]
