"""Explain labels that a question does not declare: what became of them, or how to declare them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.conversion import Imported
from workbench.domain.questions import LabelChange, Question, label_now
from workbench.usecases.project import Project

NAMED_LABELS = 5


@dataclass(frozen=True, slots=True)
class UndeclaredLabel:
    """A label of a file that its question does not have: how often it is used, and what becomes of it.

    `today` is the label that it was renamed to or merged into, "" when there is none.
    """

    label: str
    n: int
    today: str
    fate: str


def undeclared_labels(project: Project, imported: Imported) -> tuple[UndeclaredLabel, ...]:
    """Return the labels of a file that the project's questions do not have, the most used first."""
    known = {question.name: question for question in project.store.questions()}
    found = [
        label
        for question in imported.questions
        if question.name in known
        for label in _undeclared(project, known[question.name], question, imported)
    ]
    return tuple(sorted(found, key=lambda label: (-label.n, label.label)))


def _undeclared(
    project: Project, question: Question, found: Question, imported: Imported
) -> list[UndeclaredLabel]:
    used: Counter[str] = Counter()
    for labelled in imported.documents:
        for answer in labelled.annotations:
            if answer.question == found.name:
                used.update([*answer.labels, *(span.label for span in answer.spans)])
    unknown = dict.fromkeys(label for label in (*found.labels, *used) if label not in question.labels)
    changes = project.store.label_changes(question.name)
    return [_explained(label, used[label], changes, declares=not question.labels) for label in unknown]


def _explained(label: str, n: int, changes: Sequence[LabelChange], *, declares: bool) -> UndeclaredLabel:
    said = fate_of(label, changes).removeprefix(f"'{label}' ")
    if not said:
        fate = (
            "becomes a label of the question"
            if declares
            else "was never declared: records with it cannot be taken"
        )
        return UndeclaredLabel(label, n, "", fate)
    return UndeclaredLabel(label, n, today_of(label, changes), said)


def today_of(label: str, changes: Sequence[LabelChange]) -> str:
    """Return the label that a former one was renamed to or merged into, "" when there is none.

    >>> today_of("x", [LabelChange("rename", ("x",), ("X",)), LabelChange("merge", ("X", "y"), ("z",))])
    'z'
    """
    places = [place for place, change in enumerate(changes) if label in change.before]
    return label_now(label, changes[places[-1] :]) or "" if places else ""


def explain_labels(project: Project, question: str, labels: Sequence[str]) -> str:
    """Return what to do about labels that a file has and the question does not."""
    changes = project.store.label_changes(question)
    former = [said for label in labels if (said := fate_of(label, changes))]
    fresh = [label for label in labels if not fate_of(label, changes)]
    parts = [
        f"{'; '.join(former[:NAMED_LABELS])}: write the labels of today into the file." if former else ""
    ]
    if fresh:
        added = " ".join(f"--add {shlex.quote(label)}" for label in fresh[:NAMED_LABELS])
        more = f" (and {len(fresh) - NAMED_LABELS} more)" if len(fresh) > NAMED_LABELS else ""
        parts.append(f"To declare: `workbench labels {project.name} --question {question} {added}`{more}.")
    return " ".join(part for part in parts if part)


def fate_of(label: str, changes: Sequence[LabelChange]) -> str:
    """Say what became of a label that is none any more, '' for one that never was.

    >>> fate_of("x", [LabelChange("rename", ("x",), ("X",))])
    "'x' was renamed to 'X'"
    """
    places = [place for place, change in enumerate(changes) if label in change.before]
    if not places:
        return ""
    since = changes[places[-1] :]
    action, after = since[0].action, ", ".join(f"'{new}'" for new in since[0].after)
    if action == "retire":
        return f"'{label}' was retired"
    if action == "split":
        return f"'{label}' was split into {after}"
    now = label_now(label, since)
    ended = f"'{now}'" if now else f"{after}, which is no label any more"
    return f"'{label}' was {'renamed to' if action == 'rename' else 'merged into'} {ended}"
