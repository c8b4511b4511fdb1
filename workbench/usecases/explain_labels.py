"""Explain labels that a question does not declare: what became of them, or how to declare them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from workbench.domain.questions import LabelChange, label_now
from workbench.usecases.project import Project

NAMED_LABELS = 5


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
