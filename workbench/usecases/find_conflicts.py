"""Which documents want a lead's decision: annotators answered differently, or one asked for a second look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.annotations import Annotation
from workbench.domain.spans import Span
from workbench.store.teamwork import Teamwork
from workbench.usecases.collect_examples import disagree
from workbench.usecases.project import Project


@dataclass(frozen=True, slots=True)
class Conflict:
    """A document with what each annotator said about it, in order of recording, skips too.

    `settled` is the deciding answer, None while there is none.
    """

    document_id: str
    annotations: tuple[Annotation, ...]
    settled: Annotation | None

    @property
    def differ(self) -> bool:
        """Whether annotators answered differently."""
        return disagree(self.annotations)

    @property
    def flagged_by(self) -> tuple[str, ...]:
        """Who asked for a second look."""
        return tuple(a.annotator for a in self.annotations if a.flagged)

    @property
    def answers(self) -> tuple[Annotation, ...]:
        """What annotators answered, without skips."""
        return tuple(a for a in self.annotations if a.counts)


def find_conflicts(project: Project, question: str) -> list[Conflict]:
    """Return every conflict of a question, settled or not, in import order of the documents."""
    teamwork = Teamwork(project.store)
    by_document: dict[str, list[Annotation]] = {}
    for annotation in teamwork.shared(question):
        by_document.setdefault(annotation.document_id, []).append(annotation)
    wanted = [id for id, given in by_document.items() if disagree(given) or any(a.flagged for a in given)]
    settled = teamwork.settled(question, wanted)
    return [Conflict(id, tuple(by_document[id]), settled.get(id)) for id in wanted]


def open_conflicts(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Return those that nobody settled."""
    return [conflict for conflict in conflicts if conflict.settled is None]


def marked_spans(annotations: Sequence[Annotation]) -> tuple[Span, ...]:
    """Return every span that anybody marked, once, in text order."""
    return tuple(sorted({span for annotation in annotations for span in annotation.spans}))


def find_words(text: str, words: str) -> list[int]:
    """Return where words start in a text, in order, also where they overlap; nowhere when there are none.

    >>> find_words("anana", "ana"), find_words("anana", "")
    ([0, 2], [])
    """
    return [start for start in range(len(text)) if text.startswith(words, start)] if words else []


def majority_spans(answers: Sequence[Annotation]) -> tuple[Span, ...]:
    """Return the spans that more than half of the annotators marked, in text order."""
    votes = Counter(span for answer in answers for span in set(answer.spans))
    return tuple(sorted(span for span, n in votes.items() if 2 * n > len(answers)))
