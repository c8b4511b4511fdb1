"""The two requests of the labelling card: send answers, and give me the next documents.

They go past Streamlit: an answer is acknowledged without running a page. Both are POST requests with a JSON
object; what stands in front of them (`gate.py`) has checked who asks and that the page is ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.config import MEBIBYTE
from workbench.errors import InputError, UnknownNameError, WorkbenchError
from workbench.ui.answers import Receipt, record_answers
from workbench.ui.card import questions_data, queue_data
from workbench.ui.gate import visitor_of
from workbench.ui.projects import open_shared
from workbench.usecases.queue_documents import ranking

MAX_BODY = 16 * MEBIBYTE
MOST_SHOWING = 100
MOST_QUESTIONS = 100
Work: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]


async def send_answers(request: Request) -> Response:
    """Record `answers`, oldest first; the reply names those on disk (`saved`) and those `refused` for good.

    What is in neither is to be sent again; `error` then says why. `ranking` changes when the documents
    were ranked anew, `questions` when labels changed.
    """
    return await _reply(request, take_answers)


async def next_documents(request: Request) -> Response:
    """Lease and return the next documents of a `task` (project, questions, annotator).

    The leases of those on the screen (`showing`, ids) go on.
    """
    return await _reply(request, give_documents)


def take_answers(body: Mapping[str, Any]) -> dict[str, Any]:
    """Record what was sent and say what became of it."""
    answers = body.get("answers")
    if not isinstance(answers, list):
        raise InputError("A sending has a list of answers.")
    receipt: Receipt = record_answers(answers, open_shared)
    return {
        "saved": receipt.saved,
        "refused": [asdict(refusal) for refusal in receipt.refused],
        "error": str(receipt.error) if receipt.error is not None else "",
        **_task_today(body, is_receipt=bool(answers)),
    }


def _task_today(body: Mapping[str, Any], *, is_receipt: bool) -> dict[str, Any]:
    """Return ranking and questions of the task; nothing of one that is gone: the receipt must arrive all the same."""
    try:
        project, names, annotator = _task(body)
        return {
            "ranking": ranking(project, names, annotator),
            "questions": questions_data(project, names),
        }
    except InputError:
        if not is_receipt:
            raise
        return {"ranking": "", "questions": None}


def give_documents(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the queue of the task."""
    showing = body.get("showing", [])
    if not isinstance(showing, list) or len(showing) > MOST_SHOWING:
        raise InputError("`showing` is a list of document ids.")
    project, names, annotator = _task(body)
    known = set(project.store.document_ids(part="pool")) if showing else set()
    return queue_data(project, names, annotator, showing=[str(id) for id in showing if str(id) in known])


def _task(body: Mapping[str, Any]) -> tuple[Any, list[str], str]:
    task = body.get("task")
    if not isinstance(task, Mapping):
        raise InputError("A request of the card has a task.")
    names, annotator = task.get("questions"), task.get("annotator")
    if not isinstance(names, list) or not names or not isinstance(annotator, str) or not annotator:
        raise InputError("A task has a project, questions and an annotator.")
    if len(names) > MOST_QUESTIONS:
        raise InputError(f"A task has at most {MOST_QUESTIONS} questions.")
    different = list(dict.fromkeys(str(name) for name in names))
    return open_shared(str(task.get("project"))), different, annotator


async def _reply(request: Request, work: Work) -> Response:
    sent = await _body(request)
    if sent is None:
        return _refusal(413, InputError(f"A sending has at most {MAX_BODY // MEBIBYTE} MB."))
    try:
        body = _object(request, sent)
        refuse_other_names(request, body)
        return JSONResponse(await run_in_threadpool(work, body))
    except UnknownNameError as error:
        return _refusal(404, error)
    except InputError as error:
        return _refusal(422, error)
    except WorkbenchError as error:  # the store is busy, full or damaged: to be tried again
        return _refusal(503, error)


async def _body(request: Request) -> bytes | None:
    """Return what was sent, None when it is larger than any sending of the card."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY:
            return None
    return bytes(found)


def _object(request: Request, sent: bytes) -> Mapping[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InputError("The card sends JSON.")
    try:
        body = json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise InputError("A sending of the card is no JSON.") from error
    if not isinstance(body, Mapping):
        raise InputError("A sending of the card is an object.")
    return body


def refuse_other_names(request: Request, body: Mapping[str, Any]) -> None:
    """Raise InputError when somebody with an account answers under another name."""
    visitor = visitor_of(request)
    if visitor is None or visitor.is_local:
        return
    answers = body.get("answers")
    named = [body.get("task"), *(answers if isinstance(answers, list) else [])]
    # One without a name is refused by itself: it keeps no other from being recorded.
    said = [one.get("annotator") for one in named if isinstance(one, Mapping)]
    others = {name for name in said if isinstance(name, str)} - {visitor.name}
    if others:
        raise InputError(f"You are signed in as {visitor.name}, not as {', '.join(sorted(others)[:3])}.")


def _refusal(status: int, error: WorkbenchError) -> Response:
    return JSONResponse(
        {"code": type(error).__name__, "message": error.message, "hint": error.hint}, status_code=status
    )


ROUTES = [
    Route("/wb/labelling/answers", send_answers, methods=["POST"]),
    Route("/wb/labelling/next", next_documents, methods=["POST"]),
]
