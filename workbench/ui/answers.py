"""Answers as the browser sends them, to annotations and the receipt for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from workbench.domain.annotations import Annotation, Status
from workbench.domain.spans import Span
from workbench.errors import InputError, WorkbenchError
from workbench.usecases.project import Project
from workbench.usecases.record_annotations import record_annotations

STATUSES = ("answered", "skipped", "withdrawn")
MAX_COMMENT = 2_000


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

    A store that refuses ends the work: what is in neither list is to be sent again.
    """
    saved: list[str] = []
    refused: list[Refusal] = []
    try:
        for name, answers in groupby(sent, key=lambda answer: _text(answer, "project")):
            _record(open_project(name), list(answers), saved, refused)
    except WorkbenchError as error:
        return Receipt(tuple(saved), tuple(refused), error)
    return Receipt(tuple(saved), tuple(refused))


def _record(project: Project, answers: Sequence[Any], saved: list[str], refused: list[Refusal]) -> None:
    """Record the answers at once; when one cannot be recorded, each by itself."""
    try:
        annotations = [annotation_from(answer) for answer in answers]
        record_annotations(project, annotations)
        saved += [annotation.client_id for annotation in annotations]
    except InputError:
        for answer in answers:
            _record_one(project, answer, saved, refused)


def _record_one(project: Project, answer: Any, saved: list[str], refused: list[Refusal]) -> None:
    client_id = _text(answer, "client_id")
    try:
        record_annotations(project, [annotation_from(answer)])
    except InputError as error:
        refused.append(Refusal(client_id, str(error)))
    else:
        saved.append(client_id)


def annotation_from(answer: Mapping[str, Any]) -> Annotation:
    """Read one answer. Raises InputError when it is not what the labeller sends.

    `suggested_by` is the run whose answer was on the screen: a primed answer can be told from others.
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
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"An answer of the browser is not readable: {error!r}.") from error
    run = str(answer.get("suggested_by") or "")
    return Annotation(
        client_id=_text(answer, "client_id"),
        document_id=_text(answer, "document_id"),
        question=_text(answer, "question"),
        annotator=_text(answer, "annotator"),
        labels=labels,
        spans=spans,
        status=cast(Status, status),
        label_version=label_version,
        seconds=seconds,
        comment=str(answer.get("comment") or "")[:MAX_COMMENT],
        raw={"suggested_by": run} if run else None,
        flagged=answer.get("flagged") is True,
    )


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(value, str) or not value:
        raise InputError(f"An answer of the browser has no '{name}'.")
    return value
