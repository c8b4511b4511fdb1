"""What tasks say that was not recorded before: new answers, changed ones, and those that are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from workbench.domain.annotations import Annotation, derived_client_id, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.questions import LabelChange, label_now
from workbench.sources.label_studio.pulled import PulledTask
from workbench.sources.label_studio.tasks import RAW
from workbench.store.links import AnswerKey, LinkedTask, Taken
from workbench.usecases.label_studio.server import Server


class News:
    """What some tasks say that was not recorded before."""

    def __init__(self, server: Server, tasks: Sequence[PulledTask]) -> None:
        self.counts: Counter[str] = Counter()
        self._server = server
        self._tasks = tasks
        ids = [document_id(task) for task in tasks]
        self._of_files = server.links.documents_of_files([id for id in ids if id])
        self._last = server.links.last_answers([task.number for task in tasks])
        said = [a.client_id for task in tasks for a in _annotations(task)]
        self._recorded = server.links.known_client_ids(said)
        self._answers: dict[AnswerKey, str | None] = {}

    def taken(self) -> Taken:
        """Return documents with their new annotations, the tasks, and the newest answer of each key."""
        documents: dict[str, LabelledDocument] = {}
        for task in self._tasks:
            labelled = task.labelled
            if labelled is None:
                continue
            document = labelled.document
            if document.id in self._of_files:
                document = replace(document, layout=None)
            earlier = documents.get(document.id, LabelledDocument(document))
            news = tuple(self._news_of(task, labelled))
            documents[labelled.document.id] = replace(earlier, annotations=(*earlier.annotations, *news))
        imported = Imported((), tuple(documents.values()), ConversionReport("tasks"))
        tasks = [
            LinkedTask(task.number, document_id(task), _seen(task), overlap=task.overlap)
            for task in self._tasks
        ]
        return Taken(imported, tasks, self._answers)

    def _news_of(self, task: PulledTask, labelled: LabelledDocument) -> Iterator[Annotation]:
        said: dict[AnswerKey, list[Annotation]] = {}
        for annotation in sorted(labelled.annotations, key=_version):
            if annotation.status == "draft":
                if annotation.client_id not in self._recorded:
                    self.counts["draft"] += 1
                    yield annotation
            else:
                key = AnswerKey(task.number, annotation.question, annotation.annotator)
                said.setdefault(key, []).append(annotation)
        for key, theirs in said.items():
            yield from self._newest(key, theirs)
        for key in self._last.keys() - said.keys():
            # What was left out as wrong may be what its annotator says now: it takes nothing back.
            if key.task == task.number and key.annotator not in task.unreadable:
                self._answers[key] = None
                self.counts["withdrawn"] += 1
                yield withdrawal(self._server, key, labelled.document.id, self._last[key])

    def _newest(self, key: AnswerKey, annotations: Sequence[Annotation]) -> Iterator[Annotation]:
        """Yield what is new of one annotator's answers to one question, the one that holds last."""
        newest, last = annotations[-1], self._last.get(key)
        if newest.client_id == last:
            return
        self._answers[key] = newest.client_id
        status = "new" if last is None else "changed"
        self.counts["skipped" if newest.status == "skipped" else status] += 1
        yield from (a for a in annotations[:-1] if a.client_id not in self._recorded)
        if newest.client_id in self._recorded:
            # It holds again, because a later one was deleted: a fact of its own.
            newest = replace(newest, client_id=derived_client_id(newest.client_id, "again", now()))
        yield newest


def said_today(annotation: Annotation, labels: Sequence[str], changes: Sequence[LabelChange]) -> Annotation:
    """Return an answer with labels that were renamed or merged; one with other labels stays as it is."""
    today: dict[str, str] = {}
    for label in {*annotation.labels, *(span.label for span in annotation.spans)}:
        became = label if label in labels else label_now(label, changes)
        if became is None:
            return annotation
        today[label] = became
    return replace(
        annotation,
        labels=tuple(dict.fromkeys(today[label] for label in annotation.labels)),
        spans=tuple(replace(span, label=today[span.label]) for span in annotation.spans),
    )


def withdrawal(
    server: Server, key: AnswerKey, document_id: str, last: str, *, gone: Collection[int] = ()
) -> Annotation:
    """Return the fact that an annotator's answer is not there any more.

    When another task of the document, which is not `gone`, holds one of the same annotator, that one
    holds again.
    """
    other = server.links.standing_besides(key, document_id, {key.task, *gone})
    if other is not None:
        return replace(other, client_id=derived_client_id(other.client_id, "again", now()))
    client_id = derived_client_id(last, "gone", now())
    return Annotation(client_id, document_id, key.question, key.annotator, status="withdrawn")


def _annotations(task: PulledTask) -> tuple[Annotation, ...]:
    return task.labelled.annotations if task.labelled else ()


def document_id(task: PulledTask) -> str:
    """Return the id of a task's document, '' when nothing of the task can be used."""
    return task.labelled.document.id if task.labelled else ""


def _seen(task: PulledTask) -> str:
    """Return the version that was taken; one with problems counts as not seen, and is looked at again."""
    return "" if task.problems else task.updated_at


def _version(annotation: Annotation) -> tuple[str, int]:
    fields: Mapping[str, object] = (annotation.raw or {}).get(RAW, {}).get("fields", {})
    number = fields.get("id")
    return str(fields.get("updated_at") or annotation.created_at), number if isinstance(number, int) else 0
