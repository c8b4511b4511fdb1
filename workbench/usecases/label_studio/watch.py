"""The loop that runs by itself: look, train when there is enough that is new, serve the new order.

What is done and what is due stands in the store (answers, jobs, batches, the link), so that a watch
that was ended goes on where it was. The work itself is left to the project's worker.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from workbench.domain.questions import Question
from workbench.domain.runs import Batch
from workbench.errors import StoreError, UnreachableError
from workbench.sources.label_studio.config import read_config
from workbench.store.jobs import Job, Jobs
from workbench.store.links import Links
from workbench.store.locks import FileLock
from workbench.usecases.label_studio.publish import open_tasks
from workbench.usecases.label_studio.pull import PullReport, pull_from
from workbench.usecases.label_studio.push import push_over
from workbench.usecases.label_studio.server import open_server
from workbench.usecases.label_studio.versions import remove_old_versions
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.runs import newest_run
from workbench.usecases.train_model import Training
from workbench.usecases.unanswered import unanswered, unanswered_control

LOCK_NAME = "label-studio-watch.lock"
WHOLE_SECONDS = 60.0  # deletions and drafts are found by looking at everything
RETRY_SECONDS = 60.0
CLEARED_AT_ONCE = 20
ACTIVE = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Plan:
    """When to train and how to propose.

    A question is trained anew after `every` new answers, or `minutes` after the first of fewer, or when
    no proposed document is left. `questions` empty: all that Label Studio asks. Documents without a task
    get one when the project there was made from this one, or with `push`.
    """

    questions: tuple[str, ...] = ()
    every: int = 20
    minutes: float = 30.0
    learner: str = ""
    ranking: Ranking = field(default_factory=lambda: Ranking(n=200))
    push: bool = False


@dataclass(frozen=True, slots=True)
class QuestionStatus:
    """How far a question is in the pool: answers, those since the last training, proposed documents that wait."""

    name: str
    n_answered: int
    n_new: int
    n_waiting: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a turn found. `trouble` says why the server could not be asked; '' when it could."""

    questions: tuple[QuestionStatus, ...]
    report: PullReport
    job: Job | None
    failed: Job | None
    version: str
    trouble: str = ""


class Watch:
    """Turn after turn of the loop. `clock` gives seconds since 1970."""

    def __init__(self, project: Project, plan: Plan, *, clock: Callable[[], float] = time.time) -> None:
        self._project = project
        self._plan = plan
        self._clock = clock
        self._jobs = Jobs(project.store)
        self._links = Links(project.store)
        self._next_whole = 0.0
        self._trouble = ""
        self._new_since: dict[str, float] = {}
        self._at_start = {q.name: self._baseline_at_start(q.name) for q in project.store.questions()}
        for name in plan.questions:
            project.store.question(name)

    def turn(self, *, with_server: bool = True) -> Status:
        """Look at the server, ask for the work that is due, and return how things stand.

        Without the server it looks at the jobs only: one that ended may make another one due. A server
        that does not answer is no error here. Raises RemoteError for what will not mend by
        itself: a token that is not taken, a project that is gone.
        """
        report = PullReport()
        if with_server:
            try:
                report, self._trouble = self._synchronise(), ""
            except (UnreachableError, StoreError) as error:
                self._trouble = error.message
        jobs = self._jobs.list()
        waiting = set(open_tasks(self._project))
        questions = tuple(self._follow(question, jobs, waiting) for question in self._asked())
        if not self._trouble:
            self._publish(jobs, questions)
        mine = [job for job in self._jobs.list() if _is_mine(job)]
        running = next((job for job in reversed(mine) if job.state in ACTIVE), None)
        failed = mine[0] if mine and mine[0].state == "failed" else None
        version = str(self._links.get().state.get("version", ""))
        return Status(questions, report, running, failed, version, self._trouble)

    @property
    def pushes(self) -> bool:
        """Whether documents without a task get one; a project that somebody else made is not filled unasked."""
        return self._plan.push or self._links.get().state.get("is_ours") is True

    @property
    def n_kept_back(self) -> int:
        """How many documents have no task and get none."""
        return 0 if self.pushes else len(self._links.without_task())

    def _synchronise(self) -> PullReport:
        with open_server(self._project) as server:
            is_whole = self._clock() >= self._next_whole
            if is_whole and self.pushes:
                push_over(server, unanswered_only=True)
            report = pull_from(server, whole=is_whole)
            if is_whole:
                self._next_whole = self._clock() + WHOLE_SECONDS
            remove_old_versions(server, at_most=CLEARED_AT_ONCE)
            return report

    def _asked(self) -> list[Question]:
        """Return the questions that the plan names, of those that Label Studio asks."""
        link, wanted = self._links.get(), self._plan.questions
        there = read_config(str(link.state["label_config"]), f"the labelling config of {link.name}")
        asked = [q for q in self._project.store.questions() if there.control_of(q.name) is not None]
        return [question for question in asked if not wanted or question.name in wanted]

    def _baseline_at_start(self, question: str) -> int:
        """A model that was trained by hand counts as having learned all that was there."""
        trained = newest_run(self._project, question) is not None
        return self._project.store.n_answers(question) if trained else 0

    def _follow(self, question: Question, jobs: Sequence[Job], waiting: set[str]) -> QuestionStatus:
        """Ask for a training, or a first batch, when it is due."""
        name, store = question.name, self._project.store
        recorded = store.n_answers(name)
        n_new = recorded - self._learned(name, jobs)
        batch = store.latest_batch(name)
        ids = {proposal.document_id for proposal in batch.proposals} if batch else set()
        left = len(ids & waiting)
        is_used_up = batch is not None and not left
        is_due = self._is_due(name, n_new, nothing_left=is_used_up)
        is_due = is_due or (n_new > 0 and _was_interrupted(name, jobs))
        busy = any(job.state in ACTIVE and _question(job) == name for job in jobs)
        if is_due and not busy:
            busy = self._train(name, recorded).state in ACTIVE
        if not busy and (batch is None or is_used_up):
            self._propose(name, batch, waiting)
        answered = set(store.document_ids(part="pool")).intersection(store.answered_ids(name))
        return QuestionStatus(name, len(answered), max(n_new, 0), left)

    def _train(self, question: str, n_answers: int) -> Job:
        """Ask for a training that proposes a batch after it."""
        ranking = self._plan.ranking
        training = Training(question, self._plan.learner, ranking.seed, ranking.encoder)
        arguments = {"training": asdict(training), "ranking": asdict(ranking)}
        return self._ask("round", arguments, f"watch:{question}:{n_answers}")

    def _propose(self, question: str, batch: Batch | None, waiting: set[str]) -> None:
        """Ask for a first batch, or for one after a batch of which nothing is left.

        None follows a batch of which nobody answered or skipped anything: it was of documents that have
        no task, and the next one would be the same.
        """
        left = {*unanswered(self._project, question), *unanswered_control(self._project, question)}
        used_up = {proposal.document_id for proposal in batch.proposals} - left if batch else set()
        if not left & waiting or (batch is not None and not used_up):
            return
        ranking = self._plan.ranking
        if batch is None or newest_run(self._project, question) is None:
            ranking = replace(ranking, strategy="random")
        key = f"watch-next:{question}:{batch.id}" if batch else f"watch-first:{question}"
        self._ask("propose", {"question": question, **asdict(ranking)}, key, again=("failed", "cancelled"))

    def _is_due(self, question: str, n_new: int, *, nothing_left: bool) -> bool:
        """Tell whether a question is to be trained: enough is new, or it waited long, or nothing is left."""
        if n_new <= 0:
            self._new_since.pop(question, None)
            return False
        since = self._new_since.setdefault(question, self._clock())
        waited = self._clock() - since >= 60 * self._plan.minutes
        return n_new >= self._plan.every or waited or nothing_left

    def _ask(self, verb: str, arguments: Mapping[str, Any], key: str, *, again: Sequence[str] = ()) -> Job:
        """Ask for work once; what a dead worker left is taken up again, and what `again` names after a while.

        Other arguments, of a watch with other options, make it other work.
        """
        job = self._jobs.enqueue(verb, arguments, key=f"{key}:{_digest(arguments)}")
        if job.state == "interrupted" or (job.state in again and self._is_over_since(job)):
            return self._jobs.resume(job.id)
        return job

    def _learned(self, question: str, jobs: Sequence[Job]) -> int:
        """Return how many answers there were when the newest training was asked for.

        One that failed or was ended taught nothing. Mostly there were too few answers, so the next one
        is a new chance.
        """
        known = [_count(job) for job in _trainings(question, jobs) if job.state in (*ACTIVE, "done")]
        return max(known, default=self._at_start.get(question, 0))

    def _publish(self, jobs: Sequence[Job], questions: Sequence[QuestionStatus]) -> None:
        """Ask for a new order when a batch is newer than the one that is served, once more if that failed."""
        published = self._links.get().state.get("published", {})
        newest = {q.name: self._project.store.latest_batch(q.name) for q in questions if q.n_waiting}
        ids = {name: batch.id for name, batch in newest.items() if batch is not None}
        if all(published.get(name) == id for name, id in ids.items()):
            return
        key = "publish:" + ":".join(sorted(ids.values()))
        self._ask("publish", {"question": ""}, key, again=("failed", "cancelled"))

    def _is_over_since(self, job: Job) -> bool:
        if job.finished_at is None:
            return True
        ended = datetime.fromisoformat(job.finished_at).astimezone(UTC).timestamp()
        return not 0 <= self._clock() - ended < RETRY_SECONDS


@contextmanager
def only_watch(project: Project) -> Iterator[None]:
    """Be the only watch of a project until the block ends.

    Raises StoreError that names the other one, and InputError when the project is not connected.
    """
    Links(project.store).get()
    with FileLock(project.folder / LOCK_NAME) as lock:
        if not lock.acquire():
            raise StoreError(
                f"Another watch (process {lock.holder()}) looks after this project.",
                where=str(project.folder),
                hint="One watch a project: let it go on, or end it first.",
            )
        yield


def _is_mine(job: Job) -> bool:
    return bool(job.key) and str(job.key).startswith(("watch", "publish:"))


def _digest(arguments: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:8]


def _trainings(question: str, jobs: Sequence[Job]) -> list[Job]:
    """Return the trainings of a question that a watch asked for."""
    return [job for job in jobs if str(job.key).split(":")[:2] == ["watch", question]]


def _count(job: Job) -> int:
    """Return how many answers there were when a training was asked for; its key says so."""
    return int(str(job.key).split(":")[2])


def _was_interrupted(question: str, jobs: Sequence[Job]) -> bool:
    """Tell whether the newest training of a question was ended before it was through."""
    newest = next(iter(_trainings(question, jobs)), None)
    return newest is not None and newest.state == "interrupted"


def _question(job: Job) -> str:
    asked = job.arguments.get("training", job.arguments)
    return str(asked.get("question", ""))
