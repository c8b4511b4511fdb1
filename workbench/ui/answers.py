"""Answers as the browser sends them, to annotations and the receipt for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, cast

from workbench.domain.annotations import Annotation, Scope, Status
from workbench.domain.spans import Span
from workbench.errors import InputError, WorkbenchError
from workbench.usecases.check_parts import check_parts
from workbench.usecases.project import Project
from workbench.usecases.record_annotations import record_annotations

STATUSES = ("answered", "skipped", "withdrawn")
MAX_COMMENT = 2_000
MAX_RUN = 200
MOST_SECONDS = 86_400.0  # a document that stood open over a weekend took a day
OLDEST = timedelta(days=7)  # an answer that waited longer in a browser counts from its arrival


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that can never be recorded, and why: the browser asks the document again."""

    client_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one sending: on disk, refused for good, or (`error`) to be sent again."""

    saved: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    error: WorkbenchError | None = None


def record_answers(sent: Sequence[Any], open_project: Callable[[str], Project]) -> Receipt:
    """Record answers in their order; those recorded before count as saved again.

    What can never be recorded is refused by its client id, and keeps no other from being recorded; what
    has none cannot be named: `error` says so. A store that refuses ends the work: what is in neither
    list is then to be sent again.
    """
    named = [answer for answer in sent if _has(answer, "client_id")]
    saved: list[str] = []
    refused: list[Refusal] = []
    try:
        for name, answers in groupby(named, key=lambda answer: answer.get("project")):
            _record_for(name, list(answers), open_project, saved, refused)
    except WorkbenchError as error:
        return Receipt(tuple(saved), tuple(refused), error)
    n_nameless = len(sent) - len(named)
    nameless = InputError(f"{n_nameless} answers without a client id were left out.") if n_nameless else None
    return Receipt(tuple(saved), tuple(refused), nameless)


def _record_for(
    name: Any,
    answers: Sequence[Any],
    open_project: Callable[[str], Project],
    saved: list[str],
    refused: list[Refusal],
) -> None:
    """Record the answers for one project, or refuse all of them when there is no such project."""
    try:
        project = open_project(_text({"project": name}, "project"))
    except InputError as error:  # no such project, or not any more
        refused += [Refusal(answer["client_id"], str(error)) for answer in answers]
    else:
        _record(project, answers, saved, refused)


def _record(project: Project, answers: Sequence[Any], saved: list[str], refused: list[Refusal]) -> None:
    """Record the answers at once; when one cannot be recorded, each by itself."""
    try:
        annotations = [annotation_from(answer) for answer in answers]
        check_parts(project, annotations)
        record_annotations(project, annotations)
        saved += [annotation.client_id for annotation in annotations]
    except InputError:
        for answer in answers:
            _record_one(project, answer, saved, refused)


def _record_one(project: Project, answer: Any, saved: list[str], refused: list[Refusal]) -> None:
    client_id = _text(answer, "client_id")
    try:
        annotation = annotation_from(answer)
        check_parts(project, [annotation])
        record_annotations(project, [annotation])
    except InputError as error:
        refused.append(Refusal(client_id, str(error)))
    else:
        saved.append(client_id)


def annotation_from(answer: Mapping[str, Any]) -> Annotation:
    """Read one answer. Raises InputError when it is not what the labeller sends.

    `suggested_by` is the run whose answer was on the screen: a primed answer can be told from others.
    `at` is when it was given (ISO 8601, UTC): it may have waited in the browser while the server was away.
    """
    status = _text(answer, "status")
    if status not in STATUSES:
        raise InputError(f"An answer of the browser cannot be '{status}'.")
    try:
        labels = tuple(str(label) for label in answer["labels"])
        spans = tuple(
            Span(int(span["start"]), int(span["end"]), str(span["label"]), str(span["covered"]))
            for span in answer["spans"]
        )
        label_version, seconds = int(answer["label_version"]), float(answer["seconds"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(f"An answer of the browser is not readable: {error!r}.") from error
    if not (math.isfinite(seconds) and seconds >= 0):
        raise InputError(f"An answer of the browser cannot have taken {seconds} seconds.")
    run = str(answer.get("suggested_by") or "")
    if len(run) > MAX_RUN:
        raise InputError(f"The name of a run has at most {MAX_RUN} characters.")
    return Annotation(
        client_id=_text(answer, "client_id"),
        document_id=_text(answer, "document_id"),
        question=_text(answer, "question"),
        annotator=_text(answer, "annotator"),
        labels=labels,
        spans=spans,
        status=cast(Status, status),
        scope=_scope(answer.get("scope")),
        label_version=label_version,
        created_at=given_at(answer.get("at"), datetime.now(UTC)),
        seconds=min(seconds, MOST_SECONDS),
        comment=str(answer.get("comment") or "")[:MAX_COMMENT],
        raw={"suggested_by": run} if run else None,
        flagged=answer.get("flagged") is True,
    )


def _scope(said: Any) -> Scope | None:
    """Read the ranges that an answer is about, in code points; None for the whole text."""
    if said is None:
        return None
    try:
        return tuple((int(start), int(end)) for start, end in said)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"A scope of the browser is not readable: {error!r}.") from error


def given_at(said: Any, arrived: datetime) -> str:
    """Return when an answer was given, in UTC: as the browser says, if that can be true, else its arrival."""
    at = arrived
    if isinstance(said, str):
        try:
            read = datetime.fromisoformat(said)
        except ValueError:
            read = arrived
        if read.tzinfo is not None and arrived - OLDEST <= read <= arrived:
            at = read.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


def _has(answer: Any, name: str) -> bool:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return isinstance(value, str) and value != ""


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(value, str) or not value:
        raise InputError(f"An answer of the browser has no '{name}'.")
    return value
