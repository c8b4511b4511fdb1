"""The settled answers of a question, followed while they come in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from workbench.domain.annotations import Annotation
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.store.answer_log import AnswerLog, Said
from workbench.store.queue import wanted_annotators
from workbench.usecases.collect_examples import example_of, settle
from workbench.usecases.project import Project


class LiveAnswers:
    """What was answered so far; `update` reads only what is new.

    `done` are the documents that were answered or skipped; `waiting` those of them that want another
    annotator; `sequence` is that of the newest annotation which is known.
    """

    def __init__(self, project: Project, question: Question) -> None:
        self.question = question
        self.done: set[str] = set()
        self.waiting: set[str] = set()
        self.sequence = 0
        self._project = project
        self._log = AnswerLog(project.store)
        self._order: dict[str, int] = {}
        self._settled: dict[str, Annotation] = {}

    def update(self) -> list[str]:
        """Take note of what is new, and return the documents that it is about, each once."""
        said = self._log.since(self.question.name, self.sequence)
        return self._note(said) if said else []

    def in_order(self) -> list[str]:
        """Return the documents that are done, by the newest word on each, oldest first."""
        return sorted(self.done, key=lambda document_id: self._order[document_id])

    def _note(self, said: list[Said]) -> list[str]:
        """Take note of these and of whatever is said while they are read: what is known is of one moment."""
        changed = list(dict.fromkeys(one.document_id for one in said))
        # Where everything is new, reading all is one statement.
        ids = changed if self.sequence else None
        newest = self._log.newest()
        by_document: dict[str, list[Annotation]] = {id: [] for id in changed}
        for annotation in self._project.store.current(self.question.name, ids):
            by_document.setdefault(annotation.document_id, []).append(annotation)
        for one in said:
            self._order[one.document_id] = one.sequence
        for document_id, said_of_it in by_document.items():
            self._take(document_id, said_of_it)
        self.sequence = said[-1].sequence
        if self._log.newest() == newest:
            return changed
        return list(dict.fromkeys([*changed, *self.update()]))

    def n_after(self, created_at: str) -> int:
        """Return how many answers and skips were given after a time, by their own clocks."""
        return sum(s.is_answer and s.created_at > created_at for s in self._log.since(self.question.name, 0))

    def examples(self, texts: Mapping[str, str]) -> list[Example]:
        """Return the settled answers of these documents, by the newest word on each, oldest first."""
        known = [document_id for document_id in self._settled if document_id in texts]
        known.sort(key=lambda document_id: self._order[document_id])
        return [example_of(texts[id], self._settled[id]) for id in known]

    def _take(self, document_id: str, annotations: Sequence[Annotation]) -> None:
        said = [annotation for annotation in annotations if annotation.status in ("answered", "skipped")]
        by = {annotation.annotator for annotation in said}
        _put(self.done, document_id, is_in=bool(said))
        wants_more = len(by) < wanted_annotators(self.question, document_id)
        _put(self.waiting, document_id, is_in=bool(said) and wants_more)
        chosen = settle(annotations)
        if chosen is None:
            self._settled.pop(document_id, None)
        else:
            self._settled[document_id] = chosen


def _put(where: set[str], document_id: str, *, is_in: bool) -> None:
    if is_in:
        where.add(document_id)
    else:
        where.discard(document_id)


def labels_met(examples: Collection[Example]) -> int:
    """Return how many labels are among the answers, or on their spans."""
    of_spans = {span.label for example in examples for span in example.spans}
    return len(of_spans.union(*(example.labels for example in examples)))
