"""How far the control part of a question is, and what was measured on it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.domain.questions import Question
from workbench.usecases.ask_for_work import jobs_of
from workbench.usecases.project import Project

VERB = "control"


@dataclass(frozen=True, slots=True)
class ControlState:
    """How many control documents there are and are answered; `going` is the number of the job that measures.

    `measured` is the result of the newest one that ended well (see `ControlReport.as_dict`), {} without.
    """

    n_documents: int
    n_answered: int
    going: int | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)


def control_state(project: Project, question: Question) -> ControlState:
    """Return how the control part of a question stands."""
    part = set(project.store.document_ids(part="control"))
    n_answered = len(part.intersection(project.store.answered_ids(question.name)))
    jobs = [
        job for job in jobs_of(project) if job.verb == VERB and job.arguments["question"] == question.name
    ]
    going = next((job.id for job in jobs if job.state in ("queued", "running", "failed")), None)
    done = next((job for job in jobs if job.state == "done"), None)
    if done is not None and going is not None and going < done.id:
        going = None
    return ControlState(len(part), n_answered, going, done.result or {} if done else {})
