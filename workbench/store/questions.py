"""Questions and the facts that changed their labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Connection, insert, select

from workbench.domain.annotations import Annotation, now
from workbench.domain.questions import LabelChange, Question, label_now, labels_after
from workbench.errors import InputError, UnknownNameError
from workbench.store import schema
from workbench.store.values import from_json, to_json


@dataclass(frozen=True)
class AskedQuestion:
    """A question as it was first asked, its row number, and every change of its labels since."""

    number: int
    first: Question
    changes: tuple[LabelChange, ...] = ()

    @cached_property
    def today(self) -> Question:
        """The question with the labels it has now."""
        return replace(
            self.first,
            labels=labels_after(self.first.labels, self.changes),
            label_version=len(self.changes),
        )

    def labels_at(self, version: int) -> frozenset[str]:
        """Return the labels after the first `version` changes. Raises InputError for no such version."""
        if not 0 <= version <= len(self.changes):
            raise InputError(
                f"The question '{self.first.name}' has label versions 0 to {len(self.changes)}, "
                f"not {version}."
            )
        return self._labels_by_version[version]

    @cached_property
    def _labels_by_version(self) -> list[frozenset[str]]:
        labels = self.first.labels
        found = [frozenset(labels)]
        for change in self.changes:
            labels = labels_after(labels, [change])
            found.append(frozenset(labels))
        return found

    @cached_property
    def labels_ever(self) -> frozenset[str]:
        """Every label that the question has or had."""
        return frozenset().union(*self._labels_by_version)

    def follow(self, annotation: Annotation) -> Annotation | None:
        """Say an annotation in today's labels; None when it has to be given again.

        Labels that were merged become one; a split or retired label sends the whole answer back.
        """
        since = self.changes[annotation.label_version :]
        if not since:
            return annotation
        used = {*annotation.labels, *(span.label for span in annotation.spans)}
        today = {label: label_now(label, since) for label in used}
        if None in today.values():
            return None
        return replace(
            annotation,
            labels=tuple(dict.fromkeys(today[label] or "" for label in annotation.labels)),
            spans=tuple(replace(span, label=today[span.label] or "") for span in annotation.spans),
            label_version=len(self.changes),
        )


def load(connection: Connection) -> dict[str, AskedQuestion]:
    """Return all questions by name, in the order in which they were added."""
    facts = select(schema.label_changes).order_by(
        schema.label_changes.c.question, schema.label_changes.c.version
    )
    changes: dict[int, list[LabelChange]] = {}
    for row in connection.execute(facts):
        change = LabelChange(
            row.action, tuple(from_json(row.labels_before)), tuple(from_json(row.labels_after))
        )
        changes.setdefault(row.question, []).append(change)
    found = {}
    for row in connection.execute(select(schema.questions).order_by(schema.questions.c.number)):
        first = Question(
            row.name,
            row.kind,
            tuple(from_json(row.first_labels)),
            overlap=row.overlap,
            overlap_share=row.overlap_share,
        )
        found[row.name] = AskedQuestion(row.number, first, tuple(changes.get(row.number, ())))
    return found


def get(connection: Connection, name: str) -> AskedQuestion:
    """Return one question. Raises UnknownNameError."""
    found = load(connection)
    if name not in found:
        raise UnknownNameError("question", name, found)
    return found[name]


def add(connection: Connection, question: Question) -> AskedQuestion:
    """Add a question with the labels it has. Raises InputError when its name is taken."""
    known = load(connection)
    if question.name in known:
        raise InputError(f"The project already asks a question '{question.name}'.")
    number = max((asked.number for asked in known.values()), default=0) + 1
    row = {
        "number": number,
        "name": question.name,
        "kind": question.kind,
        "first_labels": to_json(question.labels, where=f"question {question.name}"),
        "overlap": question.overlap,
        "overlap_share": question.overlap_share,
        "created_at": now(),
    }
    connection.execute(insert(schema.questions), row)
    return AskedQuestion(number, replace(question, label_version=0))


def change_labels(connection: Connection, name: str, change: LabelChange) -> AskedQuestion:
    """Append a change. Raises InputError when it does not fit the labels of today."""
    asked = get(connection, name)
    changed = replace(asked, changes=(*asked.changes, change))
    row = {
        "question": asked.number,
        "version": changed.today.label_version,
        "action": change.action,
        "labels_before": to_json(change.before, where=f"question {name}"),
        "labels_after": to_json(change.after, where=f"question {name}"),
        "created_at": now(),
    }
    connection.execute(insert(schema.label_changes), row)
    return changed


def extend(connection: Connection, name: str, labels: Iterable[str]) -> AskedQuestion:
    """Add those labels that the question does not have, in their order, as one change."""
    asked = get(connection, name)
    fresh = tuple(label for label in dict.fromkeys(labels) if label not in asked.today.labels)
    return change_labels(connection, name, LabelChange("add", (), fresh)) if fresh else asked
