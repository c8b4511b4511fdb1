"""Jobs: long work that a face asks for and the project's worker does.

    queued ──▶ running ──▶ done | failed | cancelled | interrupted
       └──▶ cancelled               └── resume ──▶ queued (failed, cancelled and interrupted)

Each running of a job is an attempt. Whoever works on one names it with every write; a write of an
attempt that is over is refused, so a process that was believed dead cannot finish somebody else's work.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, case, insert, select, update

from workbench.domain.annotations import now
from workbench.domain.questions import check_slug
from workbench.errors import InputError, StoreError, UnknownNameError
from workbench.store import schema
from workbench.store.project_store import ProjectStore
from workbench.store.values import AnyRow, from_json, storable, to_json

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
RESUMABLE = ("failed", "cancelled", "interrupted")
STALE_SECONDS = 30.0
LOCK_NAME = "worker.lock"  # held by the project's one worker, and by its children
LOGS = Path("data", "logs")
WORKER_LOG = LOGS / "worker.log"
# They take seconds and ask nothing of a model that is still to be trained: they go before the others.
SHORT_VERBS = ("preview", "import", "analyse", "languages", "time-bundle")
# Nobody asked for them: they go behind the others, in this order, and rest while one that goes before is at work.
MEANWHILE_VERBS = ("first-batch", "train-meanwhile")
INHERITED_LOCK = "WORKBENCH_WORKER_LOCK"  # the open file of the lock that a new worker was given

_jobs = schema.jobs.c
_TURN = (
    case(
        (_jobs.verb.in_(SHORT_VERBS), 0),
        *((_jobs.verb == verb, 2 + place) for place, verb in enumerate(MEANWHILE_VERBS)),
        else_=1,
    ),
    _jobs.id,
)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `done` of `total` units of `what`; `message` says why it failed."""

    id: int
    verb: str
    arguments: Mapping[str, Any]
    state: State
    key: str | None = None
    worker: str | None = None
    attempt: int = 0
    cancel_requested: bool = False
    done: int = 0
    total: int = 0
    what: str = ""
    result: Mapping[str, Any] | None = None
    message: str = ""
    created_at: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    heartbeat_at: float | None = None


JobList: TypeAlias = list[Job]


def log_of(job_id: int) -> Path:
    """Return where the output of a job goes, seen from the project's folder."""
    return LOGS / f"job-{job_id}.log"


class Jobs:
    """The jobs of one project."""

    def __init__(self, store: ProjectStore) -> None:
        self._database = store.database

    def enqueue(self, verb: str, arguments: Mapping[str, Any], *, key: str | None = None) -> Job:
        """Ask for work. With a key that was used before, return the job it made then.

        Raises InputError when the key was used for something else.
        """
        row = {
            "key": None if key is None else storable(key),
            "verb": check_slug("job", verb),
            "arguments": to_json(dict(arguments), where=f"job {verb}"),
            "state": "queued",
            "attempt": 0,
            "cancel_requested": 0,
            "done": 0,
            "total": 0,
            "what": "",
            "message": "",
            "created_at": now(),
        }
        with self._database.write() as connection:
            known = None
            if key is not None:
                query = select(schema.jobs).where(_jobs.key == key)
                known = connection.execute(query).one_or_none()
            if known is None:
                id = connection.execute(insert(schema.jobs).returning(_jobs.id), row).scalar_one()
                return _get(connection, id)
            if (known.verb, known.arguments) != (row["verb"], row["arguments"]):
                raise InputError(f"The key '{key}' was used for another job ({known.id}).")
            return _job(known)

    def get(self, id: int) -> Job:
        """Return a job. Raises UnknownNameError."""
        with self._database.read() as connection:
            return _get(connection, id)

    def by_key(self, key: str) -> Job | None:
        """Return the job that was asked for with a key, None when nobody did."""
        with self._database.read() as connection:
            row = connection.execute(select(schema.jobs).where(_jobs.key == storable(key))).one_or_none()
            return None if row is None else _job(row)

    def list(self) -> JobList:
        """Return all jobs, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(schema.jobs).order_by(_jobs.id.desc()))
            return [_job(row) for row in rows]

    def any(self, state: State) -> bool:
        """Tell whether any job is in this state."""
        with self._database.read() as connection:
            query = select(_jobs.id).where(_jobs.state == state).limit(1)
            return connection.execute(query).scalar_one_or_none() is not None

    def line(self) -> JobList:
        """Return what is at work and then all that is queued, in the order in which they are taken."""
        with self._database.read() as connection:
            query = select(schema.jobs).where(_jobs.state.in_(("running", "queued")))
            rows = connection.execute(query.order_by(_jobs.state.desc(), *_TURN))  # running first
            return [_job(row) for row in rows]

    def before(self, job: Job) -> JobList:
        """Return the jobs that a running one has to let pass, at work or queued: none but for MEANWHILE_VERBS."""
        if job.verb not in MEANWHILE_VERBS:
            return []
        behind = MEANWHILE_VERBS[MEANWHILE_VERBS.index(job.verb) :]
        return [one for one in self.line() if one.verb not in behind]

    def claim(self, worker: str) -> Job | None:
        """Take the oldest job that is queued, short ones first and last those that nobody asked for."""
        with self._database.write() as connection:
            query = select(_jobs.id).where(_jobs.state == "queued").order_by(*_TURN).limit(1)
            id = connection.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
            if id is None:
                return None
            beginning = {
                "state": "running",
                "worker": storable(worker),
                "attempt": _jobs.attempt + 1,
                "cancel_requested": 0,
                "started_at": now(),
                "finished_at": None,
                "heartbeat_at": time.time(),
                "message": "",
                "result": None,
            }
            connection.execute(update(schema.jobs).where(_jobs.id == id).values(beginning))
            return _get(connection, id)

    def heartbeat(
        self, job: Job, done: int | None = None, total: int | None = None, what: str | None = None
    ) -> Job:
        """Say that the work goes on, and how far it is; return the job as it is now.

        A worker looks at `cancel_requested` of what is returned. Raises StoreError when the attempt
        is over.
        """
        progress = {"done": done, "total": total, "what": what}
        news = {name: value for name, value in progress.items() if value is not None}
        return self._change(job, heartbeat_at=time.time(), **news)

    def finish(self, job: Job, result: Mapping[str, Any]) -> Job:
        """End the attempt with its result. Raises StoreError when it is over already."""
        text = to_json(dict(result), where=f"result of job {job.id}")
        return self._change(job, state="done", finished_at=now(), result=text)

    def fail(self, job: Job, message: str) -> Job:
        """End the attempt without a result. Raises StoreError when it is over already."""
        return self._change(job, state="failed", finished_at=now(), message=_readable(message))

    def stop(self, job: Job, state: Literal["cancelled", "interrupted"], message: str) -> Job:
        """End the attempt from outside. Raises StoreError when it is over already."""
        return self._change(job, state=state, finished_at=now(), message=_readable(message))

    def cancel(self, id: int) -> Job:
        """Cancel what is queued, or ask the worker to stop what is running.

        Raises InputError for a job that has ended.
        """
        with self._database.write() as connection:
            job = _get(connection, id)
            if job.state not in ("queued", "running"):
                raise InputError(f"The job {id} is {job.state}; there is nothing to cancel.")
            news: dict[str, Any] = {"cancel_requested": 1}
            if job.state == "queued":
                news |= {"state": "cancelled", "finished_at": now()}
            connection.execute(update(schema.jobs).where(_jobs.id == id).values(news))
            return _get(connection, id)

    def resume(self, id: int) -> Job:
        """Queue a job again that failed, was cancelled or interrupted. Raises InputError for others."""
        with self._database.write() as connection:
            job = _get(connection, id)
            if job.state not in RESUMABLE:
                raise InputError(
                    f"The job {id} is {job.state} and cannot be resumed.",
                    hint=f"Only jobs that are {', '.join(RESUMABLE)} can.",
                )
            news = {"state": "queued", "cancel_requested": 0, "finished_at": None, "message": ""}
            connection.execute(update(schema.jobs).where(_jobs.id == id).values(news))
            return _get(connection, id)

    def recover(self, stale_after: float = STALE_SECONDS) -> JobList:
        """Mark running jobs without a heartbeat for `stale_after` seconds as interrupted.

        With 0, all running ones: for a worker that has just got the project's lock and so knows that
        no other is alive. A heartbeat from the future (the clock was set back) counts as fresh.
        """
        with self._database.write() as connection:
            query = select(_jobs.id).where(_jobs.state == "running")
            if stale_after > 0:
                query = query.where(_jobs.heartbeat_at < time.time() - stale_after)
            ids = list(connection.execute(query).scalars())
            news = {
                "state": "interrupted",
                "finished_at": now(),
                "message": "The process that worked on it is gone.",
            }
            connection.execute(update(schema.jobs).where(_jobs.id.in_(ids)).values(news))
            return [_get(connection, id) for id in ids]

    def _change(self, job: Job, **news: object) -> Job:
        with self._database.write() as connection:
            this_attempt = (_jobs.id == job.id) & (_jobs.attempt == job.attempt) & (_jobs.state == "running")
            changed = connection.execute(update(schema.jobs).where(this_attempt).values(**news))
            if changed.rowcount != 1:
                state = _get(connection, job.id).state
                raise StoreError(
                    f"Attempt {job.attempt} of job {job.id} is over; the job is {state}.",
                    hint="Another process decided on it; this one must stop.",
                )
            return _get(connection, job.id)


def _readable(message: str) -> str:
    """A message must be storable whatever a library put into it."""
    return message.replace("\0", "�").encode("utf-8", "replace").decode()


def _get(connection: Connection, id: int) -> Job:
    row = connection.execute(select(schema.jobs).where(_jobs.id == id)).one_or_none()
    if row is None:
        known = connection.execute(select(_jobs.id).order_by(_jobs.id.desc()).limit(20)).scalars()
        raise UnknownNameError("job", str(id), map(str, known))
    return _job(row)


def _job(row: AnyRow) -> Job:
    values = dict(row._mapping)
    values["arguments"] = from_json(row.arguments)
    values["result"] = None if row.result is None else from_json(row.result)
    values["cancel_requested"] = bool(row.cancel_requested)
    return Job(**values)
