"""Which model ranks: the live head, or a run of a slower learner that is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.domain.arrays import Rows
from workbench.domain.history import hash_training
from workbench.domain.questions import Kind, Question
from workbench.domain.runs import Run
from workbench.domain.scores import Scores
from workbench.errors import ArtefactError
from workbench.store.appending import text_digest
from workbench.store.jobs import Jobs
from workbench.usecases.live_pool import LivePool
from workbench.usecases.project import Project
from workbench.usecases.runs import options_of, remark_on_labels
from workbench.usecases.score_pool import PoolScores, read_pool_scores, scores_path

LIVE_LEARNER: Mapping[Kind, str] = MappingProxyType(  # the live head is what it makes of the same answers
    {"textcat": "linear", "textcat-multi": "linear", "ner": "tags"}
)
FIGURE: Mapping[Kind, str] = MappingProxyType(
    {"textcat": "macro_f1", "textcat-multi": "macro_f1", "ner": "strict_f1"}
)
LINEAR: Mapping[str, Any] = MappingProxyType({"c": 20.0, "balance": "sqrt"})
# The options of the live learner that its head has, too, with the defaults of that learner (a test compares them).
HEAD_OPTIONS: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {"textcat": LINEAR, "textcat-multi": LINEAR, "ner": MappingProxyType({"c": 3.0, "offset": 0.5})}
)
# With which ones heads were fitted while their recipes did not name them.
FORMER_OPTIONS: Mapping[Kind, Mapping[str, Any]] = MappingProxyType(
    {
        kind: {**options, "balance": "none"} if kind != "ner" else options
        for kind, options in HEAD_OPTIONS.items()
    }
)
NEWS = 2.0  # a run that has seen less than half of the answers of today is no match for the live head


@dataclass(frozen=True, slots=True, eq=False)
class RunScores:
    """A run's scores of the whole pool, looked up: its model is not loaded."""

    id: str
    training: str
    kept: PoolScores
    rows: Rows  # where the document at each place of the pool lies in what is kept

    def score(self, places: Rows, vectors: Any) -> Scores:
        """Return the scores of the documents at these places of the pool."""
        return self.kept.of(self.rows[places])


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
        asked for again until there are new documents; it can be resumed. Scores that were lost or damaged
        since are made again, and the live head ranks until then.
        """
        run = better_run(question, self._project.store.runs(question.name), n_answers)
        if run is None:
            return None
        if self._found is None or self._found.id != run.id or self._pool is not pool:
            self._pool, self._found = pool, self._looked_up(question, run, pool)
        return self._found

    def _looked_up(self, question: Question, run: Run, pool: LivePool) -> RunScores | None:
        try:
            found = kept_scores(self._project, question, run, pool)
            is_lost = found is None and not scores_path(self._project, run).exists()
        except ArtefactError:
            found, is_lost = None, True
        if found is None:
            self._ask_for_scores(question, run, pool, is_lost=is_lost)
        return found

    def _ask_for_scores(self, question: Question, run: Run, pool: LivePool, *, is_lost: bool) -> None:
        jobs, arguments = Jobs(self._project.store), {"question": question.name, "run_id": run.id}
        done = [job for job in jobs.list() if job.state == "done" and dict(job.arguments) == arguments]
        again = f" again {len(done)}" if is_lost and done else ""
        jobs.enqueue("score-pool", arguments, key=f"score-pool {run.id} {len(pool.texts)}{again}")


def kept_scores(project: Project, question: Question, run: Run, pool: LivePool) -> RunScores | None:
    """Return a run's scores of the pool, None where not all of it was scored yet. Raises ArtefactError."""
    kept = read_pool_scores(project, question, run)
    if kept is None:
        return None
    rows = np.array([kept.rows.get(text_digest(text), -1) for text in pool.texts], dtype=np.int64)
    return None if (rows < 0).any() else RunScores(run.id, hash_training(run), kept, rows)


def better_run(question: Question, runs: list[Run], n_answers: int) -> Run | None:
    """Return the run, of these, newest first, whose figure is best and above that of the live learner's newest.

    The figure is macro-F1, of entities strict F1. The live head has none of its own: the newest run of
    `linear`, of entities that of `tags`, speaks for it. Only runs with the labels of today and figures on
    the same basis are compared, of each learner the newest, and only those that have seen half of today's
    answers. Without a run of the live learner nothing can be compared. Ties: the live head.
    """
    newest: dict[str, Run] = {}
    for run in runs:
        if not remark_on_labels(question, run) and figure_of(question, run) is not None:
            newest.setdefault(run.learner, run)
    live = newest.pop(LIVE_LEARNER[question.kind], None)
    if live is None:
        return None
    others = [
        run for run in newest.values() if run.basis == live.basis and NEWS * run.n_examples >= n_answers
    ]
    best = max(others, key=lambda run: figure_of(question, run) or 0.0, default=live)
    return best if (figure_of(question, best) or 0.0) > (figure_of(question, live) or 0.0) else None


def head_options(question: Question, runs: Sequence[Run]) -> dict[str, Any]:
    """Return how the live head is fitted: as the newest, of these runs, of the live learner; its way without one.

    So whoever trains with balanced labels is asked by a balanced head from then on, and the run that speaks for
    the live head was fitted as it is. Offsets of `linear`, which take six fits, are left out.
    """
    newest = options_of(LIVE_LEARNER[question.kind], runs)
    return {option: newest.get(option, usual) for option, usual in HEAD_OPTIONS[question.kind].items()}


def figure_of(question: Question, run: Run) -> float | None:
    """Return the figure that runs are compared by, None without."""
    value = run.figures.get(FIGURE[question.kind])
    return float(value) if value is not None else None
