"""Compute the word vectors of the pool where entities are ranked live, once per text."""

from __future__ import annotations

from workbench.domain.ports import Progress, WordEncoder, silent
from workbench.store.appending import PartProgress
from workbench.usecases.find_neighbours import pool_documents
from workbench.usecases.live_rules import why_not_live
from workbench.usecases.project import Project

AT_ONCE = 1024  # the words of a whole pool are never needed together here


def words_are_ranked(project: Project) -> bool:
    """Tell whether any question of the project about entities is ranked live."""
    asked = [question.name for question in project.store.questions() if question.kind == "ner"]
    return any(not why_not_live(project, name) for name in asked)


def embed_words(project: Project, words: WordEncoder, *, progress: Progress = silent) -> int:
    """Encode the words of every document of the pool that has none yet; return how many documents it has.

    Interrupted, it goes on where it stopped.
    """
    texts = [document.text for document in pool_documents(project)]
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        words.encode_words(some, progress=PartProgress(progress, start, len(some), len(texts)))
    return len(texts)
