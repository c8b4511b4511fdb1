"""Describe the documents that a run was judged on, so that its figures can be cut into slices."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.slices import UNKNOWN, length_quartiles, metadata_values
from workbench.usecases.detect_languages import read_languages
from workbench.usecases.project import Project

LENGTH, FILE, LANGUAGE = "length", "file", "language"


def slice_values(project: Project, documents: Sequence[JudgedDocument]) -> dict[str, list[str]]:
    """Return by aspect the value of every document, in their order.

    Aspects are the length of the text (in quarters), the file that a document came with, its language when
    the job `languages` ran, and the metadata of its source. An aspect that has one value only is left out.
    """
    ids = [judged.example.document_id for judged in documents]
    wanted = set(ids)
    known = {document.id: document for document in project.store.documents() if document.id in wanted}
    files, languages = project.store.file_names(), read_languages(project)
    aspects = {LENGTH: length_quartiles([judged.example.text for judged in documents])}
    aspects[FILE] = [files.get(id, UNKNOWN) for id in ids]
    if languages:
        aspects[LANGUAGE] = [languages.get(id, UNKNOWN) for id in ids]
    metadata = metadata_values([known[id].metadata if id in known else {} for id in ids])
    # What a source calls `language` itself is not what was guessed here.
    aspects.update({f"{key} (source)" if key in aspects else key: found for key, found in metadata.items()})
    return {aspect: values for aspect, values in aspects.items() if len(set(values)) > 1}
