"""The next documents for an annotator, each with the questions that it is asked, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from workbench.domain.annotations import Annotation
from workbench.domain.runs import Batch, Proposal, is_live_run
from workbench.domain.suggestions import Suggestion
from workbench.store.desk import Desk
from workbench.store.settings import Settings
from workbench.store.suggestions import Suggestions
from workbench.usecases.project import Project

CONTROL_STRATEGIES = ("random",)  # a control sample must not be primed
N_DECISIONS = 10


@dataclass(frozen=True, slots=True)
class QueuedDocument:
    """A document to ask about: for each question why it is asked now, and what a model would answer."""

    id: str
    text: str
    reasons: MappingProxyType[str, Proposal]
    suggestions: MappingProxyType[str, Suggestion]


@dataclass(frozen=True, slots=True)
class Decision:
    """One of an annotator's last decisions: the document with what was said of it, by question."""

    id: str
    text: str
    answers: MappingProxyType[str, Annotation]


def queue_documents(
    project: Project,
    question_names: Sequence[str],
    annotator: str,
    *,
    n: int = 20,
    showing: Collection[str] = (),
) -> list[QueuedDocument]:
    """Lease and return the next n documents, best first.

    Leases on documents that are no longer among them end, but for those that the annotator sees just
    now (`showing`). Suggestions are those of the newest model; none come with a control sample, and none
    where the question's settings hide them. Raises UnknownNameError.
    """
    asked = Desk(project.store, annotator).lay_out(question_names, n, keep=showing)
    texts = {d.id: d.text for d in project.store.documents(ids=[one.document_id for one in asked])}
    shown = {
        name: suggestions_for(project, name, [one.document_id for one in asked if name in one.reasons])
        for name in question_names
    }
    return [
        QueuedDocument(
            one.document_id,
            texts[one.document_id],
            one.reasons,
            MappingProxyType(
                {name: shown[name][one.document_id] for name in one.reasons if one.document_id in shown[name]}
            ),
        )
        for one in asked
    ]


def suggestions_for(project: Project, question: str, ids: Sequence[str]) -> dict[str, Suggestion]:
    """Return what may be shown of the model's answers to these documents, by id."""
    if not ids or not shows_suggestions(project, question):
        return {}
    found = Suggestions(project.store).of(question, ids)
    of_sample = control_sample(project, question, list(found)) if found else set()
    return {id: suggestion for id, suggestion in found.items() if id not in of_sample}


def shows_suggestions(project: Project, question: str) -> bool:
    """Tell whether the question's settings let annotators see what a model suggests."""
    return Settings(project.store).of(question).suggests


def control_sample(project: Project, question: str, ids: Sequence[str] | None = None) -> set[str]:
    """Return which of these documents (of all) chance drew to measure: the control part, and a random batch.

    Whatever brings such a document on a screen, nobody may be primed there.
    """
    of_part = {document.id for document in project.store.documents(part="control", ids=ids)}
    return of_part | Suggestions(project.store).drawn_by(question, CONTROL_STRATEGIES, ids)


def last_decisions(project: Project, question_names: Sequence[str], annotator: str) -> list[Decision]:
    """Return the annotator's last ten decisions, newest first."""
    answers: dict[str, dict[str, Annotation]] = {}
    for annotation in Desk(project.store, annotator).last_decisions(question_names, N_DECISIONS):
        answers.setdefault(annotation.document_id, {})[annotation.question] = annotation
    found = project.store.documents(ids=list(answers))
    return [Decision(d.id, d.text, MappingProxyType(answers[d.id])) for d in found]


def ranking(project: Project, question_names: Sequence[str], annotator: str) -> str:
    """Return what changes when a question is ranked anew."""
    return Desk(project.store, annotator).ranking(question_names)


def ranked_by(project: Project, question_names: Sequence[str]) -> dict[str, str]:
    """Return in words who put the documents in order, for each question for which somebody did."""
    found = {name: project.store.latest_batch(name) for name in question_names}
    return {name: order_in_words(batch) for name, batch in found.items() if batch is not None}


def order_in_words(batch: Batch) -> str:
    """Return who ranked a batch. The seed of a live one is the number of answers it was ranked after.

    >>> order_in_words(Batch("b", "topic", "auto", 125, (), "topic-live-0123456789ab"))
    'ranked live after 125 answers (auto, topic-live-0123456789ab)'
    >>> order_in_words(Batch("b", "topic", "margin", 0, (), "topic-bert-1"))
    'ranked by topic-bert-1 (margin)'
    >>> order_in_words(Batch("b", "topic", "random", 0, ()))
    'chosen by random'
    """
    if batch.run is None:
        return f"chosen by {batch.strategy}"
    if is_live_run(batch.question, batch.run):
        return f"ranked live after {batch.seed:,} answers ({batch.strategy}, {batch.run})"
    return f"ranked by {batch.run} ({batch.strategy})"
