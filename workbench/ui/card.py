"""What the labelling card is told, as JSON values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from workbench.domain.annotations import Annotation
from workbench.domain.questions import Question
from workbench.domain.runs import Proposal
from workbench.domain.settings import QuestionSettings
from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.store.candidates import IN_IMPORT_ORDER
from workbench.store.desk import ALSO_OPEN
from workbench.ui.addresses import base_path
from workbench.ui.waking import wake_worker
from workbench.usecases.ask_first_batch import ask_first_batches
from workbench.usecases.live_troubles import order_told
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import (
    Decision,
    QueuedDocument,
    last_decisions,
    queue_documents,
    ranking,
)
from workbench.usecases.set_question import question_settings
from workbench.usecases.show_progress import n_answered

QUEUE = 20


def task_data(
    project: Project, questions: Sequence[Question], annotator: str, *, token: str
) -> dict[str, Any]:
    """Return what the card labels, as whom, where its requests go, and the token that they carry."""
    return {
        "address": f"{base_path()}/wb/labelling",
        "bulk": f"{base_path()}/bulk",
        "project": project.name,
        "annotator": annotator,
        "token": token,
        "questions": questions_data(project, [question.name for question in questions]),
    }


def questions_data(project: Project, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return these questions as they are today."""
    asked = {question.name: question for question in project.store.questions()}
    return [question_data(asked[name], question_settings(project, name)) for name in names]


def question_data(question: Question, settings: QuestionSettings) -> dict[str, Any]:
    """Return a question with the keys and colours of its labels."""
    return {
        "name": question.name,
        "kind": question.kind,
        "labels": question.labels,
        "label_version": question.label_version,
        "keys": settings.key_of(question.labels),
        "colours": dict(settings.colours),
    }


def queue_data(
    project: Project, names: Sequence[str], annotator: str, *, showing: Collection[str] = ()
) -> dict[str, Any]:
    """Lease and return the next documents, the last decisions, and how far the pool is.

    Where documents wait and nobody proposed a batch yet, the worker is asked for the first one.
    """
    # Before the documents: a batch that comes between the two is then noticed by the next receipt.
    now = ranking(project, names, annotator)
    documents = queue_documents(project, names, annotator, n=QUEUE, showing=showing)
    ranked = order_told(project, names)
    unranked = [name for name in names if name not in ranked]
    awaited = ask_first_batches(project, unranked) if documents and unranked else {}
    if awaited:
        wake_worker(project)
    answered, pool = n_answered(project, names)
    return {
        "ranking": now,
        "ranked": {**ranked, **awaited},
        "is_awaited": bool(awaited),
        "documents": [document_data(document) for document in documents],
        "decisions": [decision_data(d) for d in last_decisions(project, names, annotator)],
        "n_answered": answered,
        "n_pool": pool,
    }


def document_data(document: QueuedDocument) -> dict[str, Any]:
    """Return a document with the questions that it is asked, why, and what the model suggests."""
    return {
        "id": document.id,
        "text": document.text,
        "asked": list(document.reasons),
        "reasons": {name: reason_in_words(reason) for name, reason in document.reasons.items()},
        "suggestions": {name: suggestion_data(found) for name, found in document.suggestions.items()},
        "scopes": {name: one.scope for name, one in document.reasons.items() if one.scope is not None},
    }


def reason_in_words(proposal: Proposal) -> str:
    """Return why a document is asked, with its utility where it was ranked.

    >>> reason_in_words(Proposal("d1", 0.5, "smallest margin"))
    'smallest margin (utility 0.50)'
    """
    is_ranked = proposal.reason not in (IN_IMPORT_ORDER, ALSO_OPEN)
    return f"{proposal.reason} (utility {proposal.utility:.2f})" if is_ranked else proposal.reason


def suggestion_data(suggestion: Suggestion) -> dict[str, Any]:
    """Return a model's answer; spans in code points."""
    return {
        "run": suggestion.run,
        "labels": suggestion.labels,
        "likely": suggestion.likely,
        "spans": [
            {**span_data(span), "sureness": sure}
            for span, sure in zip(suggestion.spans, suggestion.sureness, strict=True)
        ],
    }


def decision_data(decision: Decision) -> dict[str, Any]:
    """Return a document with what was said of it."""
    return {
        "id": decision.id,
        "text": decision.text,
        "answers": {name: answer_data(a) for name, a in decision.answers.items()},
    }


def answer_data(annotation: Annotation) -> dict[str, Any]:
    """Return an answer; spans in code points."""
    return {
        "status": annotation.status,
        "labels": annotation.labels,
        "spans": [span_data(span) for span in annotation.spans],
        "scope": annotation.scope,
        "comment": annotation.comment,
        "flagged": annotation.flagged,
    }


def span_data(span: Span) -> dict[str, Any]:
    """Return a span in code points."""
    return {"start": span.start, "end": span.end, "label": span.label}
