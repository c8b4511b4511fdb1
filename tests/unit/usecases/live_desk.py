"""A small project with made vectors, whose pool can be ranked live without any encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from workbench.config import Home
from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store import schema
from workbench.store.values import text_sha256
from workbench.store.vectors import VectorFile
from workbench.usecases.project import Project, create_project, open_project

LABELS = ("a", "b", "c")
TOPIC = Question("topic", "textcat", LABELS)
WIDTH = 16


def add_texts(project: Project, ids: Sequence[str], *, part: str = "pool") -> None:
    """Import documents whose text is made of their id."""
    with project.store.database.write() as connection:
        start = project.store.n_documents()
        rows = [
            {
                "position": start + place,
                "id": id,
                "text": text_of(id),
                "text_sha256": text_sha256(text_of(id)),
                "part": part,
                "metadata": "{}",
            }
            for place, id in enumerate(ids)
        ]
        connection.execute(insert(schema.documents), rows)


def text_of(id: str) -> str:
    """Return the text of a document; digits alone would make all of them near-copies of each other."""
    return " ".join(np.random.default_rng(int(id[1:])).choice(list("qwertyuiopasdfghjkl"), size=24))


def label_of(id: str) -> str:
    """Return the right answer."""
    return LABELS[int(id[1:]) % len(LABELS)]


def embed(project: Project, ids: Sequence[str], *, encoder: str = "made") -> VectorFile:
    """Store a unit vector a document, which lies near the corner of its label."""
    vectors = np.zeros((len(ids), WIDTH), dtype=np.float32)
    for row, id in enumerate(ids):
        rng = np.random.default_rng(1000 + int(id[1:]))
        vectors[row] = rng.normal(size=WIDTH) * 0.2
        vectors[row, int(id[1:]) % len(LABELS)] += 1.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    file = VectorFile(project.folder / "data" / "vectors", encoder, WIDTH)
    file.append([text_of(id) for id in ids], vectors)
    return file


def ids(first: int, behind: int) -> list[str]:
    """Return the ids from one number to the one before another."""
    return [f"d{number}" for number in range(first, behind)]


def answer(project: Project, some: Sequence[str], *, by: str = "ada", label: str = "", turn: int = 0) -> None:
    """Answer documents rightly, or all with one label."""
    project.store.record(
        [
            Annotation(derived_client_id(id, by, str(turn)), id, "topic", by, (label or label_of(id),))
            for id in some
        ]
    )


def propose(project: Project, some: Sequence[str], *, strategy: str = "auto", id: str = "first") -> None:
    """Store a batch that somebody asked for."""
    proposals = tuple(Proposal(one, 0.5, "because") for one in some)
    project.store.save_batch(Batch(id, "topic", strategy, 0, proposals))


@contextmanager
def live_desk(root: Path, *, n: int = 80, question: Question = TOPIC) -> Iterator[Project]:
    """Open a new project of n documents with vectors, of which ten are answered and ten proposed."""
    create_project(Home(root), "desk", [question])
    with open_project(Home(root), "desk") as project:
        add_texts(project, ids(0, n))
        embed(project, ids(0, n))
        answer(project, ids(0, 10))
        propose(project, ids(10, 20))
        yield project
