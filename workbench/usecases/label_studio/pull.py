"""Take what was done in Label Studio: new tasks, and answers that were given, changed or taken back.

A server cannot be asked what was deleted, and drafts do not show among what changed. So there are two
ways to look: a quick one at the tasks that changed since the last time, and a whole one that compares
the numbers and times of all tasks with those that are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.ports import Progress, silent
from workbench.errors import GoneError, InputError, Problem, SourceError
from workbench.sources.label_studio.client import Fields
from workbench.sources.label_studio.pulled import LIGHT, PulledTask, read_pulled
from workbench.sources.label_studio.tasks import TaskReader
from workbench.store.links import LinkedTask, Taken
from workbench.usecases.label_studio.connect import overlap_of
from workbench.usecases.label_studio.news import News, document_id, said_today, withdrawal
from workbench.usecases.label_studio.server import (
    Server,
    ask_what_is_asked_there,
    emails_of_users,
    open_server,
    remember_sync,
)
from workbench.usecases.project import Project

# An annotation gets its time before others can see it: look back a little. A whole look finds the rest.
LOOK_BACK = timedelta(seconds=5)
AT_ONCE = 500
MOST_GONE = 20  # more, and more than half of all: that looks like another database, not like deletions
SUMMARY = "id,updated_at,total_annotations,cancelled_annotations"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(slots=True)
class PullReport:
    """What a synchronisation found and recorded.

    `answers_changed` were given anew by the same annotator, `withdrawn` are not there any more.
    `problems` name tasks and annotations that were left out; they are looked at again the next time.
    """

    tasks_seen: int = 0
    documents_new: int = 0
    tasks_gone: int = 0
    answers_new: int = 0
    answers_changed: int = 0
    withdrawn: int = 0
    skips: int = 0
    drafts: int = 0
    news: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def n_changes(self) -> int:
        """How much is recorded that was not before."""
        counts = (self.documents_new, self.tasks_gone, self.answers_new, self.answers_changed)
        return sum((*counts, self.withdrawn, self.skips, self.drafts, len(self.news)))


def pull_answers(
    project: Project, *, whole: bool = False, accept_deletions: bool = False, progress: Progress = silent
) -> PullReport:
    """Record what changed in Label Studio since the last time.

    With `whole`, also what was deleted, drafts, and whatever a quick look may have missed. Interrupted,
    it goes on from what was recorded. Raises RemoteError, and GoneError when more than half of the tasks
    vanished at once, unless `accept_deletions`.
    """
    with open_server(project) as server:
        return pull_from(server, whole=whole, accept_deletions=accept_deletions, progress=progress)


def pull_from(
    server: Server, *, whole: bool = False, accept_deletions: bool = False, progress: Progress = silent
) -> PullReport:
    """Pull over an open connection; see `pull_answers`."""
    pull = _Pull(server, progress)
    cursor = server.link.state.get("cursor")
    if whole or not cursor or _is_to_come(cursor, server.client.clock):
        pull.everything(accept_deletions=accept_deletions)
    else:
        pull.changes(datetime.fromisoformat(cursor))
    remember_sync(server, "pull", pull.report)
    return pull.report


class _Pull:
    """The state of one pull."""

    def __init__(self, server: Server, progress: Progress) -> None:
        self.report = PullReport()
        self._server = server
        self._progress = progress
        config = server.config
        if not config.controls:
            raise InputError(
                "The labelling config asks nothing that can be asked here any more.",
                where=server.link.name,
                hint="<Choices> and <Labels> about a <Text> are questions.",
            )
        overlap = overlap_of(server.remote)
        seen = {"label_config": server.remote["label_config"], "annotators": overlap[0]}
        if any(server.link.state.get(name) != value for name, value in seen.items()):
            server.remember(**seen)
        self.report.news += ask_what_is_asked_there(server.project, config, overlap=overlap)
        self._reader = TaskReader(config, "unknown", emails_of_users(server))
        self._known = server.links.tasks()
        store = server.project.store
        self._held_out = set(store.document_ids("held-out"))
        self._label_changes = {q.name: store.label_changes(q.name) for q in store.questions()}
        self._labels = {question.name: question.labels for question in store.questions()}
        self._until = self._seen_by_now()

    def _seen_by_now(self) -> str:
        """Return the moment of the server's clock up to which this pull sees every change.

        It is asked before anything is listed: what changes while pages come may be missed by this pull.
        A task that says it will be changed yet was changed before the clock was set back.
        """
        client = self._server.client
        newest = client.newest_change(self._server.link.remote_project)
        return client.clock.isoformat() if client.clock and _is_to_come(newest, client.clock) else newest

    def changes(self, since: datetime) -> None:
        """Take the tasks that changed since a moment of the server's clock."""
        value = (since - LOOK_BACK).astimezone(UTC).strftime(TIME_FORMAT)
        newer = {
            "filter": "filter:tasks:updated_at",
            "operator": "greater",
            "type": "Datetime",
            "value": value,
        }
        listed = self._listed(filters=[newer])
        self._take_news(listed, {task["id"] for task in listed if self._is_news(task)})
        self._advance()

    def everything(self, *, accept_deletions: bool) -> None:
        """Compare all tasks with those that are known, and take what differs, and all drafts."""
        client, number = self._server.client, self._server.link.remote_project
        listed = self._listed()
        drafted = {
            task["id"] for page in client.tasks(number, include="id", filters=[WITH_DRAFT]) for task in page
        }
        news = {task["id"] for task in listed if self._is_news(task)}
        self._take_news(listed, news | drafted, whole=drafted)
        self._lose({task["id"] for task in listed}, accept_deletions=accept_deletions)
        self._advance()

    def _listed(self, filters: Sequence[Fields] = ()) -> list[Fields]:
        """Return number, time and counts of tasks: what it takes to see which have to be fetched."""
        client, number = self._server.client, self._server.link.remote_project
        pages = client.tasks(number, include=SUMMARY, filters=filters)
        return [task for page in pages for task in page]

    def _take_news(self, listed: Sequence[Fields], news: set[int], *, whole: Collection[int] = ()) -> None:
        """Fetch the tasks that are news, and record them; those without annotations come without them."""
        with_annotations = {task["id"] for task in listed if _has_annotations(task)} | set(whole)
        client, number = self._server.client, self._server.link.remote_project
        n_done, heavy = 0, sorted(news & with_annotations)
        for some in _portions(sorted(news - with_annotations)):
            tasks = client.tasks_with_ids(number, some, include=LIGHT)
            # Somebody may have answered one since it was listed: that one has to come whole.
            heavy += [task["id"] for task in tasks if _has_annotations(task)]
            self._take([task for task in tasks if not _has_annotations(task)])
            n_done += len(some)
            self._progress(n_done, len(news), "taking tasks")
        for some in _portions(heavy):
            self._take(client.tasks_with_ids(number, some))
            n_done += len(some)
            self._progress(min(n_done, len(news)), len(news), "taking tasks")

    def _is_news(self, task: Fields) -> bool:
        known = self._known.get(task["id"])
        return known is None or known.is_gone or known.seen != task.get("updated_at")

    def _advance(self) -> None:
        if self._until != self._server.link.state.get("cursor", ""):
            self._server.remember(cursor=self._until)

    def _take(self, tasks: Sequence[Fields]) -> None:
        """Record some tasks in one transaction; those that contradict the project are left out."""
        pulled = [read_pulled(task, self._reader) for task in tasks]
        self.report.tasks_seen += len(pulled)
        usable = [task for task in map(self._fitted, pulled) if task is not None]
        while usable:
            news = News(self._server, usable)
            try:
                counts = self._server.links.take(self._server.link, news.taken())
            except SourceError as error:
                usable = self._without(usable, error.problems)
                continue
            self._count(usable, news)
            self.report.documents_new += counts.documents_new
            break

    def _fitted(self, task: PulledTask) -> PulledTask | None:
        """Return a task as it can be recorded here, None when it cannot; the report says why."""
        self.report.problems += task.problems
        labelled = task.labelled
        if labelled is None:
            return None
        document = labelled.document
        known = self._known.get(task.number)
        if known is not None and not known.is_gone and known.document_id != document.id:
            message = f"Its id was changed from '{known.document_id}' to '{document.id[:80]}'."
            self.report.problems.append(Problem("other-id", message, record=f"task {task.number}"))
            return None
        if document.id in self._held_out:
            document = replace(document, part="held-out")
            self.report.warnings[HELD_OUT] += len(labelled.annotations)
            return replace(task, labelled=LabelledDocument(document))
        said = [self._in_todays_labels(annotation) for annotation in labelled.annotations]
        answers = tuple(annotation for annotation in said if self._is_sayable(annotation, task))
        unreadable = task.unreadable | {a.annotator for a in said if a not in answers}
        problems = task.problems if len(answers) == len(said) else (*task.problems, RETIRED)
        labelled = LabelledDocument(document, answers)
        return replace(task, labelled=labelled, unreadable=unreadable, problems=problems)

    def _is_sayable(self, annotation: Annotation, task: PulledTask) -> bool:
        """Tell whether the labels of an answer exist today; if not, the report names them."""
        used = {*annotation.labels, *(span.label for span in annotation.spans)}
        unknown = sorted(used - set(self._labels.get(annotation.question, ())))
        if unknown:
            message = (
                f"{annotation.annotator} answers '{annotation.question}' with {', '.join(unknown)}, which was "
                "split or retired here."
            )
            self.report.problems.append(Problem("no-label", message, record=f"task {task.number}"))
        return not unknown

    def _in_todays_labels(self, annotation: Annotation) -> Annotation:
        """Say an answer in the labels of today when its labels were renamed or merged here only."""
        changes = self._label_changes.get(annotation.question, [])
        labels = self._labels.get(annotation.question, ())
        return said_today(annotation, labels, changes) if changes else annotation

    def _without(self, usable: list[PulledTask], problems: Sequence[Problem]) -> list[PulledTask]:
        """Leave out the tasks of documents with problems. Raises SourceError when it is none of them."""
        wrong = {problem.record: problem for problem in problems}
        left = [task for task in usable if document_id(task) not in wrong]
        if len(left) == len(usable):
            raise SourceError(self._server.link.name, problems)
        for task in usable:
            if (problem := wrong.get(document_id(task))) is not None:
                self.report.problems.append(replace(problem, record=f"task {task.number}"))
        return left

    def _count(self, usable: Sequence[PulledTask], news: News) -> None:
        self.report.answers_new += news.counts["new"]
        self.report.answers_changed += news.counts["changed"]
        self.report.withdrawn += news.counts["withdrawn"]
        self.report.skips += news.counts["skipped"]
        self.report.drafts += news.counts["draft"]
        for task in usable:
            self.report.warnings += task.warnings
            known = LinkedTask(task.number, document_id(task), task.updated_at, overlap=task.overlap)
            self._known[task.number] = known

    def _lose(self, listed: set[int], *, accept_deletions: bool) -> None:
        """Take back the answers of tasks that are not on the server any more."""
        here = {number for number, task in self._known.items() if not task.is_gone}
        missing = sorted(here - listed)
        if not missing:
            return
        client, number = self._server.client, self._server.link.remote_project
        still = {task["id"] for task in client.tasks_with_ids(number, missing, include="id")}
        gone = [task for task in missing if task not in still]
        if len(gone) > max(MOST_GONE, len(here) // 2) and not accept_deletions:
            raise GoneError(
                f"{len(gone):,} of {len(here):,} tasks are not on the server any more.",
                where=self._server.link.name,
                hint="Nothing was taken back. If they were deleted on purpose: "
                f"workbench label-studio pull {self._server.project.name} --whole --accept-deletions",
            )
        tasks = [replace_gone(self._known[task]) for task in gone]
        lost = self._server.links.last_answers(gone)
        documents = {task.task: task.document_id for task in tasks}
        withdrawn = [
            withdrawal(self._server, key, documents[key.task], last, gone=gone) for key, last in lost.items()
        ]
        by_document = _as_imported(self._server, withdrawn)
        self._server.links.take(self._server.link, Taken(by_document, tasks, dict.fromkeys(lost)))
        self.report.tasks_gone += len(gone)
        self.report.withdrawn += len(withdrawn)


RETIRED = Problem("no-label", "An answer with a label that was split or retired.")
HELD_OUT = "answers to held-out documents, whose gold stays as it is"
WITH_DRAFT = {"filter": "filter:tasks:draft_exists", "operator": "equal", "type": "Boolean", "value": True}


def replace_gone(task: LinkedTask) -> LinkedTask:
    """Return the task as one that is not on the server any more."""
    return task._replace(is_gone=True)


def _as_imported(server: Server, annotations: Sequence[Annotation]) -> Imported:
    by_document: dict[str, list[Annotation]] = {}
    for annotation in annotations:
        by_document.setdefault(annotation.document_id, []).append(annotation)
    documents = server.project.store.documents(ids=list(by_document))
    labelled = [LabelledDocument(document, tuple(by_document[document.id])) for document in documents]
    return Imported((), tuple(labelled), ConversionReport("tasks"))


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _has_annotations(task: Fields) -> bool:
    return bool(task.get("total_annotations") or task.get("cancelled_annotations"))


def _is_to_come(moment: str, clock: datetime | None) -> bool:
    """Tell whether a moment lies ahead of the server's clock, which was then set back since."""
    return bool(moment) and clock is not None and datetime.fromisoformat(moment) - LOOK_BACK > clock
