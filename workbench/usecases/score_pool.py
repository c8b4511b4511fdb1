"""Score the whole pool with a run once, so that whoever ranks it again and again only looks scores up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.arrays import AnyArray, Offsets, Rows
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores, Scores, TokenScores, tags_of
from workbench.errors import ArtefactError
from workbench.store.appending import text_digest
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, need_run, refuse_old_labels

AT_ONCE = 512
DIGEST_BYTES = 32
NO_WORDS: Offsets = np.zeros((0, 2), dtype=np.int32)


def scores_path(project: Project, run: Run) -> Path:
    """Return where the pool's scores by a run are kept: they belong to the project's texts, not to the model."""
    return project.folder / "data" / "scores" / f"{run.id}.safetensors"


@dataclass(frozen=True, eq=False)
class PoolScores:
    """A run's scores of every text of the pool, as they lie in the file: float16.

    `rows` gives the row of a text by its digest. `probabilities` are (n, l) for labels; for entities those
    of all words (k, t), one text after the other, with `words` (k, 2) and how many each text has, `n_words` (n,).
    """

    labels: tuple[str, ...]
    exclusive: bool
    rows: Mapping[bytes, int]
    probabilities: AnyArray
    words: Offsets | None = None
    n_words: Rows | None = None

    @cached_property
    def bounds(self) -> Rows:
        """Where the words of each text begin, `(n + 1,)`."""
        assert self.n_words is not None
        return np.concatenate([[0], np.cumsum(self.n_words)]).astype(np.int64)

    def of(self, rows: Rows) -> Scores:
        """Return the scores of some rows, in this order, as float32."""
        if self.words is None:
            return ClassScores(self.labels, self.probabilities[rows].astype(np.float32), self.exclusive)
        starts, lengths = self.bounds[rows], self.bounds[rows + 1] - self.bounds[rows]
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
        return TokenScores.of_flat(
            self.labels, self.words[places], self.probabilities[places].astype(np.float32), bounds
        )


def score_pool(project: Project, question_name: str, run_id: str, *, progress: Progress = silent) -> int:
    """Score every document of the pool with a run and keep the scores; return how many there were.

    They appear whole: a ranking sees none of them or all. Raises InputError when the labels changed since
    the run.
    """
    question = project.store.question(question_name)
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    model = load_model(project, run)
    texts = list(dict.fromkeys(document.text for document in project.store.documents(part="pool")))
    parts: list[dict[str, AnyArray]] = []
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        parts.append({"texts": digests(some), **arrays_of(model.score(some)[question_name])})
        progress(start + len(some), len(texts), "documents scored")
    if parts:
        path = scores_path(project, run)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    return len(texts)


def arrays_of(scores: Scores) -> dict[str, AnyArray]:
    """Return what is kept of the scores of some texts: of entities also the words and how many a text has."""
    if isinstance(scores, ClassScores):
        return {"probabilities": scores.probabilities.astype(np.float16)}
    return {
        "probabilities": scores.flat[0].astype(np.float16),
        "words": np.concatenate([NO_WORDS, *(document.words for document in scores.documents)]),
        "n_words": np.array([len(document.words) for document in scores.documents], dtype=np.int64),
    }


def read_pool_scores(project: Project, question: Question, run: Run) -> PoolScores | None:
    """Return the kept scores of a run; None without. Raises ArtefactError when they are damaged."""
    path = scores_path(project, run)
    if not path.exists():
        return None
    found = read_tensors(path)
    if not is_whole(found, question, run):
        raise ArtefactError(
            f"It does not hold the scores of {run.id}.",
            where=str(path),
            hint="Delete the file; the pool is scored again.",
        )
    content = np.ascontiguousarray(found["texts"]).tobytes()
    n = len(found["texts"])
    rows = {content[i * DIGEST_BYTES : (i + 1) * DIGEST_BYTES]: i for i in range(n)}
    return PoolScores(
        run.labels, question.exclusive, rows, found["probabilities"], found.get("words"), found.get("n_words")
    )


def is_whole(found: Mapping[str, AnyArray], question: Question, run: Run) -> bool:
    """Tell whether the arrays of a file belong together and to the run."""
    texts, p = found.get("texts"), found.get("probabilities")
    if texts is None or p is None or texts.ndim != 2 or texts.shape[1] != DIGEST_BYTES:
        return False
    if p.min(initial=0) < 0 or p.max(initial=0) > 1:
        return False
    if question.kind != "ner":
        return p.shape == (len(texts), len(run.labels))
    words, n_words = found.get("words"), found.get("n_words")
    if words is None or n_words is None or n_words.shape != (len(texts),) or (n_words < 0).any():
        return False
    k = int(n_words.sum())
    return words.shape == (k, 2) and p.shape == (k, len(tags_of(run.labels)))


def digests(texts: list[str]) -> AnyArray:
    """Return the SHA-256 of each text, `(n, 32)` bytes."""
    joined = b"".join(map(text_digest, texts))
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), DIGEST_BYTES)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `score-pool`; arguments: `question` and `run_id`."""
    with open_folder(folder) as project:
        n = score_pool(project, arguments["question"], arguments["run_id"], progress=progress)
        return {"n_documents": n}
