"""Score the whole pool with a run once, so that whoever ranks it again and again only looks scores up."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.arrays import AnyArray
from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, need_run, refuse_old_labels

AT_ONCE = 512
DIGEST_BYTES = 32


def scores_path(project: Project, run: Run) -> Path:
    """Return where the pool's scores by a run are kept: they belong to the project's texts, not to the model."""
    return project.folder / "data" / "scores" / f"{run.id}.safetensors"


def score_pool(project: Project, question_name: str, run_id: str, *, progress: Progress = silent) -> int:
    """Score every document of the pool with a run and keep the scores; return how many there were.

    They appear whole: a ranking sees none of them or all. Raises InputError for a ner question and when
    the labels changed since the run.
    """
    question = project.store.question(question_name)
    if question.kind == "ner":
        raise InputError(f"'{question_name}' asks about spans: its scores are kept nowhere.")
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    model = load_model(project, run)
    texts = list(dict.fromkeys(document.text for document in project.store.documents(part="pool")))
    found = np.zeros((len(texts), len(run.labels)), dtype=np.float16)
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        scores = model.score(some)[question_name]
        assert isinstance(scores, ClassScores)
        found[start : start + len(some)] = scores.probabilities
        progress(start + len(some), len(texts), "documents scored")
    path = scores_path(project, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, {"texts": digests(texts), "probabilities": found})
    return len(texts)


def read_pool_scores(project: Project, run: Run) -> tuple[dict[bytes, int], AnyArray] | None:
    """Return the row of each text, by its digest, and probabilities `(n, l)` float16; None without scores.

    Raises ArtefactError when they are damaged.
    """
    path = scores_path(project, run)
    if not path.exists():
        return None
    found = read_tensors(path)
    texts, p = found.get("texts"), found.get("probabilities")
    if texts is None or p is None or p.shape != (len(texts), len(run.labels)):
        raise ArtefactError(
            f"It does not hold the scores of {run.id}.",
            where=str(path),
            hint="Delete the file; the pool is scored again.",
        )
    content = np.ascontiguousarray(texts).tobytes()
    rows = {content[i * DIGEST_BYTES : (i + 1) * DIGEST_BYTES]: i for i in range(len(texts))}
    return rows, p


def digests(texts: list[str]) -> AnyArray:
    """Return the SHA-256 of each text, `(n, 32)` bytes."""
    joined = b"".join(map(digest_of, texts))
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), DIGEST_BYTES)


def digest_of(text: str) -> bytes:
    """Return the SHA-256 of a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `score-pool`; arguments: `question` and `run_id`."""
    with open_folder(folder) as project:
        n = score_pool(project, arguments["question"], arguments["run_id"], progress=progress)
        return {"n_documents": n}
