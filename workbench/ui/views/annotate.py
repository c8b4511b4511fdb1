"""The page on which documents are labelled."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

import streamlit as st

from workbench.domain.questions import Question
from workbench.ui.answers import Receipt, record_answers
from workbench.ui.choices import choose_annotator, choose_project, choose_question
from workbench.ui.components.labeler.component import labeler
from workbench.ui.messages import errors_shown, show_error
from workbench.ui.projects import open_shared
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import QueuedDocument, queue_documents
from workbench.usecases.show_progress import question_progress

QUEUE = 20
REFILL = 10  # documents left in the browser at which the next ones are sent
CARD = "labeler"


@dataclass(frozen=True, slots=True)
class Queue:
    """The documents that were sent last; `version` changes with them.

    When the browser runs short, `showing` names the documents that it keeps nevertheless.
    """

    task: tuple[str, str, str]
    version: str
    documents: tuple[QueuedDocument, ...]
    n_answered: int
    n_pool: int
    is_short: bool = False
    showing: tuple[str, ...] = ()


def show() -> None:
    """Show the page."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        project = choose_project()
        question = choose_question(project)
        annotator = choose_annotator()
    if not question.labels:
        st.info(
            f"The question {question.name} has no labels yet: import labelled documents, or make the "
            "project with a file of labels (`workbench init --labels`).",
            icon=":material/label_off:",
        )
        return
    # The card is new: what the last one was sent may be answered by now.
    for name in ("queue", "receipt"):
        st.session_state.pop(name, None)
    label_documents(project.name, question.name, annotator)


@st.fragment
def label_documents(project_name: str, question_name: str, annotator: str) -> None:
    """Show the card; each sending of answers runs this function alone."""
    with errors_shown():
        project = open_shared(project_name)
        question = project.store.question(question_name)
        queue = current_queue(project, question, annotator)
        receipt: Receipt = st.session_state.get("receipt", Receipt())
        if receipt.error is not None:
            show_error(receipt.error)
        labeler(card_data(question, queue, receipt), key=CARD, on_submit=take_answers)


def take_answers() -> None:
    """Record what the browser sent and keep the receipt for the card."""
    sent: dict[str, Any] | None = st.session_state[CARD].submit
    if not sent:
        return
    st.session_state["receipt"] = record_answers(sent["answers"], open_shared)
    queue: Queue | None = st.session_state.get("queue")
    if queue is not None and [*queue.task] == sent["task"] and sent["n_left"] <= REFILL:
        st.session_state["queue"] = replace(queue, is_short=True, showing=tuple(sent["showing"]))


def current_queue(project: Project, question: Question, annotator: str) -> Queue:
    """Return the queue that the browser works on, or a new one when it runs short."""
    task = (project.name, question.name, annotator)
    queue: Queue | None = st.session_state.get("queue")
    if queue is None or queue.task != task:
        queue = fetch_queue(project, question, annotator, showing=())
    elif queue.is_short:
        queue = fetch_queue(project, question, annotator, showing=queue.showing)
    st.session_state["queue"] = queue
    return queue


def fetch_queue(project: Project, question: Question, annotator: str, *, showing: tuple[str, ...]) -> Queue:
    """Return the next documents and how far the pool is."""
    documents = queue_documents(project, question.name, annotator, n=QUEUE, showing=showing)
    progress = question_progress(project, question)
    task = (project.name, question.name, annotator)
    return Queue(task, uuid4().hex, tuple(documents), progress.n_answered, progress.n_pool)


def card_data(question: Question, queue: Queue, receipt: Receipt) -> dict[str, Any]:
    """Return what the card shows, as JSON values."""
    project, _, annotator = queue.task
    task = {"project": project, "question": question.name, "annotator": annotator}
    return {
        "task": {
            **task,
            "kind": question.kind,
            "labels": question.labels,
            "label_version": question.label_version,
        },
        "queue": {
            "version": queue.version,
            "documents": [asdict(document) for document in queue.documents],
            "n_answered": queue.n_answered,
            "n_pool": queue.n_pool,
        },
        "receipt": {
            # Equal data would not reach the card again.
            "number": uuid4().hex,
            "saved": receipt.saved,
            "refused": [asdict(refusal) for refusal in receipt.refused],
        },
    }
