"""A job in words and signs: what was asked, which step is at work, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from markupsafe import Markup

from workbench.domain.steps import STEPS, step_of
from workbench.store.jobs import Job

SILENT_SECONDS = 30.0
VERBS: Mapping[str, str] = {
    "train": "Training",
    "train-meanwhile": "Training meanwhile",
    "round": "Training, next batch",
    "distil": "Distillation",
    "export": "Export",
    "time-bundle": "Timing",
    "embed": "Vectors",
    "propose": "Next batch",
    "first-batch": "First batch",
    "control": "Control sample",
    "suggest": "Suggestions",
    "simulate": "Simulation",
    "publish": "Sending suggestions",
    "ls-push": "Sending documents",
    "ls-pull": "Fetching answers",
    "preview": "Preview of a file",
    "import": "Import",
    "analyse": "Analysis",
    "languages": "Languages",
    "find-issues": "Label issues",
    "score-pool": "Scores of the pool, to rank it live",
}


def verb_in_words(job: Job) -> str:
    """Return what kind of work a job is."""
    return VERBS.get(job.verb, job.verb)


def asked_in_words(job: Job) -> str:
    """Return what a job was asked with: question, learner, run, precision, whatever of these it has.

    >>> asked_in_words(Job(1, "export", {"question_name": "topic", "run_id": "topic-bert-1"}, "done"))
    'topic · topic-bert-1'
    """
    nested = (job.arguments.get("training"), job.arguments.get("ranking"))
    asked = dict(job.arguments)
    for part in nested:
        asked.update(part if isinstance(part, Mapping) else {})
    names = ("question", "question_name", "learner", "run_id", "precision", "bundle", "strategy")
    return " · ".join(str(asked[name]) for name in names if asked.get(name))


def result_in_words(job: Job) -> str:
    """Return what came of a job; "" before it is done."""
    result = job.result or {}
    found = []
    if "run" in result and job.verb != "export" and isinstance(result["run"], str):
        found.append(f"run {result['run']}")
    if isinstance(result.get("why"), str):
        what = "no batch was chosen" if job.verb == "first-batch" else "nothing was trained"
        found.append(f"{what}: {result['why']}")
    if "bundle" in result and isinstance(result["bundle"], str):
        found.append(f"bundle {PurePosixPath(result['bundle']).name}")
    if "n_issues" in result:
        found.append(f"disputed answers: {result['n_issues']:,}")
    if "n_proposed" in result:
        found.append(f"{result['n_proposed']:,} documents proposed")
    return ", ".join(found)


def seconds_taken(job: Job, now: datetime | None = None) -> float | None:
    """Return how many seconds the last attempt has run, or ran; None before it began."""
    if job.started_at is None or job.state == "queued":
        return None
    ended = datetime.fromisoformat(job.finished_at) if job.finished_at else now or datetime.now(UTC)
    return max(0.0, (ended - datetime.fromisoformat(job.started_at)).total_seconds())


def duration(seconds: float) -> str:
    """Return a time in the two units that matter.

    >>> duration(7.4), duration(72), duration(3720)
    ('7 s', '1 min 12 s', '1 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def wait_in_words(before: Sequence[Job]) -> str:
    """Return what a queued job waits for: the worker, which does one job of the project at a time.

    >>> training = Job(3, "train", {"question_name": "topic", "learner": "bert"}, "running")
    >>> wait_in_words([training]), wait_in_words([training, Job(4, "embed", {}, "queued")])
    ('waits for job 3, training topic · bert', 'waits for job 3, training topic · bert, and 1 more')
    >>> wait_in_words([])
    'waits for the worker'
    """
    if not before:
        return "waits for the worker"
    words = " ".join(filter(None, [verb_in_words(before[0]).lower(), asked_in_words(before[0])]))
    more = f", and {len(before) - 1:,} more" if len(before) > 1 else ""
    return f"waits for job {before[0].id}, {words}{more}"


def time_in_words(job: Job, now: datetime | None = None, *, before: Sequence[Job] = ()) -> str:
    """Return what a job waits for, how long it runs, or how long it took."""
    seconds = seconds_taken(job, now)
    if job.state == "queued":
        return wait_in_words(before)
    if seconds is None:
        return "never ran"
    return f"{'running for' if job.state == 'running' else 'ran'} {duration(seconds)}"


def silence(job: Job, now: float) -> float | None:
    """Return for how many seconds a running job gave no sign of life, when that is longer than it should."""
    if job.state != "running" or job.heartbeat_at is None or now - job.heartbeat_at < SILENT_SECONDS:
        return None
    return now - job.heartbeat_at


def steps_html(job: Job) -> Markup:
    """Return the named steps of a job: which are over, which is at work, and which are to come."""
    names = STEPS.get(job.verb, ())
    if not names or job.state == "queued":
        return Markup("")
    at_work, _ = step_of(job.what)
    place = names.index(at_work) if at_work in names else 0
    place = len(names) if job.state == "done" else place
    stopped = job.state not in ("running", "done")
    items = Markup("").join(_step(name, number - place, stopped) for number, name in enumerate(names))
    return Markup('<ol class="wb-steps" aria-label="Steps">{}</ol>').format(items)


def _step(name: str, distance: int, stopped: bool) -> Markup:
    if distance < 0:
        kind, sign, said = "over", "✓", "done"
    elif distance == 0:
        kind, sign, said = ("stopped", "✕", "stopped here") if stopped else ("now", "●", "at work")
    else:
        kind, sign, said = "to-come", "○", "to come"
    return Markup(
        '<li class="{}"><span aria-hidden="true">{}</span> {}<span class="wb-hidden">, {}</span></li>'
    ).format(kind, sign, name, said)
