"""Which model ranks: the live head, or a run of a slower learner that is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.history import hash_training
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.store.jobs import Jobs
from workbench.usecases.live_pool import LivePool
from workbench.usecases.project import Project
from workbench.usecases.runs import remark_on_labels
from workbench.usecases.score_pool import digest_of, read_pool_scores

LIVE_LEARNER = "linear"  # the live head is what this learner makes of the same answers
NEWS = 2.0  # a run that has seen less than half of the answers of today is no match for the live head


@dataclass(frozen=True, slots=True, eq=False)
class RunScores:
    """A run's scores of the whole pool, looked up: its model is not loaded."""

    id: str
    training: str
    labels: tuple[str, ...]
    exclusive: bool
    probabilities: AnyArray

    def score(self, places: Rows, vectors: Any) -> ClassScores:
        """Return the scores of the documents at these places of the pool."""
        return ClassScores(self.labels, self.probabilities[places].astype(np.float32), self.exclusive)


class Takeover:
    """Finds the run that ranks instead of the live head, and has the pool scored with it once.

    A run appears in the store when its folder is whole, and its scores when their file is whole: the next
    ranking uses them, and no ranking ever uses a part.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found: RunScores | None = None
        self._pool: LivePool | None = None

    def model(self, question: Question, pool: LivePool, n_answers: int) -> RunScores | None:
        """Return the scores of the run that is better than the live head; None: the live head ranks.

        Where the pool is not scored with it yet, a job is asked for that does it. One that failed is not
        asked for again until there are new documents; it can be resumed. Raises ArtefactError.
        """
        run = better_run(question, self._project.store.runs(question.name), n_answers)
        if run is None:
            return None
        if self._found is None or self._found.id != run.id or self._pool is not pool:
            self._pool, self._found = pool, self._looked_up(question, run, pool)
        return self._found

    def _looked_up(self, question: Question, run: Run, pool: LivePool) -> RunScores | None:
        found = kept_scores(self._project, question, run, pool)
        if found is None:
            Jobs(self._project.store).enqueue(
                "score-pool",
                {"question": question.name, "run_id": run.id},
                key=f"score-pool {run.id} {len(pool.texts)}",
            )
        return found


def kept_scores(project: Project, question: Question, run: Run, pool: LivePool) -> RunScores | None:
    """Return a run's scores of the pool, None where not all of it was scored yet. Raises ArtefactError."""
    scored = read_pool_scores(project, run)
    rows = [-1] if scored is None else [scored[0].get(digest_of(text), -1) for text in pool.texts]
    if scored is None or -1 in rows:
        return None
    return RunScores(run.id, hash_training(run), run.labels, question.exclusive, scored[1][rows])


def better_run(question: Question, runs: list[Run], n_answers: int) -> Run | None:
    """Return the run, of these, newest first, with the best macro-F1 above that of the newest linear run.

    The live head has no figures of its own: the newest run of `linear` speaks for it. Only runs with the
    labels of today and figures on the same basis are compared, of each learner the newest, and only those
    that have seen half of today's answers. Without a run of `linear` nothing can be compared. Ties: linear.
    Scores of words are not kept: nobody takes over a ner question.
    """
    if question.kind == "ner":
        return None
    usable = [run for run in runs if not remark_on_labels(question, run) and macro_f1(run) is not None]
    newest: dict[str, Run] = {}
    for run in usable:
        newest.setdefault(run.learner, run)
    linear = newest.pop(LIVE_LEARNER, None)
    if linear is None:
        return None
    others = [
        run for run in newest.values() if run.basis == linear.basis and NEWS * run.n_examples >= n_answers
    ]
    best = max(others, key=lambda run: macro_f1(run) or 0.0, default=None)
    return best if best is not None and (macro_f1(best) or 0.0) > (macro_f1(linear) or 0.0) else None


def macro_f1(run: Run) -> float | None:
    """Return the macro-F1 of a run, None without figures."""
    value = run.figures.get("macro_f1")
    return float(value) if value is not None else None
