"""Who answered when, in Label Studio's words and in ours.

What an annotation of ours says that Label Studio has no field for (its client id, comment, scope and
label version, and each question's own time) travels in the field `workbench` of the annotation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast, get_args

from workbench.domain.annotations import Annotation, Scope, Status
from workbench.sources.label_studio.findings import Findings

FIELD = "workbench"


@dataclass(frozen=True, slots=True)
class Facts:
    """Who said when: all of an annotation but what it is about and what it answers."""

    client_id: str
    created_at: str
    status: Status
    seconds: float | None = None
    comment: str = ""
    scope: Scope | None = None
    label_version: int = 0


def facts_of(annotation: Annotation) -> dict[str, Any]:
    """Return the facts of an annotation as JSON values."""
    return {
        "client_id": annotation.client_id,
        "created_at": annotation.created_at,
        "status": annotation.status,
        "seconds": annotation.seconds,
        "comment": annotation.comment,
        "scope": None if annotation.scope is None else [list(part) for part in annotation.scope],
        "label_version": annotation.label_version,
    }


def read_facts(value: Any, findings: Findings) -> Mapping[str, Facts] | None:
    """Return the facts by question; None without the field, or with one that somebody damaged."""
    if value is None:
        return None
    found = {}
    for question, said in value.items() if isinstance(value, dict) else [("", None)]:
        facts = _facts(said) if isinstance(said, dict) else None
        if facts is None:
            findings.warn(f"the field '{FIELD}' is damaged and was not used")
            return None
        found[question] = facts
    return found


def _facts(said: Mapping[str, Any]) -> Facts | None:
    scope, version, seconds = said.get("scope"), said.get("label_version"), said.get("seconds")
    texts = [said.get(key) for key in ("client_id", "created_at", "status", "comment")]
    if not all(isinstance(text, str) for text in texts) or not all(texts[:2]):
        return None
    if said["status"] not in get_args(Status) or type(version) is not int:
        return None
    if seconds is not None and duration(seconds) is None:
        return None
    if scope is not None and not (isinstance(scope, list) and all(_is_range(part) for part in scope)):
        return None
    return Facts(
        said["client_id"],
        said["created_at"],
        cast(Status, said["status"]),
        seconds,
        said["comment"],
        None if scope is None else tuple((start, end) for start, end in scope),
        version,
    )


def _is_range(part: Any) -> bool:
    return isinstance(part, list) and len(part) == 2 and all(type(at) is int and at >= 0 for at in part)


def duration(value: Any) -> float | None:
    """Return a length of time in seconds, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return None
    return float(value)


def seconds_of(fields: Mapping[str, Any], findings: Findings) -> float | None:
    """Return how long an annotation took (`lead_time`), None when it does not say so sensibly."""
    said = fields.get("lead_time")
    if said is not None and duration(said) is None:
        findings.warn("a lead_time that is no duration was not used")
    return duration(said)


def time_of(fields: Mapping[str, Any], task: Mapping[str, Any], findings: Findings) -> str:
    """Return when an annotation was made, ISO 8601 in UTC; the task's time when it does not say.

    Empty when neither does. A time without a zone is taken for UTC, with a warning.
    """
    said = fields.get("created_at") or fields.get("updated_at")
    if not said:
        findings.warn("annotations without a time have that of their task, or of the import")
        said = task.get("created_at") or task.get("updated_at") or ""
    if said == "":
        return ""
    try:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None:
            findings.warn("times without a zone were taken for UTC")
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError):
        findings.refuse("bad-time", f"{str(said)[:60]!r} is no point in time (ISO 8601)")
        return ""


def annotator_of(said: Any, emails: Mapping[int, str], default: str, findings: Findings) -> str:
    """Return the name of an annotator out of `completed_by` or a draft's `user`.

    Label Studio gives a number or an object with an email; `emails` are those of the numbers that the
    file shows anywhere. A number without an email becomes `user-<number>`.
    """
    if isinstance(said, dict):
        if isinstance(said.get("email"), str) and said["email"]:
            return str(said["email"])
        said = said.get("id") if said.get("id") is not None else said.get("username")
    if said is None:
        return default
    if isinstance(said, str) and said:
        return said
    if type(said) is int:
        return emails.get(said, f"user-{said}")
    findings.refuse("bad-annotator", f"the annotator {str(said)[:60]!r} is no number, name or object")
    return default


def emails_of(tasks: list[Any]) -> dict[int, str]:
    """Return the email of each annotator whose number and email stand together in the file."""
    found: dict[int, str] = {}
    for task in tasks:
        annotations = task.get("annotations") or task.get("completions") if isinstance(task, dict) else None
        for annotation in annotations if isinstance(annotations, list) else []:
            user = annotation.get("completed_by") if isinstance(annotation, dict) else None
            number, email = (user.get("id"), user.get("email")) if isinstance(user, dict) else (None, None)
            if type(number) is int and isinstance(email, str) and email:
                found[number] = email
    return found
